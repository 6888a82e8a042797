package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/esstore"
)

// The privileges that the methods of a Counter take, as the guide has them. Setup is for
// an index that exists.
var counterPrivileges = map[string]string{"Setup": "view_index_metadata", "Add": "read index delete", "Sweep": "read delete"}

// The documented roles are enough for a Counter: with the application's, it counts, and
// with the one for the set-up, its index is made. Without a privilege, those methods fail
// that take it.
func TestAccountCounterRole(t *testing.T) {
	if onGivenServer() {
		t.Fatal("got a given server, want containers: leave this test out, because only they have the tests' roles")
	}
	for _, s := range servers(t)[1:] {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			privileges, err := testRoles[0].privileges()
			if err != nil {
				t.Fatal(err)
			}
			testCounterAs(t, s, testRoles[0].name, "")
			for _, p := range privileges {
				t.Run("without "+p.name, func(t *testing.T) { testCounterAs(t, s, without(testRoles[0].name, p), p.name) })
			}
		})
	}
}

// testCounterAs tries the methods as a user that lacks a privilege, if that isn't empty.
func testCounterAs(t *testing.T, s *server, user, lacking string) {
	alias := indexName(t)
	c := newCounter(t, s.as("setup"), alias)
	if _, err := c.Add(t.Context(), "kept", 1, time.Hour); err != nil {
		t.Fatalf("Add with the role for the set-up returned %v, want nil", err)
	}
	ended := fmt.Sprintf(`{"count":2,"end":%d,"window":1000,"token":"T"}`, time.Now().Add(-time.Hour).UnixMilli())
	path := "/" + alias + "/_doc/" + documentIDOf("ended")
	if status, body := request(t, s.client(t), "PUT", path+"?refresh=true", ended); status != http.StatusCreated {
		t.Fatalf("PUT: got status %d, want 201: %s", status, body)
	}
	c = esstore.NewCounter(s.as(user).client(t), &esstore.CounterOptions{Alias: alias})
	for method, call := range map[string]func() error{
		"Setup": func() error { return c.Setup(t.Context()) },
		"Add": func() (err error) {
			for _, n := range []int{1, 1, -2} { // makes the document, replaces it and deletes it
				if _, addErr := c.Add(t.Context(), "new", n, time.Hour); addErr != nil {
					err = addErr
				}
			}
			return err
		},
		"Sweep": func() error {
			if err := c.Sweep(t.Context()); err != nil {
				return err
			}
			if status, _ := request(t, s.client(t), "GET", path, ""); status != http.StatusNotFound {
				return fmt.Errorf("got status %d for the ended count, want 404", status)
			}
			return nil
		},
	} {
		fails := slices.Contains(strings.Fields(counterPrivileges[method]), lacking)
		if err := call(); fails != (err != nil) {
			t.Errorf("%s returned %v, want an error: %t", method, err, fails)
		}
	}
}
