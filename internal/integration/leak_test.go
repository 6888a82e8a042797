package integration

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"iter"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/leaktest"
)

// ofNobody looks like a hash of bcrypt's, so that internal/testrun finds it.
const ofNobody = "$2a$12$ofnobodyofnobodyofnobodyofnobodyofnobodyofnobodyofno."

// With OpenTelemetry and debug logs turned on everywhere, neither addresses nor
// passwords nor hashes nor tokens nor device cookies get into spans, logs, URLs,
// headers and errors, whatever goes wrong.
func TestNothingLeaks(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			l := newLeaky(t)
			transport, err := s.transport()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(transport.CloseIdleConnections)
			working := elasticsearch.Config{Addresses: []string{s.URL}, Username: s.Username, Password: s.Password, Transport: transport}
			client := l.client(working)

			store := esstore.New(client, &esstore.Options{Alias: indexName(t), Logger: l.logger()})
			l.lives(store)
			l.changes(store)
			l.fails("wrong mapping", client, l.wronglyMapped(s))
			l.fails("no index", client, indexName(t))
			for _, status := range []int{http.StatusOK, http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests, http.StatusBadGateway} {
				l.fails(fmt.Sprintf("a proxy's page, %d", status), l.client(at(quoting(t, status))), "users")
			}
			l.fails("connections that are reset", l.client(at("http://"+resetting(t))), "users")
			l.fails("a server that is down", l.client(at("http://"+down(t))), "users")
			l.search()
		})
	}
}

// A leaky is an application, with the secrets that it is given, and all that it
// writes.
type leaky struct {
	*testing.T
	*recording
	text    bytes.Buffer
	secrets []string
}

func newLeaky(t *testing.T) *leaky {
	l := &leaky{T: t}
	l.recording = newRecording(io.MultiWriter(&l.text, recordFile()))
	return l
}

func (l *leaky) client(cfg elasticsearch.Config) *elasticsearch.Client {
	c, err := elasticsearch.NewClient(l.instrumented(cfg))
	if err != nil {
		l.Fatal(err)
	}
	return c
}

func at(url string) elasticsearch.Config { return elasticsearch.Config{Addresses: []string{url}} }

// someone returns an address and a password that were never used before.
func (l *leaky) someone() (address, password string) {
	address, password = "Leaky+"+rand.Text()+"@Bücher.Example", "correct horse, passé "+rand.Text()
	key, err := signup.CanonicalEmail(address)
	if err != nil {
		l.Fatalf("CanonicalEmail returned %v, want nil", err)
	}
	l.secrets = append(l.secrets, address, key, password)
	return address, password
}

// met records err, if there is one, as an application would write it.
func (l *leaky) met(what string, err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		l.record("error of %s: %T %v %+v %q", what, err, err, err, err)
	}
}

