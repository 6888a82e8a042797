package integration

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// wantListing lists what q asks for, fails the test if it differs from want, and reports
// whether it is the same. If then isn't nil, it is called after each user, with the
// number of users so far.
func wantListing(t *testing.T, store *esstore.Store, q esstore.Query, want []signup.User, then func(n int)) (same bool) {
	t.Helper()
	n := 0
	for u, err := range store.SearchText(t.Context(), q) {
		switch {
		case err != nil:
			t.Errorf("after %d users: Search yielded %v, want nil", n, err)
			return false
		case n >= len(want):
			t.Errorf("Search yielded more than %d users, want %d", n, len(want))
			return false
		case u.ID != want[n].ID:
			t.Errorf("at %d of %d: got user %s, want %s", n, len(want), u.ID, want[n].ID)
			return false
		}
		w := want[n]
		w.PasswordHash = ""
		if !u.Equal(w) || u.Version != "" || u.Key() != w.Key() || u.KeyRule() != w.KeyRule() {
			t.Errorf("at %d of %d: got %v, Version %q, want %v as stored, with the same key and no Version", n, len(want), u, u.Version, w)
			return false
		}
		n++
		if then != nil {
			then(n)
		}
	}
	if n != len(want) {
		t.Errorf("Search yielded %d users, want %d", n, len(want))
		return false
	}
	return true
}

func refresh(t *testing.T, store *esstore.Store) {
	t.Helper()
	if err := store.Refresh(t.Context()); err != nil {
		t.Fatalf("Refresh returned %v, want nil", err)
	}
}

// Each kind of question has the result that a slice gives, whatever names, addresses
// and fields have in them, and wherever a page ends.
func TestSearch(t *testing.T) {
	all := servers(t)
	for _, s := range slices.Compact([]*server{all[0], all[len(all)-1]}) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			store, _ := newStore(t, s.client(t))
			r := rand.New(rand.NewPCG(1, 2))
			var all []signup.User
			for n := range 250 {
				u := nasty(t, r, n)
				if n < len(localParts) {
					u.Email = fmt.Sprintf("%s.%d@%s", localParts[n], n, domains[3+n%4])
					u.SetKey(u.Key(), u.KeyRule())
				}
				u.PasswordHash = signup.Hash(ofNobody)
				if err := store.Create(t.Context(), &u); err != nil {
					t.Fatalf("user %d: Create returned %v, want nil", n, err)
				}
				all = append(all, u)
			}
			refresh(t, store)

			asked, listed, none, differ := 0, 0, 0, 0
			for i, q := range questions() {
				want := expected(all, q)
				if len(want) == 0 {
					none++
				}
				sizes := []int{1, 2, 7, 1000, 0}
				if i >= 6 && i%10 > 0 { // those of all users, in each order, come first
					sizes = sizes[i%5:][:1]
				}
				for _, q.PageSize = range sizes {
					asked++
					listed += len(want)
					if !wantListing(t, store, q, want, nil) {
						t.Errorf("got another listing for question %d, with pages of %d, want the expected one", i, q.PageSize)
						differ++
					}
				}
			}
			if none > asked/2 {
				t.Errorf("got %d of %d listings without users, want at most half", none, asked)
			}
			t.Attr("search", fmt.Sprintf("%d listings of %d users in all, of which %d differ from what is expected", asked, listed, differ))
		})
	}
}

// writeBulk stores users by a bulk request of the test's own.
func writeBulk(t *testing.T, transport esapi.Transport, index string, users []signup.User) {
	t.Helper()
	for chunk := range slices.Chunk(users, 2000) {
		var b bytes.Buffer
		for _, u := range chunk {
			id := sha256.Sum256([]byte(u.Key()))
			doc := map[string]any{
				"id": u.ID, "key": u.Key(), "key_rule": u.KeyRule(), "email_address": u.Email, "is_active": u.Active,
				"password": ofNobody, "write_token": "T", "profile": u.Profile,
				"created_at": u.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), "updated_at": u.UpdatedAt.UTC().Format("2006-01-02T15:04:05.000Z"),
			}
			for name, value := range map[string]string{"first_name": u.FirstName, "last_name": u.LastName} {
				if value != "" {
					doc[name] = value
				}
			}
			line, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, `{"create":{"_id":"%s"}}`+"\n%s\n", base64.RawURLEncoding.EncodeToString(id[:]), line)
		}
		status, body := request(t, transport, http.MethodPost, "/"+index+"/_bulk?filter_path=errors", b.String())
		if status != http.StatusOK || body != `{"errors":false}` {
			t.Fatalf("bulk: got status %d, want 200 and no errors: %.100s", status, body)
		}
	}
}

