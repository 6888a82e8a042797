package integration

import (
	"bytes"
	"cmp"
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
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// expected returns the users of all that q asks for, in order, as Search promises.
func expected(all []signup.User, q esstore.Query) []signup.User {
	var found []signup.User
	meets := conditions(q)
	for _, u := range all {
		if meets(u) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(u, v signup.User) int {
		var order int
		switch q.Sort {
		case signup.SortByCreation:
			order = toMillis(u.CreatedAt).Compare(toMillis(v.CreatedAt))
		case signup.SortByName:
			order = cmp.Or(compareNames(u.LastName, v.LastName), compareNames(u.FirstName, v.FirstName))
		}
		order = cmp.Or(order, strings.Compare(u.Key(), v.Key()))
		if q.Descending {
			return -order
		}
		return order
	})
	return found
}

// compareNames puts the empty name after all others.
func compareNames(a, b string) int {
	a, b = raw(a), raw(b)
	if (a == "") != (b == "") {
		return cmp.Compare(len(b), len(a))
	}
	return strings.Compare(a, b)
}

// conditions returns a function that reports whether a user meets q.
func conditions(q esstore.Query) func(signup.User) bool {
	email := strings.TrimSpace(q.EmailPrefix)
	emails, names, asked := forms(strings.ToLower(email)), forms(strings.ToLower(q.NamePrefix)), [][]string{}
	for _, text := range forms(strings.ToLower(q.NameWords)) {
		if w := words(text); len(w) > 0 {
			asked = append(asked, w)
		}
	}
	begins := func(text string, prefixes []string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
	}
	from, before := toMillis(q.CreatedFrom), toMillis(q.CreatedBefore)
	return func(u signup.User) bool {
		// Forms are of the lower case here: for these characters it is the same.
		if email != "" && !begins(strings.ToLower(u.Email), emails) && !strings.HasPrefix(u.Key(), emails[1]) {
			return false
		}
		if q.NamePrefix != "" && !begins(raw(u.FirstName), names) && !begins(raw(u.LastName), names) {
			return false
		}
		if q.NameWords != "" {
			has := func(w string) bool {
				return slices.Contains(words(u.FirstName), w) || slices.Contains(words(u.LastName), w)
			}
			if !slices.ContainsFunc(asked, func(all []string) bool {
				return !slices.ContainsFunc(all, func(w string) bool { return !has(w) })
			}) {
				return false
			}
		}
		for name, value := range q.Profile {
			if v, ok := u.Profile[name]; !ok || v != value || len(utf16.Encode([]rune(v))) > 4096 {
				return false
			}
		}
		at := toMillis(u.CreatedAt)
		return (q.CreatedFrom.IsZero() || !at.Before(from)) && (q.CreatedBefore.IsZero() || at.Before(before))
	}
}

// Of all characters with two forms that occur here.
var (
	composed   = strings.NewReplacer("e\u0301", "é", "U\u0308", "Ü", "u\u0308", "ü", "A\u030a", "Å", "a\u030a", "å")
	decomposed = strings.NewReplacer("é", "e\u0301", "Ü", "U\u0308", "ü", "u\u0308", "Å", "A\u030a", "å", "a\u030a")
)

func forms(text string) []string {
	return []string{text, composed.Replace(text), decomposed.Replace(text)}
}

func toMillis(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// raw returns a name as it is searched by its beginning, and sorted.
var raw = remembered(func(name string) string {
	if len(utf16.Encode([]rune(name))) > 1024 {
		return ""
	}
	return strings.ToLower(name)
})

// words returns the words of the names that occur here.
var words = remembered(func(name string) []string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case strings.ContainsRune(` -,"*\()!`, r):
			b.WriteByte(' ')
		case unicode.Is(unicode.Han, r):
			b.WriteString(" " + string(r) + " ")
		default:
			b.WriteRune(r)
		}
	}
	return strings.Fields(b.String())
})

