package esstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
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

// collect returns options by which the results of an import are appended to r.
func collect(r *[]esstore.ImportResult, opts esstore.ImportOptions) *esstore.ImportOptions {
	opts.Result = func(one esstore.ImportResult) { *r = append(*r, one) }
	return &opts
}

func wantSummary(t *testing.T, got, want esstore.ImportSummary) {
	t.Helper()
	if got != want {
		t.Errorf("got summary %+v, want %+v", got, want)
	}
}

// A reply returns the response to a request of an import of newUser. sent is the
// document that was sent last.
type reply func(sent string) step

func says(s step) reply { return func(string) step { return s } }

// item is the response to a bulk request with one write.
func item(status int, kind string) reply {
	return says(respond(http.StatusOK, bulkBody(itemBody("create", status, kind))))
}

// holds is the response with the holder of the address: the user that was sent,
// except that these fields have other values.
func holds(fields map[string]any) reply {
	return func(sent string) step {
		return respond(http.StatusOK, docsBody(docBody(3, changedDocument(sent, fields))))
	}
}

// How a user's import may end, whatever happened to it before.
func TestImportOutcomes(t *testing.T) {
	const (
		isCreated = "created"
		isPresent = "present"
		isFailed  = "failed" // and the import goes on
		isEnd     = "end"    // of the import
		diverted  = "esstore: import: status 200, the document was not written, or under another id (does the index have an ingest pipeline?)"
	)
	var (
		made      = item(201, "")
		refused   = item(409, "version_conflict_engine_exception")
		own       = holds(nil)
		same      = holds(map[string]any{"write_token": "another", "first_name": "Augusta"})
		other     = holds(map[string]any{"write_token": "another", "id": "ID-1"})
		gone      = says(respond(200, docsBody(`{"_index":"users-000001","_id":"x","found":false}`)))
		confirmed = says(respond(200, bulkBody(itemBody("index", 200, ""))))
		outdated  = says(respond(200, bulkBody(itemBody("index", 409, "version_conflict_engine_exception"))))
		lost      = says(hangUp)
	)
	for _, c := range []struct {
		name   string
		script []reply
		want   string // or a signup error's name
		text   string // of the error
	}{
		{"created", []reply{made}, isCreated, ""},
		{"the address is another's", []reply{refused, other}, "ErrExists", "esstore: import: signup: address already registered"},
		{"present", []reply{refused, same}, isPresent, ""},
		{"an item too many", []reply{item(429, "es_rejected_execution_exception"), made}, isCreated, ""},
		{"a request too many", []reply{says(failed(429, "es_rejected_execution_exception")), made}, isCreated, ""},
		{"a circuit breaker", []reply{says(failed(429, "circuit_breaking_exception")), made}, isCreated, ""},
		{"no primary", []reply{item(503, "unavailable_shards_exception"), made}, isCreated, ""},
		{"no master", []reply{says(failed(503, "master_not_discovered_exception")), made}, isCreated, ""},
		{"a proxy's page", []reply{says(page(502)), made}, isCreated, ""},
		{"a proxy's page as success", []reply{says(page(200)), made}, isCreated, ""},
		{"an empty page", []reply{says(respond(200, "")), made}, isCreated, ""},
		{"no item", []reply{says(respond(200, bulkBody())), made}, isCreated, ""},
		{"an item more", []reply{says(respond(200, bulkBody(itemBody("create", 201, ""), itemBody("create", 201, "")))), made}, isCreated, ""},
		{"an item without status", []reply{says(respond(200, bulkBody(`{"create":{}}`))), made}, isCreated, ""},
		{"half an answer", []reply{says(truncated(200, bulkBody(itemBody("create", 201, "")))), refused, own, confirmed}, isCreated, ""},
		{"a write block", []reply{item(403, "cluster_block_exception"), made}, isCreated, ""},
		{"a write block for the request", []reply{says(failed(403, "cluster_block_exception")), made}, isCreated, ""},
		{"a lost answer", []reply{lost, refused, own, confirmed}, isCreated, ""},
		{"a lost answer, present before", []reply{lost, refused, same}, isPresent, ""},
		{"a lost answer, and lost again", []reply{lost, refused, own, lost, own, confirmed}, isCreated, ""},
		{"a lost answer, and changed meanwhile", []reply{lost, refused, own, outdated, same}, isPresent, ""},
		{"a lost answer, and the write is lost", []reply{lost, refused, own, outdated, gone, made}, isCreated, ""},
		// What a copy shows that lags is asked for once more.
		{"a lost answer, and a copy that lags", []reply{lost, refused, other, refused, own, confirmed}, isCreated, ""},
		{"a lost answer, and another's", []reply{lost, refused, other, refused, other}, "ErrExists", ""},
		{"an error, and another's", []reply{item(500, "exception"), refused, other, refused, other}, "ErrExists", ""},
		{"the holder is gone", []reply{refused, gone, made}, isCreated, ""},
		{"the holder is gone, and another comes", []reply{refused, gone, refused, other}, "ErrExists", ""},
		{"the holder can't be read", []reply{refused, says(failed(503, "exception")), other}, "ErrExists", ""},
		{"the holder's shard can't be read", []reply{
			refused, says(respond(200, docsBody(`{"_index":"users-000001","_id":"x","error":{"type":"exception","reason":"because"}}`))),
			other,
		}, "ErrExists", ""},
		{"the holders are a page", []reply{refused, says(page(200)), other}, "ErrExists", ""},
		{"the holders are too many", []reply{refused, says(respond(200, docsBody())), other}, "ErrExists", ""},

		{"dropped by a pipeline", []reply{says(respond(200, bulkBody(itemDone("create", 200, "noop", newUserID))))}, isFailed, diverted},
		{"written elsewhere by a pipeline", []reply{says(respond(200, bulkBody(itemDone("create", 201, "created", "x"))))}, isFailed, "esstore: import: status 201, the document was not written, or under another id (does the index have an ingest pipeline?)"},
		{"no result", []reply{says(respond(200, bulkBody(`{"create":{"_id":"`+newUserID+`","status":201}}`)))}, isFailed, ""},
		{"no id", []reply{says(respond(200, bulkBody(`{"create":{"result":"created","status":201}}`)))}, isFailed, ""},
		{"updated", []reply{says(respond(200, bulkBody(itemDone("create", 200, "updated", newUserID))))}, isFailed, diverted},
		{"a lost answer, and the confirmation dropped", []reply{lost, refused, own, says(respond(200, bulkBody(itemDone("index", 200, "noop", newUserID))))}, isFailed, diverted},
		{"refused by the mapping", []reply{item(400, "document_parsing_exception")}, isFailed, "esstore: import: status 400, document_parsing_exception"},
		{"a type that is the address", []reply{item(400, "ada.qx@example.org")}, isFailed, "esstore: import: status 400"},
		{"too long", []reply{says(page(413))}, isFailed, "esstore: import: status 413"},
		{"the holder is another's document", []reply{refused, holds(map[string]any{"key": "example.org"})}, isFailed, ""},
		{"a holder without an ID", []reply{refused, holds(map[string]any{"id": ""})}, isFailed, ""},

		{"a full disk", []reply{item(429, "cluster_block_exception")}, isEnd, "esstore: import: status 429, cluster_block_exception"},
		{"a full disk for the request", []reply{says(failed(429, "cluster_block_exception"))}, isEnd, ""},
		{"not set up", []reply{item(404, "index_not_found_exception")}, isEnd, "esstore: import: status 404, index_not_found_exception (is the store set up?)"},
		{"no privilege", []reply{item(403, "security_exception")}, isEnd, "esstore: import: status 403, security_exception"},
		{"no privilege at all", []reply{says(failed(403, "security_exception"))}, isEnd, ""},
		{"no privilege to read", []reply{refused, says(failed(403, "security_exception"))}, isEnd, ""},
		{"not logged in", []reply{says(failed(401, "security_exception"))}, isEnd, ""},
		{"a proxy's refusal", []reply{says(page(400))}, isEnd, ""},
		{"elsewhere", []reply{says(page(301))}, isEnd, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			for _, r := range c.script {
				f.then(func(w http.ResponseWriter, req *http.Request, writes []string) {
					f.mu.Lock()
					sent := strings.Split(f.calls[0].body, "\n")[1]
					f.mu.Unlock()
					r(sent)(w, req, writes)
				})
			}
			if c.want != isEnd {
				// The next one.
				f.then(respond(200, bulkBody(itemDone("create", 201, "created", "oI1Q5nL8koeccJpo5LE7iDT8xKNYHG6h_R89XCVj_4k"))))
			}
			var results []esstore.ImportResult
			users := []signup.User{newUser(), numbered(1)}
			sum, err := f.store().Import(t.Context(), sequence(users...), collect(&results, esstore.ImportOptions{Workers: 1, BatchUsers: 1}))
			if len(results) != 2 || results[0].N != 0 || !reflect.DeepEqual(results[0].User, users[0]) {
				t.Fatalf("got %d results, want one for each user", len(results))
			}
			r := results[0]
			wantNoSecret(t, r.Err)
			if c.text != "" && (r.Err == nil || r.Err.Error() != c.text) {
				t.Errorf("got result %v, want %s", r.Err, c.text)
			}
			want := esstore.ImportSummary{Read: 2, Created: 1}
			switch c.want {
			case isCreated:
				wantOutcome(t, r.Err, "nil")
				want.Created++
			case isPresent:
				wantOutcome(t, r.Err, "nil")
				want.Present++
			case isFailed:
				wantOutcome(t, r.Err, unknown)
				want.Failed++
			case isEnd:
				wantOutcome(t, r.Err, unknown)
				want.Created, want.Failed = 0, 2
			default:
				wantOutcome(t, r.Err, c.want)
				want.Exists++
			}
			wantSummary(t, sum, want)
			if r.Present != (want.Present == 1) || (results[1].Err == nil) != (want.Created > 0) {
				t.Errorf("got Present %t, error %v for the next user, want others", r.Present, results[1].Err)
			}
			if (err != nil) != (want.Failed > 0) || err != nil && err != r.Err {
				t.Errorf("got error %v from Import, want another", err)
			}
		})
	}
}

