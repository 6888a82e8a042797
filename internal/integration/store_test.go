package integration

import (
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/storetest"
)

func TestStore(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client := s.client(t)
			storetest.Run(t, func(t *testing.T) signup.Store {
				store := esstore.New(client, &esstore.Options{Alias: indexName(t)})
				if err := store.Setup(t.Context()); err != nil {
					t.Fatal(err)
				}
				return store
			})
		})
	}
}
