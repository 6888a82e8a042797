package esstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/transfertest"
)

// export returns what a store exports that has the users.
func export(t *testing.T, opts *esstore.ExportOptions, users ...signup.User) string {
	t.Helper()
	store := esstore.New(newElastic(), nil)
	if _, err := store.Import(t.Context(), sequence(users...), nil); err != nil {
		t.Fatalf("got error %v from Import, want none", err)
	}
	var out bytes.Buffer
	n, err := store.Export(t.Context(), &out, opts)
	if err != nil || n != int64(len(users)) {
		t.Fatalf("got %d exported users, error %v, want all users and no error", n, err)
	}
	return out.String()
}

func TestExport(t *testing.T) {
	if got := export(t, &esstore.ExportOptions{Hashes: true}, newUser()); got != transfertest.AdaLine {
		t.Errorf("got %d bytes, want the %d of the expected lines", len(got), len(transfertest.AdaLine))
	}
	without := strings.NewReplacer(`"password":"$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy",`, "", `,"security_stamp":"stampqx","private":"cHJpdmF0ZXF4AP8="`, "").Replace(transfertest.AdaLine)
	for _, opts := range []*esstore.ExportOptions{nil, {}} {
		if got := export(t, opts, newUser()); got != without {
			t.Errorf("got %d bytes, want the %d of the expected lines", len(got), len(without))
		}
	}
	if got := export(t, nil); got != "" {
		t.Errorf("got %d bytes for no users, want none", len(got))
	}
}

// What is sent: first a refresh, then pages of one point in time, which is given
// back. A hash that isn't wanted isn't fetched.
func TestExportRequests(t *testing.T) {
	pit := respond(http.StatusOK, `{"id":"P"}`)
	closed := respond(http.StatusOK, `{"succeeded":true,"num_freed":1}`)
	for opts, hidden := range map[esstore.ExportOptions]string{
		{}:             `["write_token","password","security_stamp","private"]`,
		{Hashes: true}: `["write_token"]`,
	} {
		f := newFake(t, respond(http.StatusOK, `{"_shards":{"total":1,"successful":1,"failed":0}}`), setUp, pit, respond(http.StatusOK, `{"pit_id":"P2","hits":{"hits":[]}}`), closed)
		n, err := f.store().Export(t.Context(), io.Discard, &opts)
		if n != 0 || err != nil {
			t.Fatalf("got %d exported users, error %v, want all users and no error", n, err)
		}
		var uris []string
		for _, c := range f.calls {
			uris = append(uris, c.method+" "+c.path)
		}
		if want := []string{"POST /users/_refresh", "GET " + lookPath, "POST /users/_pit", "POST /_search", "DELETE /_pit"}; !reflect.DeepEqual(uris, want) {
			t.Errorf("got requests %s, want others", uris)
		}
		var query map[string]any
		mustUnmarshal(f.calls[3].body, &query)
		source, sort := marshal(query["_source"]), marshal(query["sort"])
		what := marshal(query["query"])
		if source != `{"excludes":`+hidden+`}` || sort != `[{"key":"asc"}]` || what != `{"bool":{"must_not":{"term":{"placeholder":true}}}}` {
			t.Errorf("got the query %s with _source %s and sort %s, want another", what, source, sort)
		}
	}
}

// unmarked is the index as Setup makes it.
var unmarked = `{"aliases":{"users":{},"users-000001.own":{}},"mappings":` + ours + `,"settings":{}}`

// An export is complete only if the index behind the alias is the Store's, and if all of it
// is found.
func TestExportOfNothing(t *testing.T) {
	for _, test := range []struct {
		name string
		look step
		want string // in the error; "" if there is none
	}{
		{"no user", setUp, ""},
		{"not allowed to look", denied, ""},
		{"an index in the alias's place", mapped(map[string]string{"users": `{}`}), "users is an index, but must be an alias"},
		{"another's index", mapped(map[string]string{"people": `{}`}), "not made by this package"},
		{"no index", empty, "index_not_found_exception"},
		{"a filter", indices(map[string]string{"users-000001": strings.Replace(unmarked, `"users":{}`, `"users":{"filter":{"term":{"is_active":true}}}`, 1)}), "the alias users of the index users-000001 has a filter or routing"},
		{"routing", indices(map[string]string{"users-000001": strings.Replace(unmarked, `"users":{}`, `"users":{"search_routing":"1"}`, 1)}), "has a filter or routing"},
		{"routing of writes", indices(map[string]string{"users-000001": strings.Replace(unmarked, `"users":{}`, `"users":{"index_routing":"1"}`, 1)}), ""},
		{"short values", indices(map[string]string{"users-000001": shortened()}), "index.mapping.ignore_above"},
	} {
		f := newFake(t, respond(http.StatusOK, `{"_shards":{"total":1,"successful":1,"failed":0}}`), test.look)
		if test.want == "" {
			f.then(respond(http.StatusOK, `{"id":"P"}`), respond(http.StatusOK, `{"pit_id":"P2","hits":{"hits":[]}}`), respond(http.StatusOK, `{"succeeded":true}`))
		}
		n, err := f.store().Export(t.Context(), io.Discard, nil)
		if n != 0 || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %d, error %v, want 0, %q", test.name, n, err, test.want)
		}
	}
}