// What is sent: creations, in requests that make no index, whose responses are
// no longer than need be.
func TestImportRequests(t *testing.T) {
	f := newFake(t, respond(200, bulkBody(itemBody("create", 409, "x"), itemDone("create", 201, "created", "ZTyh311aYLN2yGDL-NUWVCN87iQe53U2g8XEv-gfe0g"))),
		respond(200, docsBody(docBody(0, `{"id":"ID-1","key":"ada.qx@example.org","write_token":"another"}`))))
	second := newUser()
	second.SetKey("second@example.org", signup.EmailRule)
	if _, err := f.store().Import(t.Context(), sequence(newUser(), second), nil); err != nil {
		t.Fatal(err)
	}
	bulk, mget := f.calls[0], f.calls[1]
	if q := bulk.query; bulk.path != "/users/_bulk" || q.Get("require_alias") != "true" || q.Has("refresh") ||
		q.Get("filter_path") != "items.*.status,items.*.error.type,items.*.result,items.*._id,items.*._index" {
		t.Errorf("got the request %s, want another", bulk.uri)
	}
	lines := strings.Split(bulk.body, "\n")
	if len(lines) != 5 || lines[4] != "" || len(lines[0]) != len(`{"create":{"_id":""}}`)+43 ||
		!strings.HasPrefix(lines[0], `{"create":{"_id":"`) || !sameDocument(t, lines[1]) {
		t.Error("got other lines, want the action and the document")
	}
	if q := mget.query; mget.path != "/users/_mget" || q.Get("_source_includes") != "id,key,write_token" || q.Has("realtime") {
		t.Errorf("got the request %s, want another", mget.uri)
	}
	for _, c := range f.calls {
		for _, secret := range secrets {
			if strings.Contains(c.uri, secret) {
				t.Errorf("got a secret in the path %s, want none", c.path)
			}
		}
	}
}

