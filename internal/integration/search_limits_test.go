package integration

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// Elasticsearch accepts a prefix of 1,000 bytes and none of 1,001, and so does Search. It
// finds a field of a profile by any name that can be stored.
func TestSearchAtItsLimits(t *testing.T) {
	s := plainServer(t)
	client, index := s.client(t), indexName(t)
	store := esstore.New(client, &esstore.Options{Alias: index})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	long := strings.Repeat("한", 111) + "a"
	u := signup.User{
		ID: "a", Email: "ada@example.org", FirstName: long + "b", CreatedAt: at, UpdatedAt: at,
		Profile: map[string]string{"": "x", "a": "", ".": "y", "a.": "z"},
	}
	u.SetKey("ada@example.org", signup.EmailRule)
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	refresh(t, store)
	for n, want := range map[int]int{1000: http.StatusOK, 1001: http.StatusBadRequest} {
		body := `{"query":{"prefix":{"first_name.raw":"` + strings.Repeat("A", n) + `"}}}`
		if status, body := request(t, client, http.MethodPost, "/"+index+"/_search", body); status != want {
			t.Errorf("a prefix of %d bytes: got status %d, want %d: %s", n, status, want, body)
		}
	}
	count := func(q esstore.Query) (n int) {
		for _, err := range store.SearchText(t.Context(), q) {
			if err != nil {
				t.Errorf("Search yielded %v, want no error", err)
				continue
			}
			n++
		}
		return n
	}
	if n := count(esstore.Query{Query: signup.Query{NamePrefix: long}}); n != 1 {
		t.Errorf("the longest prefix found %d users, want 1", n)
	}
	if n := count(esstore.Query{Query: signup.Query{EmailPrefix: long}}); n != 0 {
		t.Errorf("the longest prefix of an address found %d users, want none", n)
	}
	for name, value := range u.Profile {
		if n := count(esstore.Query{Profile: map[string]string{name: value}}); n != 1 {
			t.Errorf("the field %q found %d users, want 1", name, n)
		}
		if n := count(esstore.Query{Profile: map[string]string{name: value + "-"}}); n != 0 {
			t.Errorf("another value of the field %q found %d users, want none", name, n)
		}
	}
}