// Each kind of question, about many users, while between any two pages a user is
// created, another changed and another deleted: a listing is of the moment at which it
// began.
func TestSearchMany(t *testing.T) {
	client := plainServer(t).client(t)
	store, index := newStore(t, client)
	r := rand.New(rand.NewPCG(3, 4))
	all := nastyUsers(t, r, soaking(20_000, 200_000))
	writeBulk(t, client, index, all)
	next, changes := len(all), 0
	disturb := func() {
		created := nasty(t, r, next)
		next++
		if err := store.Create(t.Context(), &created); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
		i, j := r.IntN(len(all)), r.IntN(len(all))
		changed, err := store.Get(t.Context(), all[i].Key())
		if err != nil {
			t.Fatalf("Get returned %v, want nil", err)
		}
		changed.FirstName, changed.LastName = created.LastName, created.FirstName
		changed.CreatedAt, changed.Profile = created.CreatedAt, created.Profile
		if err := store.Update(t.Context(), &changed); err != nil {
			t.Fatalf("Update returned %v, want nil", err)
		}
		all[i] = changed
		deleted, err := store.Get(t.Context(), all[j].Key())
		if err != nil {
			t.Fatalf("Get returned %v, want nil", err)
		}
		if err := store.Delete(t.Context(), deleted); err != nil {
			t.Fatalf("Delete returned %v, want nil", err)
		}
		all[j] = created
		changes++
	}
	start, listings, pages, listed, differ := time.Now(), 0, 0, 0, 0
	for i, q := range questions() {
		if i >= 6 && i%11 > 0 { // those of all users, in each order, come first
			continue
		}
		refresh(t, store)
		want := expected(all, q)
		q.PageSize = min(max(1, len(want)/3), 2500)
		if !wantListing(t, store, q, want, func(n int) {
			if n%q.PageSize == 0 {
				pages++
				disturb()
			}
		}) {
			t.Errorf("got another listing for question %d, with pages of %d, want the expected one", i, q.PageSize)
			differ++
		}
		listings++
		listed += len(want)
	}
	t.Attr("search", fmt.Sprintf("of %d users, %d listings of %d in all, on %d pages, in %.0f s, of which %d differ from what is expected; meanwhile %d were created, changed and deleted each",
		len(all), listings, listed, pages, time.Since(start).Seconds(), differ, changes))
}

// A recorder calls before with the point in time that a search names, before each search
// is sent.
type recorder struct {
	esapi.Transport
	before func(pit string)
}

func (r *recorder) Perform(req *http.Request) (*http.Response, error) {
	if r.before != nil && req.URL.Path == "/_search" {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		var b struct{ PIT struct{ ID string } }
		if err := json.Unmarshal(body, &b); err != nil {
			return nil, err
		}
		r.before(b.PIT.ID)
	}
	return r.Transport.Perform(req)
}

// A listing goes on when its point in time is lost between two pages: it has expired,
// or the users are in another index now.
func TestSearchGoesOn(t *testing.T) {
	for _, s := range servers(t) {
		for name, lose := range map[string]func(t *testing.T, client esapi.Transport, index, pit string, all []signup.User){
			"expired": func(t *testing.T, client esapi.Transport, _, pit string, _ []signup.User) {
				if status, body := request(t, client, http.MethodDelete, "/_pit", `{"id":"`+pit+`"}`); status != http.StatusOK {
					t.Errorf("deleting the point in time: got status %d, want 200: %s", status, body)
				}
			},
			"another index": replaceIndex,
		} {
			t.Run(s.Name+", "+name, func(t *testing.T) {
				client := s.client(t)
				transport := &recorder{Transport: client}
				store, index := newStore(t, transport)
				r := rand.New(rand.NewPCG(5, 6))
				all := nastyUsers(t, r, 100)
				writeBulk(t, client, index, all)
				refresh(t, store)
				for _, common := range []signup.Query{
					{}, {Descending: true}, {Sort: signup.SortByEmail}, {Sort: signup.SortByName}, {Sort: signup.SortByName, Descending: true},
				} {
					q := esstore.Query{Query: common, PageSize: 9}
					pages := 0
					transport.before = func(pit string) {
						if pages++; pages == 4 || pages == 9 || pages == 10 { // 4 is sent again as 5, and so on
							lose(t, client, index, pit, all)
						}
					}
					if !wantListing(t, store, q, expected(all, q), nil) {
						t.Errorf("got another listing sorted by %v, descending %t, want the expected one", q.Sort, q.Descending)
					}
					if pages != 15 { // of 12
						t.Errorf("got %d searches for 12 pages, want 15", pages)
					}
				}
			})
		}
	}
}

