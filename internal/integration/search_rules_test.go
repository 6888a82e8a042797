package integration

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/storetest"
)

// A Store keeps the rules of signup.Searcher.
func TestSearchRules(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			storetest.RunSearchWith(t, func(t *testing.T) storetest.SearchStore {
				store, _ := newStore(t, s.client(t))
				return store
			}, storetest.SearchOptions{
				Refresh: func(ctx context.Context, s storetest.SearchStore) error {
					return s.(*esstore.Store).Refresh(ctx)
				},
			})
		})
	}
}

// Pages that continue after the position of the last user list each user once, whatever
// names, addresses and times of creation they have, also if that user is deleted meanwhile.
func TestSearchPages(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			client := s.client(t)
			store, index := newStore(t, client)
			r := rand.New(rand.NewPCG(7, 8))
			all := nastyUsers(t, r, 300)
			writeBulk(t, client, index, all)
			refresh(t, store)
			for _, q := range questions()[:6] { // all users, in each order
				want := expected(all, q)
				q.Limit, q.PageSize = 37, 20
				for n := 0; n < len(want); n += q.Limit {
					end := min(n+q.Limit, len(want))
					if !wantListing(t, store, q, want[n:end], nil) {
						t.Fatalf("got another page from user %d on, sorted by %v, descending %t, want the expected one", n, q.Sort, q.Descending)
					}
					last, err := store.Get(t.Context(), want[end-1].Key())
					if err != nil {
						t.Fatalf("Get returned %v, want nil", err)
					}
					if err := store.Delete(t.Context(), last); err != nil {
						t.Fatalf("Delete returned %v, want nil", err)
					}
					all = slices.DeleteFunc(all, func(u signup.User) bool { return u.ID == last.ID })
					refresh(t, store)
					q.After = q.PositionOf(last)
				}
			}
		})
	}
}