// remembered returns f with its results kept, as it is called with few names often. Several
// tests may call it at once.
func remembered[T any](f func(string) T) func(string) T {
	var mu sync.Mutex
	results := map[string]T{}
	return func(name string) T {
		mu.Lock()
		defer mu.Unlock()
		result, ok := results[name]
		if !ok {
			result = f(name)
			results[name] = result
		}
		return result
	}
}

var (
	firstNames = []string{
		"", "Ada", "ADA", "Adam", "Jean-Luc", "José", "Jose\u0301", "JOSÉ", "Åsa", "A\u030asa", "Мария", "МАРИЯ", "Ελένη", "ΕΛΕΝΗ",
		"محمد", "太郎", "𐐀𐐁", "İpek", "ipek", "हिन्दी", "Ada Ada", "a*", `a"b`, `a\b`, "Straße", "STRASSE", "1st", "NULL", " ", "(x) OR !y",
		strings.Repeat("Ada ", 256), strings.Repeat("Ada ", 256) + "x",
	}
	lastNames = []string{
		"", "Lovelace", "LOVELACE", "lovelace", "van Rossum", "Van", "O'Neil", "O’Neil", "Müller", "Mu\u0308ller", "MÜLLER", "Müllerin",
		"Smith-Jones", "Smith, Jones", "山田", "山田太郎", "Ångström", "Иванов", "ΟΔΥΣΣΕΥΣ", "ada", "𐐁", "*", `\`, "Zz\u00a0Top", "van",
	}
	localParts = []string{
		"ada", "Ada", "ADA", "ada+tag", "a.d.a", "josé", "JOSÉ", "jose\u0301", "ünal", "u\u0308nal", "o'neil", "a*b", "a_b", "straße", "иван", "太郎", "!#$%&'*+-/=?^_`{|}~",
	}
	domains       = []string{"example.org", "EXAMPLE.org", "example.com", "bücher.example", "xn--bcher-kva.example", "BÜCHER.example", "例え.テスト"}
	profileNames  = []string{"company", "com", "a.b", "a", "a b", `"`, `\`, "*", "com*", "..", ".", "é", "e\u0301", "password", "_source", "company.keyword"}
	profileValues = []string{"", " ", "x", "X", "a.b", `"`, `\`, `\"`, "*", "x*", "é", "e\u0301", "true", "1", "null", "a\x00b", "Engines & Sons", "𐐀",
		strings.Repeat("v", 4096), strings.Repeat("v", 4097)}
	creations = []time.Time{
		{}, time.Unix(0, 0), time.Unix(-1, 999e6), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 900e6, time.UTC),
		time.Date(2014, 12, 6, 22, 55, 0, 123e6, time.UTC), time.Date(2014, 12, 6, 22, 55, 0, 124e6, time.UTC), time.Date(2014, 12, 6, 23, 55, 0, 123e6, time.FixedZone("", 3600)),
	}
)

// nasty returns user number n, by chance, without a hash.
func nasty(t *testing.T, r *rand.Rand, n int) signup.User {
	t.Helper()
	pick := func(from []string) string {
		text := from[r.IntN(len(from))]
		if len(text) > 1000 && r.IntN(10) > 0 { // a few do
			return ""
		}
		return text
	}
	u := signup.User{
		ID: fmt.Sprintf("id-%d", n), Email: fmt.Sprintf("%s.%d@%s", pick(localParts), n, pick(domains)),
		FirstName: pick(firstNames), LastName: pick(lastNames), Active: true,
		CreatedAt: creations[r.IntN(len(creations))], UpdatedAt: time.Unix(0, 0),
	}
	for range r.IntN(4) {
		if u.Profile == nil {
			u.Profile = map[string]string{}
		}
		u.Profile[pick(profileNames)] = pick(profileValues)
	}
	if u.Key() == "" {
		t.Fatalf("user %d: got no key, want one", n)
	}
	u.SetKey(u.Key(), u.KeyRule()) // which otherwise is made each time anew
	return u
}

func nastyUsers(t *testing.T, r *rand.Rand, count int) []signup.User {
	t.Helper()
	all := make([]signup.User, count)
	for n := range all {
		all[n] = nasty(t, r, n)
	}
	return all
}