// replaceIndex puts a copy in the place of the index behind the alias.
func replaceIndex(t *testing.T, client esapi.Transport, alias, _ string, all []signup.User) {
	t.Helper()
	_, body := request(t, client, http.MethodGet, "/"+alias+"/_mapping", "")
	var indices map[string]struct{ Mappings json.RawMessage }
	if err := json.Unmarshal([]byte(body), &indices); err != nil || len(indices) != 1 {
		t.Fatalf("reading the mapping: got %d indices, %v, want 1, nil", len(indices), err)
	}
	for old, index := range indices {
		var n int
		if _, err := fmt.Sscanf(strings.TrimPrefix(old, alias+"-"), "%06d", &n); err != nil {
			t.Fatal(err)
		}
		copied := fmt.Sprintf("%s-%06d", alias, n+1)
		do := func(method, path, body string) {
			if status, answer := request(t, client, method, path, body); status != http.StatusOK {
				t.Fatalf("%s %s: got status %d, want 200: %s", method, path, status, answer)
			}
		}
		do(http.MethodPut, "/"+copied, fmt.Sprintf(`{"mappings":%s,"aliases":{"%s.own":{}}}`, index.Mappings, copied))
		writeBulk(t, client, copied, all)
		do(http.MethodPost, "/"+copied+"/_refresh", "")
		do(http.MethodPost, "/_aliases", fmt.Sprintf(`{"actions":[{"add":{"index":"%s","alias":"%s","is_write_index":true}},{"remove_index":{"index":"%s"}}]}`, copied, alias, old))
	}
}

// A deleted user can't be found by anything that was stored of them.
func TestSearchAfterDelete(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client := s.client(t)
			store, index := newStore(t, client)
			at := time.Date(2014, 12, 6, 22, 55, 0, 0, time.UTC)
			u := signup.User{
				ID: "id-1", Email: "Ada@example.org", FirstName: "Augusta", LastName: "King-Noel", PasswordHash: signup.Hash(ofNobody),
				Active: true, CreatedAt: at, UpdatedAt: at.Add(time.Hour), EmailVerifiedAt: at.Add(time.Hour),
				Profile: map[string]string{"company": "Engines"},
			}
			u.SetKey("ada@example.org", "rule-1")
			other := signup.User{ID: "id-2", Email: "grace@example.org"}
			for _, u := range []*signup.User{&u, &other} {
				if err := store.Create(t.Context(), u); err != nil {
					t.Fatalf("Create returned %v, want nil", err)
				}
			}
			byField := map[string]string{
				"id":                  `{"term":{"id":"id-1"}}`,
				"key":                 `{"term":{"key":"ada@example.org"}}`,
				"key_rule":            `{"term":{"key_rule":"rule-1"}}`,
				"email_address":       `{"term":{"email_address":"Ada@example.org"}}`,
				"email_address.lower": `{"term":{"email_address.lower":"ada@example.org"}}`,
				"name":                `{"match":{"name":"noel"}}`,
				"first_name":          `{"match":{"first_name":"augusta"}}`,
				"first_name.raw":      `{"prefix":{"first_name.raw":"aug"}}`,
				"last_name":           `{"match":{"last_name":"king"}}`,
				"last_name.raw":       `{"term":{"last_name.raw":"king-noel"}}`,
				"is_active":           `{"term":{"is_active":true}}`,
				"created_at":          `{"range":{"created_at":{"gte":"2014-12-06","lt":"2014-12-07"}}}`,
				"updated_at":          `{"range":{"updated_at":{"gte":"2014-12-06","lt":"2014-12-07"}}}`,
				"profile":             `{"term":{"profile":"Engines"}}`,
				"profile.company":     `{"term":{"profile.company":"Engines"}}`,
				"email_verified_at":   `{"range":{"email_verified_at":{"gte":"2014-12-06","lt":"2014-12-08"}}}`,
				"placeholder":         `{"bool":{"filter":{"term":{"id":"id-1"}},"must_not":{"term":{"placeholder":true}}}}`,
			}
			queries := []esstore.Query{
				{Query: signup.Query{EmailPrefix: "ada"}}, {Query: signup.Query{NamePrefix: "Aug"}}, {Query: signup.Query{NamePrefix: "king"}}, {NameWords: "noel augusta"},
				{Profile: map[string]string{"company": "Engines"}}, {Query: signup.Query{CreatedFrom: at, CreatedBefore: at.Add(1e6)}},
			}
			check := func(want ...signup.User) {
				t.Helper()
				refresh(t, store)
				for field, query := range byField {
					if found := hitsOf(t, client, index, query); found != len(want) {
						t.Errorf("by %s: got %d documents, want %d", field, found, len(want))
					}
				}
				for i, q := range queries {
					if !wantListing(t, store, q, want, nil) {
						t.Errorf("got another listing for query %d, want the expected one", i)
					}
				}
			}
			check(u)
			if err := store.Delete(t.Context(), u); err != nil {
				t.Fatalf("Delete returned %v, want nil", err)
			}
			check()
			if found := hitsOf(t, client, index, `{"match_all":{}}`); found != 1 {
				t.Errorf("after Delete: got %d documents, want 1, the other user", found)
			}

			// No field is left out of these.
			_, body := request(t, client, http.MethodGet, "/"+index+"-000001/_mapping", "")
			var mapping map[string]struct {
				Mappings struct {
					Properties map[string]struct{ Fields map[string]any }
				}
			}
			if err := json.Unmarshal([]byte(body), &mapping); err != nil {
				t.Fatal(err)
			}
			for name, p := range mapping[index+"-000001"].Mappings.Properties {
				names := []string{name}
				for sub := range p.Fields {
					names = append(names, name+"."+sub)
				}
				for _, name := range names {
					hidden := slices.Contains([]string{"password", "private", "security_stamp", "write_token"}, name) // see TestMapping
					if byField[name] == "" && !hidden {
						t.Errorf("got no query by %s, want one for each field that isn't hidden", name)
					}
				}
			}
		})
	}
}