// sameDocument reports whether text is the document of newUser, except for the token.
func sameDocument(t *testing.T, text string) bool {
	t.Helper()
	var got, want map[string]any
	mustUnmarshal(text, &got)
	mustUnmarshal(document, &want)
	if token, _ := got["write_token"].(string); len(token) < 26 {
		t.Errorf("got a write token of %d characters, want 26 at least", len(token))
	}
	delete(got, "write_token")
	delete(want, "write_token")
	want["key_rule"] = signup.EmailRule
	return reflect.DeepEqual(got, want)
}

// A user that can't be stored gets ErrInvalid without a request. The others are stored.
func TestImportInvalid(t *testing.T) {
	valid, noID, noKey, notText, long := newUser(), newUser(), newUser(), newUser(), newUser()
	noID.ID = ""
	noKey.Email = "no address"
	notText.FirstName = "\xff"
	long.FirstName = strings.Repeat("x", 1<<19)
	var results []esstore.ImportResult
	e := newElastic()
	users := []signup.User{noID, noKey, valid, notText, long}
	sum, err := esstore.New(e, nil).Import(t.Context(), sequence(users...), collect(&results, esstore.ImportOptions{BatchUsers: 4}))
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: 5, Created: 1, Invalid: 4})
	// Of two batches, either may end first.
	slices.SortFunc(results, func(a, b esstore.ImportResult) int { return int(a.N - b.N) })
	for i, r := range results {
		want := "ErrInvalid"
		if i == 2 {
			want = "nil"
		}
		wantOutcome(t, r.Err, want)
		wantNoSecret(t, r.Err)
		if r.N != int64(i) {
			t.Errorf("got in result %d the user %d, want the same number", i, r.N)
		}
	}
	if !slices.Equal(e.bulks, []int{1}) {
		t.Errorf("got requests with %v users, want others", e.bulks)
	}
}