func (l *leaky) want(what string, err, want error) {
	l.Helper()
	l.met(what, err)
	if !errors.Is(err, want) {
		l.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// signUp sends a registration to the handler, and wants one of the statuses.
func (l *leaky) signUp(a *signup.Accounts, address, password string, want ...int) {
	l.Helper()
	body, err := json.Marshal(map[string]string{"email_address": address, "password": password})
	if err != nil {
		l.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "/v1/users/new", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	res := httptest.NewRecorder()
	signup.NewHandler(a, &signup.HandlerOptions{Logger: l.logger()}).ServeHTTP(res, req)
	if !slices.Contains(want, res.Code) {
		l.Errorf("sign-up: got status %d, want one of %v: %s", res.Code, want, res.Body)
	}
}

// lives does with store what an application does, right or wrong.
func (l *leaky) lives(store *esstore.Store) {
	ctx := l.Context()
	if err := store.Setup(ctx); err != nil {
		l.Fatalf("Setup returned %v, want nil", err)
	}
	for _, hasher := range []signup.Hasher{signup.Bcrypt{Cost: 4}, signup.Argon2id{Memory: 64, Time: 1}} {
		a := &signup.Accounts{Store: store, Hasher: hasher}
		address, password := l.someone()
		l.signUp(a, address, password, http.StatusOK)
		l.signUp(a, address, password, http.StatusConflict)
		l.signUp(a, address, "test", http.StatusBadRequest)
		invalid := "@" + address
		l.secrets = append(l.secrets, invalid)
		l.signUp(a, invalid, password, http.StatusBadRequest)
		_, err := a.Register(ctx, signup.Registration{Email: invalid, Password: password})
		l.want("wrong registration", err, signup.ErrInvalid)

		u, err := a.Authenticate(ctx, address, password)
		l.want("log-in", err, nil)
		_, err = a.Authenticate(ctx, address, password+"!")
		l.want("wrong password", err, signup.ErrBadCredentials)
		_, err = a.Authenticate(ctx, invalid, password)
		l.want("wrong address", err, signup.ErrBadCredentials)
		l.secrets = append(l.secrets, string([]byte(u.PasswordHash)))
		l.logger().Debug("logged in", "user", u, "hash", u.PasswordHash)

		l.operates(store, u)
		u, err = store.Get(ctx, u.Key())
		l.want("get", err, nil)

		old := u
		u.FirstName = "Ada"
		l.want("update", store.Update(ctx, &u), nil)
		l.want("update, outdated", store.Update(ctx, &old), signup.ErrConflict)
		l.want("delete, outdated", store.Delete(ctx, old), signup.ErrConflict)
		l.want("delete", store.Delete(ctx, u), nil)
		l.want("delete, again", store.Delete(ctx, u), signup.ErrNotFound)
		_, err = store.Get(ctx, u.Key())
		l.want("get", err, signup.ErrNotFound)
	}
}

// operates does what an operator does where u is.
func (l *leaky) operates(store *esstore.Store, u signup.User) {
	ctx := l.Context()
	address, password := l.someone()
	other := signup.User{ID: rand.Text(), Email: address, FirstName: "Leaky", PasswordHash: signup.Hash("$2a$04$" + (rand.Text() + rand.Text() + rand.Text())[:52] + ".")}
	l.secrets = append(l.secrets, string([]byte(other.PasswordHash)), password)
	again := other
	again.ID = rand.Text()
	sum, err := store.Import(ctx, sequence(other, again, signup.User{}), &esstore.ImportOptions{
		Result: func(r esstore.ImportResult) { l.met("import of a user", r.Err) },
	})
	l.want("import", err, nil)
	l.logger().Debug("imported", "sum", sum)
	l.want("refresh", store.Refresh(ctx), nil)
	for _, q := range []esstore.Query{{Query: signup.Query{EmailPrefix: u.Email}}, {Query: signup.Query{EmailPrefix: other.Email[:20]}, NameWords: "leaky"}, {Query: signup.Query{NamePrefix: "leak"}, PageSize: 1}} {
		n := 0
		for found, err := range store.SearchText(ctx, q) {
			l.want("search", err, nil)
			l.logger().Debug("found", "user", found)
			n++
		}
		if n != 1 {
			l.Errorf("Search yielded %d users, want 1", n)
		}
	}
	var text bytes.Buffer // which has what it is to have
	_, err = store.Export(ctx, &text, &esstore.ExportOptions{Hashes: true})
	l.want("export", err, nil)
	for imported, err := range esstore.ReadExport(&text) {
		l.want("reading the export", err, nil)
		l.logger().Debug("read", "user", imported)
	}
	_, err = store.Export(ctx, failing{}, nil)
	l.want("export to nowhere", err, errNowhere)
	for _, err := range esstore.ReadExport(strings.NewReader(`{"email_address": "` + address + `", "password": "` + password + `", "x": 1}`)) {
		l.want("reading of what isn't an export", err, signup.ErrInvalid)
	}
	l.check(store)
	l.want("reindex", store.Reindex(ctx), nil)
	other, err = store.Get(ctx, other.Key())
	l.want("get after it", err, nil)
	l.want("delete after it", store.Delete(ctx, other), nil)
}

// check records what Check finds.
func (l *leaky) check(store *esstore.Store) {
	findings, err := store.Check(l.Context())
	l.met("check", err)
	l.record("findings: %+v", findings)
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

// unchecked is a transport of a user that may not read the index, so that a Store sends
// its first write without a look at it.
type unchecked struct {
	esapi.Transport
	index string
}

func (u unchecked) Perform(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet && r.URL.Path == "/"+u.index {
		body := strings.NewReader(`{"error":{"type":"security_exception"},"status":403}`)
		return &http.Response{StatusCode: http.StatusForbidden, Body: io.NopCloser(body)}, nil
	}
	return u.Transport.Perform(r)
}

type failing struct{}

var errNowhere = errors.New("nowhere to write to")

func (failing) Write([]byte) (int, error) { return 0, errNowhere }

// fails does the same where nothing works.
func (l *leaky) fails(why string, client *elasticsearch.Client, index string) {
	l.Helper()
	store := esstore.New(unchecked{client, index}, &esstore.Options{Alias: index})
	a := &signup.Accounts{Store: store, Hasher: signup.Bcrypt{Cost: 4}}
	address, password := l.someone()
	hash, err := a.Hasher.Hash(password)
	if err != nil {
		l.Fatalf("Hash returned %v, want nil", err)
	}
	l.secrets = append(l.secrets, string([]byte(hash)))
	u := signup.User{ID: rand.Text(), Email: address, PasswordHash: hash}
	// A Version that could be stored there, or nothing would be sent.
	if err := esstore.New(made(index), &esstore.Options{Alias: index}).Create(l.Context(), &u); err != nil {
		l.Fatalf("Create returned %v, want nil", err)
	}

	l.signUp(a, address, password, http.StatusInternalServerError, http.StatusServiceUnavailable)
	done, cancel := context.WithCancel(l.Context())
	cancel()
	before := l.text.String()
	defer func() {
		for _, method := range []string{"PUT", "DELETE", "GET"} {
			if !strings.Contains("\n"+strings.TrimPrefix(l.text.String(), before), "\nrequest: "+method) {
				l.Errorf("%s: got no %s request, want at least one", why, method)
			}
		}
	}()
	calls := map[string]func(context.Context) error{
		"create": func(ctx context.Context) error { return store.Create(ctx, &u) },
		"update": func(ctx context.Context) error { return store.Update(ctx, &u) },
		"delete": func(ctx context.Context) error { return store.Delete(ctx, u) },
		"register": func(ctx context.Context) error {
			_, err := a.Register(ctx, signup.Registration{Email: address, Password: password})
			return err
		},
		"log-in": func(ctx context.Context) error { _, err := a.Authenticate(ctx, address, password); return err },
		"refresh": func(ctx context.Context) error {
			if why == "wrong mapping" {
				return cmp.Or(ctx.Err(), errNowhere)
			}
			return store.Refresh(ctx)
		},
		"search": func(ctx context.Context) (err error) {
			for _, err = range store.Search(ctx, signup.Query{EmailPrefix: address}) {
			}
			return err
		},
		"export": func(ctx context.Context) error { _, err := store.Export(short(l.T, ctx), io.Discard, nil); return err },
		"import": func(ctx context.Context) error {
			_, err := store.Import(short(l.T, ctx), sequence(u), &esstore.ImportOptions{
				Result: func(r esstore.ImportResult) { l.met(why+": import of a user", r.Err) },
			})
			return err
		},
	}
	maps.Copy(calls, l.failingChanges(store, address, password))
	for what, call := range calls {
		err := call(l.Context())
		l.met(why+": "+what, err)
		if err == nil {
			l.Errorf("%s: %s returned nil, want an error", why, what)
		}
		l.want(why+": "+what+", cancelled", call(done), context.Canceled)
	}
	l.check(store)
}

// short limits the time of calls that retry.
func short(t *testing.T, ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// made is a transport whose response says that a document was made in the alias.
type made string

func (alias made) Perform(r *http.Request) (*http.Response, error) {
	body := fmt.Sprintf(`{"_index": "%s-000001", "_id": %q, "_seq_no": 0, "_primary_term": 1, "result": "created"}`, string(alias), path.Base(r.URL.Path))
	return &http.Response{StatusCode: http.StatusCreated, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// wronglyMapped returns an index that takes no user. Its error responses have the hash
// that it couldn't take.
func (l *leaky) wronglyMapped(s *server) string {
	index, client := indexName(l.T), s.client(l.T)
	status, body := request(l.T, client, "PUT", "/"+index+"-000001",
		`{"mappings": {"properties": {"password": {"type": "integer"}}}, "aliases": {"`+index+`": {}}}`)
	if status != http.StatusOK {
		l.Fatalf("creating the index: got status %d, want 200: %s", status, body)
	}
	const hash = ofNobody
	status, body = request(l.T, client, "PUT", "/"+index+"/_doc/1", `{"password": "`+hash+`"}`)
	if status != http.StatusBadRequest || !strings.Contains(body, hash) {
		l.Errorf("storing a hash: got status %d, want 400 and the hash in the body: %s", status, body)
	}
	return index
}

// quoting returns the URL of a proxy whose response is a page with the request on it.
func quoting(t *testing.T, status int) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("X-Elastic-Product", "Elasticsearch") // or the client would look no further
		w.Header().Set("X-Request", html.EscapeString(string(body)))
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<html><h1>%d</h1><pre>%s %s %s</pre>", status, r.Method, r.URL, html.EscapeString(string(body)))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// resetting returns the address of a server that reads what comes and resets the
// connection.
func resetting(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1<<16))
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

// down returns an address at which no process listens.
func down(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	return listener.Addr().String()
}

// search wants none of the secrets in what was recorded, and that it was.
func (l *leaky) search() {
	text := l.text.String()
	for _, secret := range leaktest.Find(text, l.secrets) {
		l.Errorf("got %q in what was written, want no secret", secret)
	}
	lines := func(part string) int { return strings.Count("\n"+text, "\n"+part) }
	spans, logs, requests, rounds := lines("span: "), lines(`{"time":`), lines("request: "), lines(`{"@timestamp":`)
	if min(spans, logs, requests, rounds) == 0 {
		l.Errorf("got %d spans, %d records of slog, %d requests and %d of the client's own records, want some of each", spans, logs, requests, rounds)
	}
	l.Attr("written", fmt.Sprintf("%d spans, %d records of slog, %d of the client, %d requests: none of %d secrets", spans, logs, rounds, requests, len(l.secrets)))

	// Finding nothing proves little unless a planted secret is found.
	leaktest.Plant(l.T)
	for _, k := range leaktest.Kinds {
		l.logger().Debug(leaktest.Planted+k.Name, "secret", []byte(k.Sample))
	}
}