// Many pages are one export, in order, each user once.
func TestExportPages(t *testing.T) {
	e := newElastic()
	store := esstore.New(e, nil)
	for _, users := range []int{1, 999, 1000, 1001, 2100} {
		if _, err := store.Import(t.Context(), numbers(users), nil); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		n, err := store.Export(t.Context(), &out, nil)
		if err != nil || n != int64(users) {
			t.Fatalf("got %d of %d users exported, error %v, want all", n, users, err)
		}
		i := 0
		for u, err := range esstore.ReadExport(&out) {
			if want := numbered(i); err != nil || !u.Equal(want) || u.Key() != want.Key() || u.KeyRule() != want.KeyRule() {
				t.Fatalf("got another user %d, error %v, want the one that was exported", i, err)
			}
			i++
		}
		if i != users {
			t.Errorf("got %d of %d users from ReadExport, want all", i, users)
		}
	}
}

// If a point in time is lost, or a failure is transient, no user is left out or
// exported twice.
func TestExportInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		if _, err := esstore.New(e, nil).Import(t.Context(), numbers(5001), nil); err != nil {
			t.Fatal(err)
		}
		trouble := []*http.Response{
			response(http.StatusNotFound, failedBody(404, "search_context_missing_exception")),
			response(http.StatusServiceUnavailable, failedBody(503, "search_phase_execution_exception")),
			response(http.StatusTooManyRequests, failedBody(429, "es_rejected_execution_exception")),
			response(http.StatusBadGateway, "<html>"),
			nil,
		}
		searches := 0
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/_search" {
				if searches++; searches%2 == 0 && len(trouble) > 0 {
					res := trouble[0]
					trouble = trouble[1:]
					if res == nil {
						return nil, errors.New("no connection")
					}
					return res, nil
				}
			}
			return e.Perform(r)
		}), nil)
		var out bytes.Buffer
		n, err := store.Export(t.Context(), &out, nil)
		if err != nil || n != 5001 || len(trouble) > 0 {
			t.Fatalf("got %d exported users, %d failures left, error %v, want all users and none", n, len(trouble), err)
		}
		i := 0
		for u, err := range esstore.ReadExport(&out) {
			if err != nil || !u.Equal(numbered(i)) {
				t.Fatalf("got another user %d, error %v, want the one that was exported", i, err)
			}
			i++
		}
	})
}

