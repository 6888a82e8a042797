package esstore_test

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gosignup/signup"
)

// An elastic is the part of Elasticsearch that Import and Export need, without a
// network. Tests put failures in front of it.
type elastic struct {
	mu     sync.Mutex
	docs   map[string]elasticDoc // by ID
	writes int
	bulks  []int // the lengths of the bulk requests in writes
}

type elasticDoc struct {
	key, source string
	seqNo       int
}

func newElastic() *elastic { return &elastic{docs: map[string]elasticDoc{}} }

func (e *elastic) Perform(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch r.URL.Path {
	case "/users":
		return response(http.StatusOK, indicesBody(map[string]string{"users-000001": `{"mappings":` + ours + `}`})), nil
	case "/users/_bulk", "/users-000001.own/_bulk":
		if r.URL.Query().Get("require_alias") != "true" {
			return nil, errors.New("the bulk request might make an index")
		}
		return response(http.StatusOK, e.bulk(body)), nil
	case "/users/_mget":
		return response(http.StatusOK, e.mget(body)), nil
	case lookPath:
		return response(http.StatusOK, mappedBody("users", map[string]string{"users-000001": ours})), nil
	case "/users/_refresh":
		return response(http.StatusOK, `{"_shards":{"total":1,"successful":1,"failed":0}}`), nil
	case "/users/_pit":
		return response(http.StatusOK, `{"id":"P"}`), nil
	case "/_pit":
		return response(http.StatusOK, `{"succeeded":true,"num_freed":1}`), nil
	case "/_search":
		return response(http.StatusOK, e.search(body)), nil
	}
	return nil, fmt.Errorf("got the request %s, want one that elastic supports", r.URL.Path)
}

func (e *elastic) bulk(body string) string {
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	e.bulks = append(e.bulks, len(lines)/2)
	var items []string
	for i := 0; i < len(lines); i += 2 {
		var action map[string]struct {
			ID    string `json:"_id"`
			SeqNo int    `json:"if_seq_no"`
		}
		mustUnmarshal(lines[i], &action)
		for op, a := range action {
			old, held := e.docs[a.ID]
			if op == "create" && held || op == "index" && (!held || old.seqNo != a.SeqNo) {
				items = append(items, itemBody(op, http.StatusConflict, "version_conflict_engine_exception"))
				continue
			}
			var doc struct{ Key string }
			mustUnmarshal(lines[i+1], &doc)
			e.docs[a.ID] = elasticDoc{doc.Key, lines[i+1], e.writes}
			e.writes++
			items = append(items, itemDone(op, http.StatusCreated, map[string]string{"create": "created", "index": "updated"}[op], a.ID))
		}
	}
	return bulkBody(items...)
}

func (e *elastic) mget(body string) string {
	var query struct{ IDs []string }
	mustUnmarshal(body, &query)
	var docs []string
	for _, id := range query.IDs {
		if d, ok := e.docs[id]; ok {
			docs = append(docs, docBody(d.seqNo, d.source))
		} else {
			docs = append(docs, `{"_index":"users-000001","_id":"x","found":false}`)
		}
	}
	return docsBody(docs...)
}

// ids returns those of all documents, in the order of the users' keys.
func (e *elastic) ids() []string {
	return slices.SortedFunc(maps.Keys(e.docs), func(a, b string) int {
		return strings.Compare(e.docs[a].key, e.docs[b].key)
	})
}

func (e *elastic) search(body string) string {
	var query struct {
		Size   int
		After  []any                       `json:"search_after"`
		Source struct{ Excludes []string } `json:"_source"`
	}
	mustUnmarshal(body, &query)
	hits := []any{}
	for _, id := range e.ids() {
		doc := e.docs[id]
		if len(hits) == query.Size || query.After != nil && doc.key <= query.After[0].(string) {
			continue
		}
		var source map[string]any
		mustUnmarshal(doc.source, &source)
		for _, name := range query.Source.Excludes {
			delete(source, name)
		}
		hits = append(hits, map[string]any{"_id": id, "_source": source, "sort": []any{doc.key, 0}})
	}
	return marshal(map[string]any{"pit_id": "P", "hits": map[string]any{"hits": hits}})
}

func bulkBody(items ...string) string { return `{"items":[` + strings.Join(items, ",") + `]}` }

// itemBody is the result of a write of newUser.
func itemBody(op string, status int, kind string) string {
	if kind == "" {
		return itemDone(op, status, map[string]string{"create": "created", "index": "updated"}[op], newUserID)
	}
	return fmt.Sprintf(`{%q:{"status":%d,"error":{"type":%q,"reason":"because"}}}`, op, status, kind)
}

// itemDone is the result of a write that has no error.
func itemDone(op string, status int, result, id string) string {
	return fmt.Sprintf(`{%q:{"_id":%q,"result":%q,"status":%d}}`, op, id, result, status)
}

// newUserID is the id of the document of newUser.
const newUserID = "JfIpt2RmI-Sja9YK9Vgf23CzJkkjO4mb7TjZFxBIXWU"

func docsBody(docs ...string) string { return `{"docs":[` + strings.Join(docs, ",") + `]}` }

// numbered returns the user with this number.
func numbered(n int) signup.User {
	u := signup.User{ID: fmt.Sprintf("ID-%d", n), Email: fmt.Sprintf("user-%07d@example.org", n)}
	u.SetKey(u.Email, "rule") // faster than computing it from the address
	return u
}

func sequence(users ...signup.User) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

func numbers(n int) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for i := range n {
			if !yield(numbered(i), nil) {
				return
			}
		}
	}
}
