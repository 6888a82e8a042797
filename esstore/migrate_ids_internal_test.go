package esstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A simulated is a transport to a server that is a function from the path and body of a
// request to a response.
type simulated func(path, body string) string

func (s simulated) Perform(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	header := http.Header{"X-Elastic-Product": {"Elasticsearch"}, "Content-Type": {"application/json"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(s(r.URL.Path, body)))}, nil
}

// migrationTo returns a migration between two indices of the server.
func migrationTo(s simulated) *migration {
	return &migration{
		s: New(s, nil), op: "reindex", from: "users-000001", to: "users-000002", token: "t", window: 10_000, reduced: true,
		attempt: &attempt{pace: newPace(batchBytes), pages: newPager(firstPage, copyPage)},
		nodes:   map[string]string{"users-000001": "n", "users-000002": "n"},
	}
}

// Only documents whose _id the original doesn't have are deleted from the copy.
func TestDeleteAbsent(t *testing.T) {
	var deleted string
	m := migrationTo(func(path, body string) string {
		switch path {
		case "/users-000001/_search":
			if !strings.Contains(body, `"ids":{"values":["a","b"]}`) {
				t.Errorf("got the search %s, want one for the ids a and b", body)
			}
			return `{"hits":{"hits":[{"_id":"a"}]}}`
		case "/users-000002.copy-t/_bulk":
			deleted += body
			return `{"items":[{"delete":{"_id":"b","status":200,"result":"deleted"}}]}`
		}
		t.Errorf("got the request %s, want a search of the original and a deletion", path)
		return "{}"
	})
	if err := m.deleteAbsent(t.Context(), []hit{{ID: "a", SeqNo: 1, PrimaryTerm: 1}, {ID: "b", SeqNo: 2, PrimaryTerm: 1}}); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if want := `{"delete":{"_id":"b","if_seq_no":2,"if_primary_term":1}}` + "\n"; deleted != want {
		t.Errorf("got the deletions %q, want %q", deleted, want)
	}
}

// The copy must have as many documents as the original, except those that Reindex leaves
// out and that are still there.
func TestCountBoth(t *testing.T) {
	m := migrationTo(func(path, body string) string {
		switch {
		case strings.HasSuffix(path, "/_refresh"):
			return `{"_shards":{"total":1,"successful":1,"failed":0}}`
		case strings.HasSuffix(path, "/_stats/docs"):
			index := strings.Split(path, "/")[1]
			return fmt.Sprintf(`{"_shards":{"failed":0},"indices":{%q:{"shards":{"0":[{"routing":{"primary":true,"node":"n"},"seq_no":{"max_seq_no":7,"global_checkpoint":7}}]}}}}`, index)
		case strings.Contains(body, `"ids"`):
			return `{"count":1}` // the other was deleted
		case path == "/users-000001/_count":
			return `{"count":10}`
		}
		return `{"count":0}`
	})
	m.foreign = map[string]bool{"x": true, "y": true}
	if want, got, err := m.countBoth(t.Context()); want != 9 || got != 0 || err != nil {
		t.Errorf("got %d documents that the copy should have, %d that it has, %v; want 9, 0, nil", want, got, err)
	}
}

// A document without _source can't be copied, and one with the _id of a user isn't left
// out.
func TestSourceOf(t *testing.T) {
	for _, c := range []struct {
		name, id, source string
		isForeign        bool
		wrong            string
	}{
		{"a user", documentID("a"), `{"id":"1","key":"a"}`, false, ""},
		{"another document", "ada@example.org", `{"id":"1"}`, true, ""},
		{"no _source", documentID("a"), "", false, "no _source"},
		{"a user without a key", documentID("a"), `{"id":"1"}`, false, "_id of a user"},
	} {
		m := migrationTo(nil)
		m.foreign = map[string]bool{}
		h := hit{ID: c.id, Source: json.RawMessage(c.source)}
		if c.source == "" {
			h.Source = nil
		}
		source, err := m.sourceOf(h)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.wrong)
		}
		if err == nil && (source == nil) != c.isForeign || m.foreign[c.id] != c.isForeign {
			t.Errorf("%s: got the source %s, left out %t, want %t", c.name, source, m.foreign[c.id], c.isForeign)
		}
	}
}

// Users are found by key only if the mapping of the index makes that possible.
func TestIsListedByKey(t *testing.T) {
	const properties = `"properties":{"key":{"type":"keyword"},"id":{"type":"keyword"}}`
	for description, want := range map[string]bool{
		`{"mappings":{` + properties + `}}`: true,
		`{"mappings":{` + properties + `},"settings":{"index.mapping.ignore_above":"2147483647"}}`:        true,
		`{"mappings":{` + properties + `},"settings":{"index.mapping.ignore_above":"5"}}`:                 false,
		`{"mappings":{"enabled":false,` + properties + `}}`:                                               false,
		`{"mappings":{"runtime":{"id":{"type":"keyword"}},` + properties + `}}`:                           false,
		`{"mappings":{"properties":{"key":{"type":"keyword","ignore_above":5},"id":{"type":"keyword"}}}}`: false,
		`{"mappings":{"properties":{"key":{"type":"keyword"}}}}`:                                          false,
	} {
		var i indexState
		if err := json.Unmarshal([]byte(description), &i); err != nil {
			t.Fatal(err)
		}
		if got := i.isListedByKey(); got != want {
			t.Errorf("%s: got %t, want %t", description, got, want)
		}
	}
}

// A copy of which a page is shorter than one of the original is read in its own pages.
func TestPagesOfTheCopy(t *testing.T) {
	m := migrationTo(nil)
	target := indexState{Settings: map[string]any{"index.max_result_window": "100"}}
	if m.resume(m.to, target); m.window != 100 {
		t.Errorf("got pages of %d documents, want 100", m.window)
	}
}

// A search that an index can't carry out differs from one that may succeed later.
func TestIsUnsearchable(t *testing.T) {
	for status, want := range map[int]bool{400: true, 500: true, 503: false, 429: false} {
		if got := isUnsearchable(&Error{Status: status, Type: typeSearchFailed}); got != want {
			t.Errorf("status %d: got %t, want %t", status, got, want)
		}
	}
	if isUnsearchable(errors.New("another")) {
		t.Error("another error: got true, want false")
	}
}