// hitsOf returns how many documents a query finds.
func hitsOf(t *testing.T, transport esapi.Transport, index, query string) int {
	t.Helper()
	status, body := request(t, transport, http.MethodPost, "/"+index+"/_search", `{"query":`+query+`}`)
	var ans struct {
		Hits struct{ Hits []json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &ans); err != nil || status != http.StatusOK {
		t.Fatalf("search: got status %d, %v, want 200 and a body that parses", status, err)
	}
	return len(ans.Hits.Hits)
}

// A write is found soon, without a Refresh: also if there was no search for a while,
// so that Elasticsearch has stopped refreshing the index.
func TestSearchWithoutRefresh(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client := s.client(t)
			store, index := newStore(t, client)
			found := func() (n int) {
				for _, err := range store.Search(t.Context(), signup.Query{}) {
					if err != nil {
						t.Fatalf("Search yielded %v, want nil", err)
					}
					n++
				}
				return n
			}
			create := func(n int) {
				u := signup.User{ID: fmt.Sprintf("id-%d", n), Email: fmt.Sprintf("ada%d@example.org", n)}
				if err := store.Create(t.Context(), &u); err != nil {
					t.Fatalf("Create returned %v, want nil", err)
				}
			}
			found()
			create(1)
			for start := time.Now(); found() != 1; {
				if time.Since(start) > 30*time.Second {
					t.Fatal("the user isn't found after 30s, want it sooner")
				}
				time.Sleep(10 * time.Millisecond)
			}

			path := "/" + index + "-000001/_settings"
			if status, body := request(t, client, http.MethodPut, path, `{"index.search.idle.after": "20ms"}`); status != http.StatusOK {
				t.Fatalf("changing the settings: got status %d, want 200: %s", status, body)
			}
			for n := range 3 {
				create(n + 2)
				time.Sleep(2 * time.Second) // the index isn't refreshed meanwhile
				if got := found(); got != n+2 {
					t.Errorf("Search yielded %d users, want %d", got, n+2)
				}
			}
		})
	}
}

// Neither a schema that lacks what Search needs nor none at all is taken for an index
// without users.
func TestSearchNotSetUp(t *testing.T) {
	s := servers(t)[0]
	client, index := s.client(t), indexName(t)
	store := esstore.New(client, &esstore.Options{Alias: index})
	want := func(text string) {
		t.Helper()
		for _, err := range store.Search(t.Context(), signup.Query{}) {
			if err == nil || !strings.Contains(err.Error(), text) || errors.Is(err, signup.ErrInvalid) {
				t.Errorf("Search yielded %v, want an error that contains %q and isn't ErrInvalid", err, text)
			}
		}
	}
	want("is the store set up?")
	if err := store.Refresh(context.Background()); err == nil || !strings.Contains(err.Error(), "is the store set up?") {
		t.Errorf("Refresh returned %v, want an error that contains %q", err, "is the store set up?")
	}
	status, body := request(t, client, http.MethodPut, "/"+index+"-000001", `{"mappings": {"_meta": {"signup": {"schema": 1}}}, "aliases": {"`+index+`": {}}}`)
	if status != http.StatusOK {
		t.Fatalf("creating the index: got status %d, want 200: %s", status, body)
	}
	want("call Setup first")
}
