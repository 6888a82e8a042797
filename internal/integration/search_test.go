package integration

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
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
