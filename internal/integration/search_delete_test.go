package integration

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

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