// A batch has as many users, or bytes, as the options say.
func TestImportBatches(t *testing.T) {
	length := len(`{"create":{"_id":""}}`) + 43 + 1 // of the first line
	probe := newElastic()
	if _, err := esstore.New(probe, nil).Import(t.Context(), numbers(1), nil); err != nil {
		t.Fatal(err)
	}
	for _, d := range probe.docs {
		length += len(d.source) + 1
	}
	for _, c := range []struct {
		opts esstore.ImportOptions
		want []int
	}{
		{esstore.ImportOptions{}, []int{1000, 1000, 500}},
		{esstore.ImportOptions{BatchUsers: 1500}, []int{1500, 1000}},
		{esstore.ImportOptions{BatchBytes: 900 * length}, []int{900, 900, 700}},
		{esstore.ImportOptions{BatchBytes: 900*length + 1}, []int{901, 901, 698}},
		{esstore.ImportOptions{BatchBytes: 10 * length, BatchUsers: 2000}, nil},
	} {
		e := newElastic()
		c.opts.Workers = 1
		sum, err := esstore.New(e, nil).Import(t.Context(), numbers(2500), &c.opts)
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 2500, Created: 2500})
		if c.want == nil {
			c.want = slices.Repeat([]int{10}, 250)
		}
		// IDs have one to four digits, so that the first ones are shorter.
		if len(e.bulks) != len(c.want) || abs(e.bulks[0]-c.want[0]) > 10 {
			t.Errorf("%+v: got requests with %v users, want %v", c.opts, e.bulks, c.want)
		}
	}
}

func abs(n int) int { return max(n, -n) }

// Where the server takes no such long request, shorter ones are sent, and soon no
// more that are too long.
func TestImportTooLong(t *testing.T) {
	e := newElastic()
	refused := 0
	const limit = 50_000
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		if r.ContentLength > limit {
			refused++
			return response(http.StatusRequestEntityTooLarge, ""), nil
		}
		return e.Perform(r)
	}), nil)
	var results []esstore.ImportResult
	sum, err := store.Import(t.Context(), numbers(20_000), collect(&results, esstore.ImportOptions{Workers: 1}))
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: 20_000, Created: 20_000})
	if refused == 0 || refused > 20 {
		t.Errorf("got %d refused requests, want another number", refused)
	}
	for i, r := range results {
		if r.N != int64(i) {
			t.Fatalf("got in result %d the user %d, want the same number", i, r.N)
		}
	}
}

