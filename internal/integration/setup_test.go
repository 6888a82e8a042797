package integration

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// Ten processes set up one store at once, and use it at once.
func TestSetupAtOnce(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			index := indexName(t)
			errs := make([]error, 10)
			var wg sync.WaitGroup
			for i := range errs {
				store := esstore.New(s.client(t), &esstore.Options{Alias: index}) // each with a client of its own
				wg.Go(func() {
					if errs[i] = store.Setup(t.Context()); errs[i] != nil {
						return
					}
					u := signup.User{ID: string(rune('a' + i)), Email: "ada@example.org"}
					errs[i] = store.Create(t.Context(), &u)
				})
			}
			wg.Wait()
			created := 0
			for _, err := range errs {
				if err == nil {
					created++
				} else if !errors.Is(err, signup.ErrExists) {
					t.Errorf("Setup or Create returned %v, want nil or ErrExists", err)
				}
			}
			if created != 1 {
				t.Errorf("got %d processes that created the user, want 1", created)
			}
			store := esstore.New(s.client(t), &esstore.Options{Alias: index})
			if err := store.Setup(t.Context()); err != nil {
				t.Errorf("another Setup returned %v, want nil", err)
			}
			if _, err := store.Get(t.Context(), "ada@example.org"); err != nil {
				t.Errorf("Get after Setup returned %v, want nil", err)
			}
		})
	}
}

// request sends a request of the test's own and returns the response.
func request(t *testing.T, transport esapi.Transport, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://any"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.URL.Scheme, req.URL.Host = "", ""
	res, err := transport.Perform(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// What the mapping promises, checked on the server: nothing that isn't declared
// is stored, and no search finds or shows a hash.
func TestMapping(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client, index := s.client(t), indexName(t)
			store := esstore.New(client, &esstore.Options{Alias: index})
			if err := store.Setup(t.Context()); err != nil {
				t.Fatalf("Setup returned %v, want nil", err)
			}
			const hash = ofNobody
			u := signup.User{
				ID: "id-1", Email: "Ada@example.org", FirstName: "Ada", PasswordHash: signup.Hash(hash),
				Profile:       map[string]string{"company": "Analytical Engines"},
				SecurityStamp: "stamp", Private: "private",
			}
			if err := store.Create(t.Context(), &u); err != nil {
				t.Fatalf("Create returned %v, want nil", err)
			}
			if status, body := request(t, client, "POST", "/"+index+"/_refresh", ""); status != 200 {
				t.Fatalf("refresh: got status %d, want 200: %s", status, body)
			}
			search := func(query string) (status, hits int) {
				status, body := request(t, client, "POST", "/"+index+"/_search", query)
				var ans struct {
					Hits struct{ Hits []json.RawMessage }
				}
				if err := json.Unmarshal([]byte(body), &ans); err != nil {
					t.Fatal(err)
				}
				return status, len(ans.Hits.Hits)
			}
			for _, query := range []string{
				`{"query": {"term": {"key": "ada@example.org"}}}`,
				`{"query": {"match": {"first_name": "ADA"}}}`,
				`{"query": {"prefix": {"first_name.raw": "ad"}}}`,
				`{"query": {"term": {"profile.company": "Analytical Engines"}}}`,
				`{"query": {"range": {"created_at": {"lte": "now"}}}}`,
			} {
				if status, hits := search(query); status != 200 || hits != 1 {
					t.Errorf("%s: got status %d and %d hits, want 200 and 1", query, status, hits)
				}
			}
			for _, query := range []string{
				`{"query": {"term": {"password": "` + hash + `"}}}`,
				`{"query": {"prefix": {"password": "$2a"}}}`,
				`{"query": {"query_string": {"query": "\"` + hash + `\""}}}`,
				`{"aggs": {"a": {"terms": {"field": "password"}}}}`,
				`{"sort": ["password"]}`,
				`{"query": {"term": {"security_stamp": "stamp"}}}`,
				`{"query": {"exists": {"field": "security_stamp"}}}`,
				`{"aggs": {"a": {"terms": {"field": "security_stamp"}}}}`,
				`{"query": {"term": {"private": "cHJpdmF0ZQ=="}}}`,
				`{"aggs": {"a": {"terms": {"field": "private"}}}}`,
				`{"sort": ["private"]}`,
			} {
				status, hits := search(query)
				if found := status == 200 && hits > 0; found {
					t.Errorf("%s: got status %d and %d hits, want an error or no hits", query, status, hits)
				}
			}
			status, body := request(t, client, "PUT", "/"+index+"/_doc/x", `{"is_admin": true}`)
			if status != http.StatusBadRequest || !strings.Contains(body, "strict_dynamic_mapping_exception") {
				t.Errorf("a field that isn't declared: got status %d, want 400 with a strict_dynamic_mapping_exception: %s", status, body)
			}
		})
	}
}