// The error that ends an export is returned, also after two minutes in which nothing came, and
// no error quotes what was read.
func TestExportFails(t *testing.T) {
	e := newElastic()
	if _, err := esstore.New(e, nil).Import(t.Context(), numbers(2500), nil); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	good := func(r *http.Request) *http.Response { return nil }
	searching := func(res func() *http.Response) func(*http.Request) *http.Response {
		return func(r *http.Request) *http.Response {
			if r.URL.Path != "/_search" {
				return nil
			}
			return res()
		}
	}
	for _, c := range []struct {
		name    string
		w       io.Writer
		respond func(*http.Request) *http.Response // nil: the elastic's
		n       int64
		want    string
	}{
		{"the writer", &limitedWriter{room: 0, err: full}, good, 0, "esstore: export: no space left"},
		{"the writer, later", &limitedWriter{room: 300_000, err: full}, good, 1234, "esstore: export: no space left"},
		{"the writer writes less", &limitedWriter{room: 10}, good, 0, "esstore: export: short write"},
		{"no refresh", io.Discard, func(*http.Request) *http.Response {
			return response(http.StatusForbidden, failedBody(403, "security_exception"))
		}, 0, `esstore: export: status 403, security_exception: "because"`},
		{"a search refused", io.Discard, searching(func() *http.Response {
			return response(http.StatusForbidden, failedBody(403, "security_exception"))
		}), 0, "esstore: export: status 403, security_exception"},
		{"busy", io.Discard, searching(func() *http.Response {
			return response(http.StatusTooManyRequests, failedBody(429, "es_rejected_execution_exception"))
		}), 0, "esstore: export: status 429, es_rejected_execution_exception"},
		{"the document of another user", io.Discard, searching(func() *http.Response {
			return response(http.StatusOK, `{"pit_id":"P","hits":{"hits":[{"_id":"ID-4711","_source":`+document+`,"sort":["a",0]}]}}`)
		}), 0, "esstore: export: status 200, the response has a document that is not a user"},
		{"no document", io.Discard, searching(func() *http.Response {
			return response(http.StatusOK, `{"pit_id":"P","hits":{"hits":[{"_id":"x","_source":{"created_at":"hashqx"},"sort":["a",0]}]}}`)
		}), 0, "esstore: export: status 200, the response has a document that is not a user"},
		{"a page", io.Discard, searching(func() *http.Response { return response(http.StatusOK, "<html>") }), 0,
			"esstore: export: status 200, the response is not Elasticsearch's"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
					if res := c.respond(r); res != nil {
						return res, nil
					}
					return e.Perform(r)
				}), nil)
				begin := time.Now()
				n, err := store.Export(t.Context(), c.w, nil)
				if c.name == "no refresh" { // the request has no user's data
					wantNoSecret(t, err, "because")
				} else {
					wantNoSecret(t, err)
				}
				if err == nil || err.Error() != c.want {
					t.Errorf("got error %v, want %s", err, c.want)
				}
				if l, ok := c.w.(*limitedWriter); ok && l.room > 100 {
					c.n = int64(strings.Count(l.String(), "\n"))
					if c.n < 1000 || !errors.Is(err, full) {
						t.Errorf("%d users: got error %v, want another", c.n, err)
					}
				}
				if n != c.n {
					t.Errorf("got %d users, want %d", n, c.n)
				}
				if took := time.Since(begin); took > 2*time.Minute+20*time.Second || c.name == "busy" && took < 2*time.Minute {
					t.Errorf("got %v until it returned, want two minutes, or less if it gives up at once", took)
				}
			})
		})
	}
}

// A limitedWriter takes so many bytes.
type limitedWriter struct {
	strings.Builder
	room int
	err  error
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	if n := w.room - w.Len(); n < len(p) {
		_, _ = w.Builder.Write(p[:n])
		return n, w.err
	}
	return w.Builder.Write(p)
}

func TestExportContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := newElastic()
	store := esstore.New(e, nil)
	if _, err := store.Import(t.Context(), numbers(2500), nil); err != nil {
		t.Fatal(err)
	}
	n, err := store.Export(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), nil)
	wantContextError(t, err, context.Canceled)
	if n != 1000 {
		t.Errorf("got %d users, want 1000", n)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// ReadExport returns users that Import stores or refuses as invalid, whatever it reads.
// Export writes them so that they are equal when they are read again.
func FuzzReadExport(f *testing.F) {
	transfertest.AddExports(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		for u, err := range esstore.ReadExport(bytes.NewReader(text)) {
			if err != nil {
				wantOutcome(t, err, "ErrInvalid")
				return
			}
			if u.ID == "" || u.Key() == "" {
				t.Fatal("got a user without ID or key, want both")
			}
			store := esstore.New(newElastic(), nil)
			sum, err := store.Import(t.Context(), sequence(u), nil)
			if err != nil || sum.Created+sum.Invalid != 1 {
				t.Fatalf("got summary %+v, error %v, want each user stored or ErrInvalid", sum, err)
			}
			var out bytes.Buffer
			n, err := store.Export(t.Context(), &out, &esstore.ExportOptions{Hashes: true})
			if err != nil || n != sum.Created {
				t.Fatalf("got %d of %d users exported, error %v, want all", n, sum.Created, err)
			}
			for again, err := range esstore.ReadExport(&out) {
				if err != nil || !again.Equal(u) || again.Key() != u.Key() || again.KeyRule() != u.KeyRule() {
					t.Fatalf("got another user when read again, error %v, want an equal one", err)
				}
			}
		}
	})
}