// A transport may go on sending a request which the server has responded to early. What
// is sent then must not be the next batch.
func TestImportEarlyResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, first := newElastic(), true
		late := make(chan string)
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if !first {
				return e.Perform(r)
			}
			first = false
			go func() {
				time.Sleep(time.Hour)
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				late <- string(body)
			}()
			return response(http.StatusServiceUnavailable, ""), nil
		}), nil)
		if _, err := store.Import(t.Context(), numbers(100), &esstore.ImportOptions{Workers: 1, BatchUsers: 1}); err != nil {
			t.Fatal(err)
		}
		if body := <-late; !strings.Contains(body, `"id":"ID-0"`) {
			t.Error("got another user in a late request, want the one of its batch")
		}
	})
}

// Of several users of one key the first one is stored, in whichever batches they
// are, and whatever becomes of the requests.
func TestImportFirstOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		store := esstore.New(troubled(e), nil)
		users := func(yield func(signup.User, error) bool) {
			for i := range 1000 {
				for j := range 3 {
					u := numbered(i)
					u.ID = fmt.Sprintf("%s of %d", u.ID, j)
					if !yield(u, nil) {
						return
					}
				}
			}
		}
		sum, err := store.Import(t.Context(), users, &esstore.ImportOptions{
			Workers: 8, BatchUsers: 7,
			Result: func(r esstore.ImportResult) {
				want := "ErrExists"
				if r.N%3 == 0 {
					want = "nil"
				}
				wantOutcome(t, r.Err, want)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 3000, Created: 1000, Exists: 2000})
		for _, doc := range e.docs {
			if !strings.Contains(doc.source, ` of 0","key"`) {
				t.Error("got another user stored, want the first")
			}
		}
	})
}

// troubled is a way to e on which requests take a while, are lost, or their
// responses are, or are refused, and some items of them alone.
func troubled(e *elastic) transportFunc {
	return func(r *http.Request) (*http.Response, error) {
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		switch rand.IntN(10) {
		case 0:
			return nil, errors.New("no connection")
		case 1:
			return response(http.StatusTooManyRequests, failedBody(429, "es_rejected_execution_exception")), nil
		case 2:
			return response(http.StatusServiceUnavailable, "<html>"), nil
		case 3:
			if _, err := e.Perform(r); err != nil {
				return nil, err
			}
			return nil, io.ErrUnexpectedEOF
		}
		return e.Perform(r)
	}
}

// Whatever trouble there is, all is stored once, and called created, and after it
// present.
func TestImportInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		store := esstore.New(troubled(e), nil)
		opts := &esstore.ImportOptions{Workers: 4, BatchUsers: 20}
		sum, err := store.Import(t.Context(), numbers(2000), opts)
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 2000, Created: 2000})
		if len(e.docs) != 2000 {
			t.Errorf("got %d stored users, want all", len(e.docs))
		}
		before := maps.Clone(e.docs)
		sum, err = store.Import(t.Context(), numbers(2000), opts)
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 2000, Present: 2000})
		if !maps.Equal(e.docs, before) {
			t.Error("got a write of the second import, want none")
		}
	})
}

// An import gives up if it makes no progress with a batch for two minutes, and returns
// of each user that was read what is known.
func TestImportGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		var bulks atomic.Int64
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if bulks.Add(1) > 3 {
				return response(http.StatusTooManyRequests, failedBody(429, "es_rejected_execution_exception")), nil
			}
			return e.Perform(r)
		}), nil)
		var results []esstore.ImportResult
		begin, read := time.Now(), int64(0)
		users := func(yield func(signup.User, error) bool) {
			for u := range numbers(1_000_000) {
				read++
				if !yield(u, nil) {
					return
				}
			}
		}
		sum, err := store.Import(t.Context(), users, collect(&results, esstore.ImportOptions{BatchUsers: 10}))
		if err == nil || err.Error() != "esstore: import: status 429, es_rejected_execution_exception" || errors.Is(err, signup.ErrBusy) {
			t.Errorf("got error %v, want another", err)
		}
		if took := time.Since(begin); took < 2*time.Minute || took > 2*time.Minute+10*time.Second {
			t.Errorf("got %v until it returned, want another time", took)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: read, Created: 30, Failed: read - 30})
		if int64(len(results)) != read || read > 30+30 {
			t.Errorf("got %d results for %d users that were read, want one for each", len(results), read)
		}
		if n := bulks.Load(); n > 200 {
			t.Errorf("got %d requests, want another number", n)
		}
	})
}