// questions are queries of every kind.
func questions() []esstore.Query {
	var all []esstore.Query
	for _, sort := range []signup.Sort{signup.SortByCreation, signup.SortByEmail, signup.SortByName} {
		all = append(all, esstore.Query{Query: signup.Query{Sort: sort}}, esstore.Query{Query: signup.Query{Sort: sort, Descending: true}})
	}
	for _, text := range slices.Concat(localParts, []string{
		"ADA.1", "ada.1@", "a", "jOs", "JOSE\u0301.", "Ünal", "U\u0308", "*", "a?", "ada.*", "ada OR", `"`, "nobody", "\x00", " ada", "Ada.1@\n", " \u3000", "例", "xn--",
	}) {
		all = append(all, esstore.Query{Query: signup.Query{EmailPrefix: text}})
	}
	for i, local := range localParts { // users 0 to 16 have these
		for _, domain := range []string{"BÜCHER", "bu\u0308cher", "xn--bcher", "例え"} {
			all = append(all, esstore.Query{Query: signup.Query{EmailPrefix: fmt.Sprintf("%s.%d@%s", local, i, domain)}})
		}
	}
	for _, text := range slices.Concat(firstNames[1:len(firstNames)-2], lastNames[1:]) {
		all = append(all, esstore.Query{Query: signup.Query{NamePrefix: text}}, esstore.Query{NameWords: text})
	}
	for _, text := range []string{
		"a", "Ja", "MU\u0308", "mü", "𐐨", "İ", "i", "ίο", ".*", "*", "?", "[a-z]", "nobody", "σ", "\x00", strings.Repeat("ada ", 62),
	} {
		all = append(all, esstore.Query{Query: signup.Query{NamePrefix: text}})
	}
	for _, text := range []string{
		"rossum VAN", "ada lovelace", "Lovelace  ADA", "jones-smith", "luc ada", "mu\u0308ller ada", "MÜLLER josé", "luc JEAN ada", "-", " ", "-, ()",
		"ada OR adam", "ad", "oneil", "o", "lov*", "name:ada", "山", "田山", "strasse", "top", strings.Repeat("ada ", 62),
	} {
		all = append(all, esstore.Query{NameWords: text})
	}
	for _, name := range profileNames {
		all = append(all, esstore.Query{Profile: map[string]string{name: "x"}}, esstore.Query{Profile: map[string]string{name: ""}})
	}
	for _, value := range profileValues {
		all = append(all, esstore.Query{Profile: map[string]string{"company": value}}, esstore.Query{Profile: map[string]string{"a.b": value}})
	}
	for _, name := range []string{"b", "a.b.c", "nobody", "Company", " company", "profile.company", "b.a", "comp", `\*`} {
		all = append(all, esstore.Query{Profile: map[string]string{name: "x"}})
	}
	for _, at := range creations {
		all = append(all, esstore.Query{Query: signup.Query{CreatedFrom: at}}, esstore.Query{Query: signup.Query{CreatedBefore: at}},
			esstore.Query{Query: signup.Query{CreatedFrom: at, CreatedBefore: at.Add(time.Millisecond - 1)}},
			esstore.Query{Query: signup.Query{CreatedFrom: at.Add(999_999), CreatedBefore: at.Add(time.Millisecond)}})
	}
	return append(all,
		esstore.Query{Query: signup.Query{CreatedFrom: time.Unix(1, 0), CreatedBefore: time.Unix(0, 0)}},
		esstore.Query{Query: signup.Query{NamePrefix: "a", EmailPrefix: "a", CreatedFrom: time.Unix(-1, 0), Sort: signup.SortByName}, NameWords: "lovelace"},
		esstore.Query{Query: signup.Query{EmailPrefix: "A", Sort: signup.SortByEmail, Descending: true}, Profile: map[string]string{"company": "x"}},
		esstore.Query{Query: signup.Query{NamePrefix: "Ada"}, Profile: map[string]string{"a.b": "x", "a": "x"}},
		esstore.Query{Query: signup.Query{NamePrefix: "a", CreatedBefore: time.Unix(1, 0), Sort: signup.SortByName, Descending: true}},
	)
}

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
