package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

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
