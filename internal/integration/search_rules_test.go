package integration

import (
	"context"
	"testing"

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