// If a store can't be set up, the error says why, and nothing is changed.
func TestSetupRefuses(t *testing.T) {
	s := servers(t)[0]
	client := s.client(t)
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, alias string)
		want    string
	}{
		{"an index in the way", func(t *testing.T, alias string) {
			request(t, client, "PUT", "/"+alias, `{"mappings": {"_meta": {"signup": {"schema": 1}}}}`)
		}, "is an index, but must be an alias"},
		{"somebody else's index", func(t *testing.T, alias string) {
			request(t, client, "PUT", "/"+alias+"-000001", `{"aliases": {"`+alias+`": {}}}`)
		}, "was not made by this package"},
		{"a newer schema", func(t *testing.T, alias string) {
			request(t, client, "PUT", "/"+alias+"-000002", `{"mappings": {"_meta": {"signup": {"schema": 99}}}, "aliases": {"`+alias+`": {}}}`)
		}, "has the schema 99"},
		{"two indices", func(t *testing.T, alias string) {
			for _, n := range []string{"-000001", "-000002"} {
				request(t, client, "PUT", "/"+alias+n, `{"aliases": {"`+alias+`": {}}}`)
			}
		}, "2 indices are behind"},
		{"an index that lost its alias", func(t *testing.T, alias string) {
			request(t, client, "PUT", "/"+alias+"-000001", `{}`)
		}, "none has the alias"},
	} {
		t.Run(c.name, func(t *testing.T) {
			alias := indexName(t)
			c.prepare(t, alias)
			err := esstore.New(client, &esstore.Options{Alias: alias}).Setup(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that contains %q", err, c.want)
			}
		})
	}
}

// Without Setup nothing is stored anywhere, and the error says what to do.
func TestNotSetUp(t *testing.T) {
	s := servers(t)[0]
	client, index := s.client(t), indexName(t)
	store := esstore.New(client, &esstore.Options{Alias: index})
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	err := store.Create(context.Background(), &u)
	if err == nil || !strings.Contains(err.Error(), "is the store set up?") || errors.Is(err, signup.ErrNotFound) {
		t.Errorf("Create returned %v, want an error that contains %q and isn't ErrNotFound", err, "is the store set up?")
	}
	if _, err := store.Get(t.Context(), "ada@example.org"); err == nil || errors.Is(err, signup.ErrNotFound) {
		t.Errorf("Get returned %v, want an error that isn't ErrNotFound", err)
	}
	if status, _ := request(t, client, "GET", "/"+index, ""); status != http.StatusNotFound {
		t.Errorf("got status %d for the index, want 404: an index was made", status)
	}
}

// An Update whose index is gone makes no new one with guessed mappings.
func TestUpdateAfterIndexIsGone(t *testing.T) {
	s := servers(t)[0]
	client, index := s.client(t), indexName(t)
	store := esstore.New(client, &esstore.Options{Alias: index})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	if status, body := request(t, client, "DELETE", "/"+index+"-000001", ""); status != http.StatusOK {
		t.Fatalf("deleting the index: got status %d, want 200: %s", status, body)
	}
	if err := store.Update(t.Context(), &u); err == nil {
		t.Error("Update returned nil, want an error")
	}
	if err := store.Delete(t.Context(), u); err == nil {
		t.Error("Delete returned nil, want an error")
	}
	if status, body := request(t, client, "GET", "/"+index+"-000001", ""); status != http.StatusNotFound {
		t.Errorf("got status %d for the index, want 404: an index was made: %s", status, body)
	}
	if err := store.Setup(t.Context()); err != nil {
		t.Errorf("Setup after that returned %v, want nil", err)
	}
	if err := store.Update(t.Context(), &u); !errors.Is(err, signup.ErrNotFound) || errors.Is(err, signup.ErrConflict) {
		t.Errorf("Update by a Version of the former index returned %v, want ErrNotFound alone", err)
	}
}
