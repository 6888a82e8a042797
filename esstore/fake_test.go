package esstore_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/transfertest"
)

// A step writes the response to one request. writes has the documents that were sent
// so far, including that of this request.
type step func(w http.ResponseWriter, r *http.Request, writes []string)

// lookPath and lookQuery are of the request for the indices.
const lookPath = "/users,users-0*,users-1*,users-2*,users-3*,users-4*,users-5*,users-6*,users-7*,users-8*,users-9*"

var lookQuery = url.Values{"ignore_unavailable": {"true"}, "expand_wildcards": {"all"}, "flat_settings": {"true"}}

// A call is a request as it arrived.
type call struct {
	method, uri, path string
	query             url.Values
	header            http.Header
	body              string
}

// A fake is a server that responds by a script, with one step for each request. It is
// an error if there are more or fewer requests than steps.
type fake struct {
	transport
	conns  atomic.Int64 // the number of accepted connections
	refuse atomic.Int64 // the number of connections to close before anything is read

	differs   string            // the index as it is, if it is not as it was asked for
	templates map[string]string // the responses about index templates, by path

	mu     sync.Mutex
	script []step
	calls  []call
	writes []string
}

func newFake(t *testing.T, script ...step) *fake {
	t.Helper()
	f := &fake{script: script}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("got error %v from reading the request, want none", err)
		}
		next, writes := f.note(r, string(body))
		if next == nil {
			t.Errorf("got the request %s %s after the end of the script, want none", r.Method, r.RequestURI)
			next = failed(http.StatusInternalServerError, "exception")
		}
		next(w, r, writes)
	}))
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			f.conns.Add(1)
			if f.refuse.Add(-1) >= 0 {
				_ = c.Close()
			}
		}
	}
	server.Start()
	f.transport = transport{server.URL, server.Client()}
	t.Cleanup(func() {
		server.Close()
		if n := len(f.script); n > 0 {
			t.Errorf("got %d requests too few, want all of the script", n)
		}
	})
	return f
}

func (f *fake) note(r *http.Request, body string) (next step, writes []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if aside := f.aside(r); aside != nil {
		return aside, nil
	}
	f.calls = append(f.calls, call{r.Method, r.RequestURI, r.URL.Path, r.URL.Query(), r.Header, body})
	if r.Method == http.MethodPut {
		f.writes = append(f.writes, body)
	}
	if len(f.script) > 0 {
		next, f.script = f.script[0], f.script[1:]
	}
	return next, f.writes
}

// aside returns the response to a request that only compares an index with what Setup
// asks for, as a server responds that has changed nothing; nil for other requests. Such
// a request needs no step, unless differs says how the index differs.
func (f *fake) aside(r *http.Request) step {
	name := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case strings.Contains(r.URL.Query().Get("filter_path"), "data_stream"): // Check's own look at the templates
		return nil
	case strings.HasPrefix(name, "_index_template"), strings.HasPrefix(name, "_template"):
		return respond(http.StatusOK, cmp.Or(f.templates[name], "{}"))
	case r.Method != http.MethodGet || strings.ContainsAny(name, ",/_") || r.URL.Query().Has("expand_wildcards"):
		return nil
	}
	body := fmt.Sprintf(`{"aliases":{},"mappings":%s,"settings":{}}`, ours)
	for _, c := range f.calls {
		if c.method == http.MethodPut && c.path == r.URL.Path {
			body = c.body
		}
	}
	if name == "users" {
		name = "users-000001"
	}
	return respond(http.StatusOK, indicesBody(map[string]string{name: cmp.Or(f.differs, body)}))
}

// then appends to the script.
func (f *fake) then(script ...step) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = append(f.script, script...)
}

// cut closes the connection of the next request before anything is read from it.
func (f *fake) cut() {
	f.client.CloseIdleConnections()
	f.refuse.Store(1)
}

func (f *fake) store() *esstore.Store { return esstore.New(f, nil) }

// stored returns a user that is stored in f, as number 0.
func (f *fake) stored(t *testing.T) signup.User {
	t.Helper()
	u := newUser()
	f.then(created)
	if err := f.store().Create(t.Context(), &u); err != nil {
		t.Fatalf("got error %v from Create, want none", err)
	}
	return u
}

// A transport is a minimal esapi.Transport.
type transport struct {
	url    string
	client *http.Client
}

func (t transport) Perform(req *http.Request) (*http.Response, error) {
	base, err := url.Parse(t.url)
	if err != nil {
		return nil, err
	}
	req.URL.Scheme, req.URL.Host = base.Scheme, base.Host
	return t.client.Do(req)
}

// A transportFunc is a transport without a network. It compares no index with what
// Setup asks for.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Perform(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet && req.URL.Path == "/users" {
		return response(http.StatusForbidden, failedBody(http.StatusForbidden, "security_exception")), nil
	}
	return f(req)
}

var (
	_ esapi.Transport = transport{}
	_ esapi.Transport = transportFunc(nil)
)

// response is what a transportFunc may return.
func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}
}

