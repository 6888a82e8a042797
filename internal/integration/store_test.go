package integration

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/storetest"
)

func TestStore(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			client := s.client(t)
			var aliases sync.Map // by Store
			path := func(store signup.Store, endpoint, key string) string {
				alias, _ := aliases.Load(store)
				id := sha256.Sum256([]byte(key))
				return fmt.Sprintf("/%v/%s/%s", alias, endpoint, base64.RawURLEncoding.EncodeToString(id[:]))
			}
			storetest.RunWith(t, func(t *testing.T) signup.Store {
				alias := indexName(t)
				store := esstore.New(client, &esstore.Options{Alias: alias})
				if err := store.Setup(t.Context()); err != nil {
					t.Fatalf("Setup returned %v, want nil", err)
				}
				aliases.Store(signup.Store(store), alias)
				return store
			}, storetest.Options{
				AddUnknown: func(_ context.Context, store signup.Store, key string) error {
					alias, _ := aliases.Load(store)
					for _, r := range [][3]string{
						{"PUT", fmt.Sprintf("/%v/_mapping", alias), `{"properties":{"later":{"type":"keyword"}}}`},
						{"POST", path(store, "_update", key), `{"doc":{"later":"from a newer version"}}`},
					} {
						if status, body := request(t, client, r[0], r[1], r[2]); status != http.StatusOK {
							return fmt.Errorf("%s %s: got status %d, want 200: %s", r[0], r[1], status, body)
						}
					}
					return nil
				},
				HasUnknown: func(_ context.Context, store signup.Store, key string) (bool, error) {
					status, body := request(t, client, "GET", path(store, "_source", key), "")
					if status != http.StatusOK {
						return false, fmt.Errorf("GET of the document: got status %d, want 200: %s", status, body)
					}
					return strings.Contains(body, `"later":"from a newer version"`), nil
				},
			})
		})
	}
}
