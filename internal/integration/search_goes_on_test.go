package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A recorder calls before with the point in time that a search names, before each search
// is sent.
type recorder struct {
	esapi.Transport
	before func(pit string)
}

func (r *recorder) Perform(req *http.Request) (*http.Response, error) {
	if r.before != nil && req.URL.Path == "/_search" {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		var b struct{ PIT struct{ ID string } }
		if err := json.Unmarshal(body, &b); err != nil {
			return nil, err
		}
		r.before(b.PIT.ID)
	}
	return r.Transport.Perform(req)
}

// A listing goes on when its point in time is lost between two pages: it has expired,
// or the users are in another index now.
func TestSearchGoesOn(t *testing.T) {
	for _, s := range servers(t) {
		for name, lose := range map[string]func(t *testing.T, client esapi.Transport, index, pit string, all []signup.User){
			"expired": func(t *testing.T, client esapi.Transport, _, pit string, _ []signup.User) {
				if status, body := request(t, client, http.MethodDelete, "/_pit", `{"id":"`+pit+`"}`); status != http.StatusOK {
					t.Errorf("deleting the point in time: got status %d, want 200: %s", status, body)
				}
			},
			"another index": replaceIndex,
		} {
			t.Run(s.Name+", "+name, func(t *testing.T) {
				client := s.client(t)
				transport := &recorder{Transport: client}
				store, index := newStore(t, transport)
				r := rand.New(rand.NewPCG(5, 6))
				all := nastyUsers(t, r, 100)
				writeBulk(t, client, index, all)
				refresh(t, store)
				for _, common := range []signup.Query{
					{}, {Descending: true}, {Sort: signup.SortByEmail}, {Sort: signup.SortByName}, {Sort: signup.SortByName, Descending: true},
				} {
					q := esstore.Query{Query: common, PageSize: 9}
					pages := 0
					transport.before = func(pit string) {
						if pages++; pages == 4 || pages == 9 || pages == 10 { // 4 is sent again as 5, and so on
							lose(t, client, index, pit, all)
						}
					}
					if !wantListing(t, store, q, expected(all, q), nil) {
						t.Errorf("got another listing sorted by %v, descending %t, want the expected one", q.Sort, q.Descending)
					}
					if pages != 15 { // of 12
						t.Errorf("got %d searches for 12 pages, want 15", pages)
					}
				}
			})
		}
	}
}

// replaceIndex puts a copy in the place of the index behind the alias.
func replaceIndex(t *testing.T, client esapi.Transport, alias, _ string, all []signup.User) {
	t.Helper()
	_, body := request(t, client, http.MethodGet, "/"+alias+"/_mapping", "")
	var indices map[string]struct{ Mappings json.RawMessage }
	if err := json.Unmarshal([]byte(body), &indices); err != nil || len(indices) != 1 {
		t.Fatalf("reading the mapping: got %d indices, %v, want 1, nil", len(indices), err)
	}
	for old, index := range indices {
		var n int
		if _, err := fmt.Sscanf(strings.TrimPrefix(old, alias+"-"), "%06d", &n); err != nil {
			t.Fatal(err)
		}
		copied := fmt.Sprintf("%s-%06d", alias, n+1)
		do := func(method, path, body string) {
			if status, answer := request(t, client, method, path, body); status != http.StatusOK {
				t.Fatalf("%s %s: got status %d, want 200: %s", method, path, status, answer)
			}
		}
		do(http.MethodPut, "/"+copied, fmt.Sprintf(`{"mappings":%s,"aliases":{"%s.own":{}}}`, index.Mappings, copied))
		writeBulk(t, client, copied, all)
		do(http.MethodPost, "/"+copied+"/_refresh", "")
		do(http.MethodPost, "/_aliases", fmt.Sprintf(`{"actions":[{"add":{"index":"%s","alias":"%s","is_write_index":true}},{"remove_index":{"index":"%s"}}]}`, copied, alias, old))
	}
}