// secrets identify newUser or are secret. None of them is part of a word that an
// error may contain.
var secrets = []string{
	"Ada.Qx", "ada.qx", "example.org", "ID-4711", "Adaqx", "Lovelaceqx", "$2a$", "hashqx", "Enginesqx",
	"stampqx", "privateqx", "cHJpdmF0ZXF4",
}

// newUser is transfertest.Ada with its key set.
func newUser() signup.User {
	u := transfertest.Ada()
	u.SetKey(u.Key(), u.KeyRule())
	return u
}

// document is newUser as the store writes it.
const document = "{" + transfertest.AdaMembers + `,"write_token":"T"}`

// The responses of Elasticsearch 8.19.7.

func respond(status int, body string) step {
	return func(w http.ResponseWriter, _ *http.Request, _ []string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// done is the response to a write that was made, as number seqNo.
func done(status int, result string, seqNo int) step {
	return func(w http.ResponseWriter, r *http.Request, writes []string) {
		respond(status, doneBodyOf(path.Base(r.URL.Path), result, seqNo))(w, r, writes)
	}
}

// doneBody is the body of the response to a write of newUser.
func doneBody(result string, seqNo int) string {
	return doneBodyOf(newUserID, result, seqNo)
}

// doneBodyOf is doneBody for the document with this id.
func doneBodyOf(id, result string, seqNo int) string {
	return fmt.Sprintf(`{"_index":"users-000001","_id":%q,"_version":1,"result":%q,`+
		`"_shards":{"total":1,"successful":1,"failed":0},"_seq_no":%d,"_primary_term":1}`, id, result, seqNo)
}

var (
	created = done(http.StatusCreated, "created", 0)
	updated = done(http.StatusOK, "updated", 1)
	deleted = done(http.StatusOK, "deleted", 1)

	// nothing is the response to a GET if there is no such document.
	nothing = nothingIn("users-000001")
	// absent is the response to a DELETE if there is no such document.
	absent   = done(http.StatusNotFound, "not_found", 7)
	conflict = failed(http.StatusConflict, "version_conflict_engine_exception")
	noIndex  = failed(http.StatusNotFound, "index_not_found_exception")
	down     = failed(http.StatusServiceUnavailable, "no_shard_available_action_exception")
)

// nothingIn is the response to a GET if there is no such document in this index.
func nothingIn(index string) step {
	return respond(http.StatusNotFound, fmt.Sprintf(`{"_index":%q,"_id":"x","found":false}`, index))
}

func failed(status int, kind string) step { return respond(status, failedBody(status, kind)) }

func failedBody(status int, kind string) string {
	return fmt.Sprintf(`{"error":{"root_cause":[{"type":%q,"reason":"because"}],"type":%q,"reason":"because"},"status":%d}`,
		kind, kind, status)
}

// page is a response of a proxy.
func page(status int) step {
	return func(w http.ResponseWriter, _ *http.Request, _ []string) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><body><h1>Oops</h1></body></html>")
	}
}

// truncated is a response that is shorter than its Content-Length.
func truncated(status int, body string) step {
	return func(w http.ResponseWriter, _ *http.Request, _ []string) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+1))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangUp closes the connection without a response.
func hangUp(http.ResponseWriter, *http.Request, []string) { panic(http.ErrAbortHandler) }

// endless is a response that ends only when the client closes the connection.
func endless(status int) step {
	return func(w http.ResponseWriter, _ *http.Request, _ []string) {
		w.WriteHeader(status)
		for chunk := []byte(strings.Repeat(" ", 1<<16)); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
}

// foundSource is the response to a GET with this document, which has the number
// seqNo.
func foundSource(seqNo int, source string) step {
	return respond(http.StatusOK, docBody(seqNo, source))
}

func docBody(seqNo int, source string) string {
	return fmt.Sprintf(`{"_index":"users-000001","_id":"x","_version":1,"_seq_no":%d,"_primary_term":1,"found":true,"_source":%s}`,
		seqNo, source)
}

// foundLast is the response to a GET with the document that was sent last. It has the
// number seqNo.
func foundLast(seqNo int) step { return foundExcept(seqNo, nil) }

// foundFirst is the response to a GET with the document that was sent first. It has
// the number 0.
func foundFirst(w http.ResponseWriter, r *http.Request, writes []string) {
	foundLast(0)(w, r, writes[:1])
}

// foundExcept is the response to a GET with the document that was sent last, except
// that these fields have other values.
func foundExcept(seqNo int, fields map[string]any) step {
	return func(w http.ResponseWriter, r *http.Request, writes []string) {
		foundSource(seqNo, changedDocument(writes[len(writes)-1], fields))(w, r, writes)
	}
}

// changedDocument returns a document in JSON with other values of these fields.
func changedDocument(source string, fields map[string]any) string {
	if fields == nil {
		return source
	}
	var doc map[string]any
	mustUnmarshal(source, &doc)
	maps.Copy(doc, fields)
	return marshal(doc)
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func mustUnmarshal(text string, v any) {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		panic(err)
	}
}

var (
	// foundChanged is the response with the user as another process has changed it.
	foundChanged = foundExcept(5, map[string]any{"write_token": "another", "first_name": "Augusta"})
	// foundAnother is the response with another user that has the address now.
	foundAnother = foundExcept(6, map[string]any{"write_token": "another", "id": "ID-1"})
)