// A server that gets something done now and then isn't given up.
func TestImportIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		busyUntil := time.Now()
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if time.Now().Before(busyUntil) {
				return response(http.StatusForbidden, failedBody(403, "cluster_block_exception")), nil
			}
			busyUntil = time.Now().Add(100 * time.Second)
			return e.Perform(r)
		}), nil)
		sum, err := store.Import(t.Context(), numbers(100), &esstore.ImportOptions{Workers: 1, BatchUsers: 10})
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 100, Created: 100})
	})
}

// What users yields as an error ends the import, after those before it are stored.
func TestImportErrorOfUsers(t *testing.T) {
	broken := errors.New("the file is broken")
	users := func(yield func(signup.User, error) bool) {
		for u := range numbers(25) {
			if !yield(u, nil) {
				return
			}
		}
		if yield(numbered(25), broken) {
			t.Error("got a call of the sequence after its error, want none")
		}
	}
	e := newElastic()
	sum, err := esstore.New(e, nil).Import(t.Context(), users, &esstore.ImportOptions{BatchUsers: 10})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "esstore: import: ") {
		t.Errorf("got error %v, want another", err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: 25, Created: 25})

	// Neither of two errors hides the other.
	full := transportFunc(func(*http.Request) (*http.Response, error) {
		return response(http.StatusTooManyRequests, failedBody(429, "cluster_block_exception")), nil
	})
	_, err = esstore.New(full, nil).Import(t.Context(), users, nil)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "cluster_block_exception") {
		t.Errorf("got error %v, want another", err)
	}
}

// If the context is done, each user that was read has a result. The outcome of those
// that were being sent is unknown.
func TestImportContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := newElastic()
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return e.Perform(r)
		}), nil)
		time.AfterFunc(3500*time.Millisecond, cancel)
		read, begin := int64(0), time.Now()
		users := func(yield func(signup.User, error) bool) {
			for u := range numbers(1_000_000) {
				read++
				if !yield(u, nil) {
					return
				}
			}
		}
		var results []esstore.ImportResult
		sum, err := store.Import(ctx, users, collect(&results, esstore.ImportOptions{BatchUsers: 10}))
		if took := time.Since(begin); !errors.Is(err, context.Canceled) || took > 4*time.Second {
			t.Errorf("got error %v after %v, want the context's at once", err, took)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: read, Created: 60, Failed: read - 60})
		failures := 0
		for _, r := range results {
			if r.Err != nil {
				wantContextError(t, r.Err, context.Canceled)
				failures++
			}
		}
		if len(e.docs) != 60 || int64(len(results)) != read || int64(failures) != sum.Failed {
			t.Errorf("got %d stored users and %d results, %d of them errors, want one result for each user", len(e.docs), len(results), failures)
		}
	})
}

func TestImportContextDoneBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newFake(t).store().Import(ctx, func(func(signup.User, error) bool) { t.Error("got a call of the sequence, want none") }, nil)
	wantContextError(t, err, context.Canceled)
}

func TestImportRefusesOptions(t *testing.T) {
	for _, opts := range []esstore.ImportOptions{{Workers: -1}, {BatchUsers: -1}, {BatchBytes: -1}} {
		_, err := newFake(t).store().Import(t.Context(), numbers(1), &opts)
		if err == nil || !strings.HasPrefix(err.Error(), "esstore: import: ") {
			t.Errorf("%+v: got error %v, want one of import", opts, err)
		}
	}
	_, err := esstore.New(nil, nil).Import(t.Context(), numbers(0), nil)
	if err == nil || err.Error() != "esstore: import: the transport is nil" {
		t.Errorf("got error %v, want another", err)
	}
}

// An import without users sends nothing.
func TestImportNoUsers(t *testing.T) {
	sum, err := newFake(t).store().Import(t.Context(), sequence(), &esstore.ImportOptions{
		Result:   func(esstore.ImportResult) { t.Error("got a call of Result, want none") },
		Progress: func(esstore.ImportSummary) { t.Error("got a call of Progress, want none") },
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{})
}

// Progress grows, and the last of it is the end.
func TestImportProgress(t *testing.T) {
	var all []esstore.ImportSummary
	sum, err := esstore.New(newElastic(), nil).Import(t.Context(), numbers(95), &esstore.ImportOptions{
		Workers: 3, BatchUsers: 10,
		Progress: func(s esstore.ImportSummary) { all = append(all, s) }, // which -race sees, were there two at once
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 10 || all[9] != sum {
		t.Fatalf("got %d calls, the last with %+v, want others", len(all), all[len(all)-1])
	}
	for i, s := range all[:9] {
		if s.Created < int64(10*i+5) || s.Created > s.Read {
			t.Errorf("got call %d with %+v, want another summary", i, s)
		}
	}
}

// A panic, or the end of the goroutine, in what Import calls ends the import, and
// leaves nothing behind: synctest waits for all goroutines.
func TestImportPanics(t *testing.T) {
	for name, opts := range map[string]*esstore.ImportOptions{
		"Result":          {BatchUsers: 10, Result: func(esstore.ImportResult) { panic("as planned") }},
		"Progress":        {BatchUsers: 10, Progress: func(esstore.ImportSummary) { panic("as planned") }},
		"goroutine's end": {BatchUsers: 10, Result: func(esstore.ImportResult) { runtime.Goexit() }},
		"users":           {BatchUsers: 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := transportFunc(func(r *http.Request) (*http.Response, error) {
					select {
					case <-time.After(time.Hour):
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
					return nil, errors.New("too late")
				})
				e, calls := newElastic(), 0
				store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
					e.mu.Lock()
					calls++
					first := calls == 1
					e.mu.Unlock()
					if first {
						return e.Perform(r)
					}
					return slow(r)
				}), nil)
				users := func(yield func(signup.User, error) bool) {
					for u := range numbers(35) {
						if !yield(u, nil) {
							return
						}
					}
					panic("as planned")
				}
				begin, finished := time.Now(), make(chan any)
				go func() {
					var recovered any
					defer func() {
						if r := recover(); r != nil {
							recovered = r
						}
						finished <- recovered
					}()
					_, _ = store.Import(t.Context(), users, opts)
					recovered = "returned"
				}()
				r := <-finished
				if want := any("as planned"); r != want && !(name == "goroutine's end" && r == nil) {
					t.Errorf("got the panic %v, want that of the callback", r)
				}
				if took := time.Since(begin); took > time.Minute {
					t.Errorf("got %v until it returned, want another time", took)
				}
			})
		})
	}
}

// How much memory an import takes doesn't depend on how many users there are.
func TestImportMemory(t *testing.T) {
	users := 20_000
	if os.Getenv("SIGNUP_TEST_SOAK") != "" {
		users = 1_000_000
	}
	const action = `{"create":{"_id":"`
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		var items []string
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), action); ok {
				items = append(items, itemDone("create", 201, "created", id[:43]))
			}
		}
		return response(http.StatusOK, bulkBody(items...)), lines.Err()
	}), nil)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var early, most int64
	batches := 0
	sum, err := store.Import(t.Context(), numbers(users), &esstore.ImportOptions{BatchUsers: 500, Progress: func(esstore.ImportSummary) {
		switch batches++; {
		case batches == 8:
			early = heap()
		case batches > 8 && batches%max(8, users/500/20) == 0:
			most = max(most, heap())
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: int64(users), Created: int64(users)})
	// 16,000 users would be more than that.
	if grown := most - early; most == 0 || grown > 1<<20 {
		t.Errorf("got a heap that has grown by %d bytes since %d users, want a constant one", grown, 8*500)
	} else {
		t.Attr("import_memory", fmt.Sprintf("%d users: live heap %d KiB after 4000, at most %d KiB later", users, early>>10, most>>10))
	}
}
