package signup_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/memstore"
)

// A plainHasher costs nothing and hides nothing: a test can read from the
// stored hash which password came through.
type plainHasher struct{}

func (plainHasher) Hash(password string) (signup.Hash, error) {
	return signup.Hash("plain:" + password), nil
}

func (plainHasher) Verify(h signup.Hash, password string) bool {
	return string([]byte(h)) == "plain:"+password
}

func (plainHasher) NeedsRehash(h signup.Hash) bool { return !strings.HasPrefix(string(h), "plain:") }

func (plainHasher) Work() signup.Work { return signup.Work{Rounds: 1 << 12} }

// newPlainAccounts returns Accounts with declared fields, and the users that
// their Store was asked to create.
func newPlainAccounts() (*signup.Accounts, *[]signup.User) {
	created := new([]signup.User)
	store := memstore.New()
	return &signup.Accounts{
		Hasher: plainHasher{},
		Store: fakeStore{Store: store, create: func(ctx context.Context, u *signup.User) error {
			*created = append(*created, *u)
			return store.Create(ctx, u)
		}},
		Fields: []signup.ProfileField{
			{Name: "company"},
			{Name: "locale", Validate: func(_ context.Context, v string) error {
				if v == "en" {
					return nil
				}
				return signup.FieldError{Code: "unknown", Message: "No such language."}
			}},
		},
	}, created
}

// failing returns Accounts whose Store's Create is f.
func failing(f func(ctx context.Context, u *signup.User) error) *signup.Accounts {
	return &signup.Accounts{Hasher: plainHasher{}, Store: fakeStore{Store: memstore.New(), create: f}}
}

const (
	adaEmail = "Ada@Example.org"
	adaBody  = `{"email_address": "` + adaEmail + `", "password": "` + goodPassword + `"}`
)

// quiet is for handlers whose log the test doesn't look at.
var quiet = &signup.HandlerOptions{Logger: slog.New(slog.DiscardHandler)}

func signUp(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/users/new", body)
	r.Header.Set("Content-Type", "application/json")
	return r
}

func send(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func post(h http.Handler, body string) *http.Response {
	return send(h, signUp(strings.NewReader(body)))
}

func readAll(t testing.TB, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("reading the answer: %v", err)
	}
	_ = res.Body.Close()
	t.Log(res.StatusCode, res.Header, wiretest.Shown(text)) // to be searched for secrets
	return string(text)
}

// A wireAnswer has all members that an answer may have, in both forms.
type wireAnswer struct {
	Error   string              `json:"error"`
	Message string              `json:"message"`
	Success *bool               `json:"success"`
	Errors  []signup.FieldError `json:"errors"`

	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// checkAnswer checks all that holds for every answer that has a body.
func checkAnswer(t testing.TB, res *http.Response, status int, contentType string) wireAnswer {
	t.Helper()
	text := readAll(t, res)
	if res.StatusCode != status {
		t.Errorf("status %d, want %d; body %s", res.StatusCode, status, text)
	}
	for name, want := range map[string]string{
		"Content-Type":           contentType,
		"Content-Length":         strconv.Itoa(len(text)),
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := res.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	var a wireAnswer
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil || dec.More() {
		t.Fatalf("the body is %q: %v", text, err)
	}
	// What the body depends on, for caches.
	if vary := res.Header.Get("Vary"); (vary == "Accept") != (res.StatusCode >= 400) {
		t.Errorf("Vary is %q at status %d", vary, res.StatusCode)
	}
	return a
}

func checkPlain(t testing.TB, res *http.Response, status int) wireAnswer {
	t.Helper()
	a := checkAnswer(t, res, status, "application/json")
	if a.Message == "" || a.Success == nil || *a.Success != (status < 400) || a.Title != "" || a.Detail != "" || a.Status != 0 {
		t.Errorf("at status %d the body is %+v", status, a)
	}
	if len(a.Errors) > 0 && a.Errors[0].Message != a.Message {
		t.Errorf("the message is %q, the first error's %q", a.Message, a.Errors[0].Message)
	}
	return a
}

func checkProblem(t testing.TB, res *http.Response, status int) wireAnswer {
	t.Helper()
	a := checkAnswer(t, res, status, "application/problem+json")
	if a.Title != http.StatusText(status) || a.Status != status || a.Message != "" || a.Success != nil || a.Error != "" {
		t.Errorf("at status %d the problem is %+v", status, a)
	}
	if len(a.Errors) > 0 && a.Errors[0].Message != a.Detail {
		t.Errorf("the detail is %q, the first error's message %q", a.Detail, a.Errors[0].Message)
	}
	return a
}

// codes writes errors as "field: code, field: code".
func codes(fields []signup.FieldError) string {
	var all []string
	for _, f := range fields {
		all = append(all, f.Field+": "+f.Code)
	}
	return strings.Join(all, ", ")
}

// A logBuffer keeps what is logged, and can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// newLog returns a logger, and what it will have written; the test's output gets
// that as well, to be searched for secrets.
func newLog(t testing.TB) (*slog.Logger, *logBuffer) {
	b := new(logBuffer)
	t.Cleanup(func() { t.Log("logged:\n" + b.String()) })
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true})), b
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBuffer) records(t testing.TB) (records []map[string]any) {
	t.Helper()
	for line := range strings.Lines(b.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("the log has %q: %v", line, err)
		}
		records = append(records, record)
	}
	return records
}

// captureDefaultLog makes slog.Default write to the returned buffer until the
// test ends.
func captureDefaultLog(t testing.TB) *logBuffer {
	t.Helper()
	l, b := newLog(t)
	// SetDefault redirects package log as well, and doesn't undo that.
	old, out, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(l)
	t.Cleanup(func() {
		slog.SetDefault(old)
		log.SetOutput(out)
		log.SetFlags(flags)
	})
	return b
}

func TestHandlerRegisters(t *testing.T) {
	a, created := newPlainAccounts()
	h := signup.NewHandler(a, quiet)
	res := post(h, `{
		"email_address": "Ada@Example.org", "password": "`+goodPassword+`",
		"first_name": "Ada", "last_name": null, "company": "Analytical Engines", "locale": null,
		"id": "undeclared", "is_active": false, "PasswordHash": "undeclared", "password_hash": "undeclared",
		"profile": {"admin": "undeclared"}, "version": "undeclared", "admin": "undeclared", "": "undeclared",
		"created_at": "2001-01-01T00:00:00Z", "list": ["undeclared", {"company": "undeclared"}], "roles": null
	}`)
	if got := checkPlain(t, res, http.StatusOK); got.Message != "'Ada@Example.org' added successfully!" || got.Errors != nil || got.Error != "" {
		t.Errorf("the answer is %+v", got)
	}
	if len(*created) != 1 {
		t.Fatalf("created %d users", len(*created))
	}
	u := (*created)[0]
	if u.Email != "Ada@Example.org" || u.Key() != "ada@example.org" || u.FirstName != "Ada" || u.LastName != "" || !u.Active ||
		!reflect.DeepEqual(u.Profile, map[string]string{"company": "Analytical Engines"}) ||
		time.Since(u.CreatedAt) > time.Hour || string([]byte(u.PasswordHash)) != "plain:"+goodPassword {
		t.Errorf("created %#v, %v", u, u.Profile)
	}
	text, err := json.Marshal(u)
	if err != nil || strings.Contains(string(text)+string(u.Version), "undeclared") {
		t.Errorf("created %s, version %q, %v", text, u.Version, err)
	}

	for _, again := range []string{"Ada@Example.org", "ada@example.ORG"} {
		res := post(h, `{"email_address": "`+again+`", "password": "another good password"}`)
		if got := checkPlain(t, res, http.StatusConflict); got.Message != "'"+again+"' already exists." || got.Errors != nil || got.Error != "" {
			t.Errorf("the answer to a duplicate is %+v", got)
		}
	}
	if stored, err := a.Store.Get(t.Context(), u.Key()); err != nil || stored.ID != u.ID || !stored.Equal(u) {
		t.Errorf("after duplicates the stored user is %v, %v", stored, err)
	}
}

func TestHandlerMethods(t *testing.T) {
	a, created := newPlainAccounts()
	h := signup.NewHandler(a, quiet)
	methods := []string{
		http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace,
		http.MethodConnect, "QUERY", "PROPFIND", "BREW", "post", "Options",
	}
	for _, method := range methods {
		t.Run(method, func(t *testing.T) {
			r := signUp(strings.NewReader(adaBody))
			r.Method = method
			res := send(h, r)
			if allow := res.Header.Get("Allow"); allow != "OPTIONS, POST" {
				t.Errorf("Allow is %q", allow)
			}
			if got := checkPlain(t, res, http.StatusMethodNotAllowed); got.Error != "405: Method Not Allowed" {
				t.Errorf("the answer is %+v", got)
			}
		})
	}
	t.Run("OPTIONS", func(t *testing.T) {
		r := signUp(strings.NewReader(adaBody))
		r.Method = http.MethodOptions
		res := send(h, r)
		if text := readAll(t, res); res.StatusCode != http.StatusNoContent || text != "" || res.Header.Get("Allow") != "OPTIONS, POST" {
			t.Errorf("status %d, Allow %q, body %q", res.StatusCode, res.Header.Get("Allow"), text)
		}
	})
	if len(*created) > 0 {
		t.Errorf("created %v", *created)
	}

	t.Run("HEAD has no body", func(t *testing.T) {
		conn := dial(t, h)
		_, _ = io.WriteString(conn, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(conn)
		head, rest, ok := strings.Cut(string(text), "\r\n\r\n")
		if err != nil || !ok || rest != "" || !strings.HasPrefix(head, "HTTP/1.1 405 ") || !strings.Contains(head, "Allow: OPTIONS, POST\r\n") {
			t.Errorf("%v: %q", err, text)
		}
	})
}

// dial starts a server of h and connects to it, with a deadline, so that a
// mistake fails the test instead of hanging it.
func dial(t *testing.T, h http.Handler) *net.TCPConn {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

func TestHandlerContentType(t *testing.T) {
	for _, c := range []struct {
		contentType []string
		want        int
	}{
		{[]string{"application/json"}, 200},
		{[]string{"application/json; charset=utf-8"}, 200},
		{[]string{"application/json;charset=UTF-8;x=\"a;b\""}, 200},
		{[]string{"Application/JSON"}, 200},
		{[]string{" application/json "}, 200},
		{[]string{"application/json;"}, 200},
		{[]string{"application/json; charset"}, 200}, // a broken parameter doesn't change the type
		{nil, 400},
		{[]string{""}, 400},
		{[]string{"text/plain"}, 400},
		{[]string{"text/json"}, 400},
		{[]string{"application/x-www-form-urlencoded"}, 400},
		{[]string{"multipart/form-data; boundary=x"}, 400},
		{[]string{"application/jsonx"}, 400},
		{[]string{"application/json-seq"}, 400},
		{[]string{"application/vnd.api+json"}, 400},
		{[]string{"application/problem+json"}, 400},
		{[]string{"application"}, 400},
		{[]string{"application/"}, 400},
		{[]string{"application/json, text/plain"}, 400},
		{[]string{"text/plain; x=application/json"}, 400},
		{[]string{"*/*"}, 400},
		{[]string{"\x00"}, 400},
		{[]string{"text/plain", "application/json"}, 400},
	} {
		t.Run(fmt.Sprintf("%q", c.contentType), func(t *testing.T) {
			a, created := newPlainAccounts()
			r := signUp(strings.NewReader(adaBody))
			r.Header["Content-Type"] = c.contentType
			got := checkPlain(t, send(signup.NewHandler(a, quiet), r), c.want)
			if c.want != 200 && got.Message != "Content-Type: 'application/json' required" || len(*created) != (400-c.want)/200 {
				t.Errorf("the answer is %+v; created %v", got, *created)
			}
		})
	}
}

func TestHandlerBodyLimit(t *testing.T) {
	// sized returns a valid request of exactly so many bytes.
	sized := func(n int) string {
		head, tail := strings.TrimSuffix(adaBody, "}")+`, "undeclared": "`, `"}`
		return head + strings.Repeat("x", n-len(head)-len(tail)) + tail
	}
	for _, c := range []struct {
		name  string
		limit int64 // as configured
		size  int
		want  int
	}{
		{"default, at the limit", 0, 64 << 10, 200},
		{"default, over it", 0, 64<<10 + 1, 413},
		{"lower, at the limit", 200, 200, 200},
		{"lower, over it", 200, 201, 413},
		{"higher, at the limit", 200_000, 200_000, 200},
		{"higher, over it", 200_000, 200_001, 413},
	} {
		for _, chunked := range []bool{false, true} {
			// Another ResponseWriter in between keeps MaxBytesReader from
			// telling the server to close the connection.
			for _, wrapped := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, chunked %t, wrapped %t", c.name, chunked, wrapped), func(t *testing.T) {
					t.Parallel() // a server takes its time to close a connection
					a := &signup.Accounts{Store: memstore.New(), Hasher: plainHasher{}}
					h := signup.NewHandler(a, &signup.HandlerOptions{MaxBodyBytes: c.limit, Logger: quiet.Logger})
					if wrapped {
						h = signup.JSONErrors(h, nil)
					}
					server := httptest.NewServer(h)
					defer server.Close()
					body := io.Reader(strings.NewReader(sized(c.size)))
					if chunked {
						body = struct{ io.Reader }{body} // of a length that the client can't know
					}
					res, err := server.Client().Post(server.URL, "application/json", body)
					if err != nil {
						t.Fatal(err)
					}
					got := checkPlain(t, res, c.want)
					_, err = a.Store.Get(t.Context(), "ada@example.org")
					if c.want == 200 {
						if err != nil {
							t.Error(err)
						}
						return
					}
					limit := strconv.FormatInt(cmp.Or(c.limit, 64<<10), 10)
					if !strings.Contains(got.Message, limit+" bytes") || got.Error != "413: Request Entity Too Large" {
						t.Errorf("the answer is %+v", got)
					}
					if !res.Close {
						t.Error("the connection stays open, so that the server reads on")
					}
					if !errors.Is(err, signup.ErrNotFound) {
						t.Errorf("the user was stored; %v", err)
					}
				})
			}
		}
	}

	// Who announces too much is refused before sending it.
	t.Run("announced only", func(t *testing.T) {
		conn := dial(t, signup.NewHandler(newAccounts(), quiet))
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 65537\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		checkPlain(t, res, http.StatusRequestEntityTooLarge)
	})
}

func TestHandlerBodyCutOff(t *testing.T) {
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(adaBody), adaBody)
	for name, rest := range map[string]string{
		"with a length":           fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(adaBody)+1, adaBody),
		"in the middle":           fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(adaBody), adaBody[:20]),
		"before the last chunk":   "Transfer-Encoding: chunked\r\n\r\n" + chunk,
		"in a chunk":              "Transfer-Encoding: chunked\r\n\r\n" + chunk[:30],
		"with a chunk of no size": "Transfer-Encoding: chunked\r\n\r\n" + chunk + "zz\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccounts()
			conn := dial(t, signup.NewHandler(a, quiet))
			_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+rest)
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := checkPlain(t, res, http.StatusBadRequest); got.Message != "The request's body could not be read to its end." {
				t.Errorf("the answer is %+v", got)
			}
			if u, err := a.Store.Get(t.Context(), "ada@example.org"); !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("stored %v, %v", u, err)
			}
		})
	}
}

func TestHandlerBusy(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want string
	}{
		{0, "2"}, {1, "1"}, {time.Second, "1"}, {1001 * time.Millisecond, "2"}, {time.Hour, "3600"},
	} {
		a := failing(func(context.Context, *signup.User) error { return fmt.Errorf("inner text: %w", signup.ErrBusy) })
		a.HashLimits.MaxWait = c.wait
		for _, problem := range []bool{false, true} {
			r := signUp(strings.NewReader(adaBody))
			check := checkPlain
			if problem {
				r.Header.Set("Accept", "application/problem+json")
				check = checkProblem
			}
			res := send(signup.NewHandler(a, quiet), r)
			got := check(t, res, http.StatusServiceUnavailable)
			if after := res.Header.Get("Retry-After"); after != c.want {
				t.Errorf("with MaxWait %s, Retry-After is %q, want %q", c.wait, after, c.want)
			}
			if !problem && got.Error != "503: Service Unavailable" || strings.Contains(fmt.Sprint(got), "inner text") {
				t.Errorf("the answer is %+v", got)
			}
		}
	}
}

type blockingHasher struct {
	plainHasher
	begun, end chan struct{}
}

func (b blockingHasher) Hash(password string) (signup.Hash, error) {
	b.begun <- struct{}{}
	<-b.end
	return b.plainHasher.Hash(password)
}

// While the only turn is taken, a request that could not wait is refused.
func TestHandlerBusyHashing(t *testing.T) {
	hasher := blockingHasher{begun: make(chan struct{}, 1), end: make(chan struct{})}
	h := signup.NewHandler(&signup.Accounts{
		Store: memstore.New(), Hasher: hasher, HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Millisecond},
	}, quiet)
	first := make(chan *http.Response)
	go func() { first <- post(h, adaBody) }()
	<-hasher.begun
	res := post(h, `{"email_address": "b@example.org", "password": "`+goodPassword+`"}`)
	checkPlain(t, res, http.StatusServiceUnavailable)
	if after := res.Header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After is %q", after)
	}
	close(hasher.end)
	checkPlain(t, <-first, http.StatusOK)
	checkPlain(t, post(h, `{"email_address": "b@example.org", "password": "`+goodPassword+`"}`), http.StatusOK)
}

const brokenMessage = "Something broke... We are looking into it!"

// dump writes all that a client sees.
func dump(t testing.TB, res *http.Response) string {
	t.Helper()
	text := readAll(t, res)
	res.Body = io.NopCloser(strings.NewReader(text))
	return fmt.Sprint(res.StatusCode, res.Header, res.Trailer, text)
}

func TestHandlerFailures(t *testing.T) {
	const inner = "inner-text"
	for _, c := range []struct {
		name   string
		change func(*signup.Accounts)
	}{
		{"store", func(a *signup.Accounts) {
			a.Store = fakeStore{create: func(context.Context, *signup.User) error { return errors.New(inner) }}
		}},
		{"store, an error of no known kind", func(a *signup.Accounts) {
			a.Store = fakeStore{create: func(context.Context, *signup.User) error {
				return fmt.Errorf("%s: %w", inner, signup.ErrConflict)
			}}
		}},
		{"store, refusing", func(a *signup.Accounts) {
			a.Store = fakeStore{create: func(context.Context, *signup.User) error {
				return fmt.Errorf("%s: %w", inner, signup.ErrInvalid)
			}}
		}},
		{"store, out of its own time", func(a *signup.Accounts) {
			a.Store = fakeStore{create: func(context.Context, *signup.User) error {
				return fmt.Errorf("%s: %w", inner, context.DeadlineExceeded)
			}}
		}},
		{"hasher", func(a *signup.Accounts) { a.Hasher = brokenHasher{err: errors.New(inner)} }},
		{"policy", func(a *signup.Accounts) {
			a.Policy = policyFunc(func(context.Context, string, signup.User) error { return errors.New(inner) })
		}},
	} {
		for _, problem := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, problem %t", c.name, problem), func(t *testing.T) {
				a, _ := newPlainAccounts()
				c.change(a)
				l, logged := newLog(t)
				h := signup.NewHandler(a, &signup.HandlerOptions{Logger: l})
				r := signUp(strings.NewReader(adaBody))
				if problem {
					r.Header.Set("Accept", "application/problem+json")
				}
				res := send(h, r)
				if all := dump(t, res); strings.Contains(all, inner) {
					t.Errorf("the answer has %s", all)
				}
				var got string
				if problem {
					got = checkProblem(t, res, http.StatusInternalServerError).Detail
				} else {
					got = checkPlain(t, res, http.StatusInternalServerError).Message
				}
				if got != brokenMessage {
					t.Errorf("the message is %q", got)
				}
				records := logged.records(t)
				if len(records) != 1 || records[0]["level"] != "ERROR" || records[0]["msg"] != "signup: sign-up failed" ||
					!strings.Contains(fmt.Sprint(records[0]["error"]), inner) {
					t.Errorf("logged %s", logged)
				}
			})
		}
	}
}

// A brokenHasher fails, or panics.
type brokenHasher struct {
	plainHasher
	err   error
	value any
}

func (b brokenHasher) Hash(string) (signup.Hash, error) {
	if b.value != nil {
		panic(b.value)
	}
	return "", b.err
}

// What a program can throw. Of all but the runtime's own the text may be
// anything, such as what a person typed.
var thrown = []struct {
	name  string
	throw func()
	log   map[string]string
}{
	{"a string", func() { panic("inner-text") }, map[string]string{"exception.type": "string"}},
	{"an error", func() { panic(errors.New("inner-text")) }, map[string]string{"exception.type": "*errors.errorString"}},
	{"a struct", func() { panic(struct{ S string }{"inner-text"}) }, map[string]string{"exception.type": "struct { S string }"}},
	{"nil", func() { panic(nil) }, map[string]string{"exception.message": "panic called with nil argument"}},
	{"a nil map", func() { nilMap()["inner-text"] = 1 }, map[string]string{"exception.message": "assignment to entry in nil map"}},
	{"an index", func() { s := []int{}; s[len(s)]++ }, map[string]string{"exception.message": "index out of range [0] with length 0"}},
}

func nilMap() map[string]int { return nil }

// checkPanicLogged checks the one record of a panic thrown in file.
func checkPanicLogged(t *testing.T, logged *logBuffer, file string, want map[string]string) {
	t.Helper()
	records := logged.records(t)
	if len(records) != 1 || records[0]["level"] != "ERROR" || records[0]["msg"] != "signup: panic" {
		t.Fatalf("logged %s", logged)
	}
	if stack := fmt.Sprint(records[0]["exception.stacktrace"]); !strings.Contains(stack, "goroutine ") || !strings.Contains(stack, file) {
		t.Errorf("the stack doesn't say where it happened: %s", stack)
	}
	for name, value := range want {
		if got := fmt.Sprint(records[0][name]); !strings.Contains(got, value) {
			t.Errorf("%s is %q, want %q in it", name, got, value)
		}
	}
	if strings.Contains(logged.String(), "inner-text") {
		t.Errorf("the log has what was thrown: %s", logged)
	}
}

func TestHandlerPanics(t *testing.T) {
	for _, c := range thrown {
		for _, where := range []string{"store", "hasher", "policy", "field"} {
			t.Run(where+" panics with "+c.name, func(t *testing.T) {
				calls := 0
				throw := func() {
					if calls++; calls == 1 {
						c.throw()
					}
				}
				// One turn to hash: it must be free afterwards.
				store := memstore.New()
				a := &signup.Accounts{Store: store, Hasher: plainHasher{}, HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Millisecond}}
				switch where {
				case "store":
					a.Store = fakeStore{Store: store, create: func(ctx context.Context, u *signup.User) error {
						throw()
						return store.Create(ctx, u)
					}}
				case "hasher":
					a.Hasher = hookedHasher{hook: throw}
				case "policy":
					a.Policy = policyFunc(func(context.Context, string, signup.User) error { throw(); return nil })
				case "field":
					a.Fields = []signup.ProfileField{{Name: "company", Validate: func(context.Context, string) error { throw(); return nil }}}
				}
				l, logged := newLog(t)
				h := signup.NewHandler(a, &signup.HandlerOptions{Logger: l})
				body := strings.TrimSuffix(adaBody, "}") + `, "company": "x"}`
				res := post(h, body)
				if all := dump(t, res); strings.Contains(all, "inner-text") || strings.Contains(all, "goroutine") {
					t.Errorf("the answer has %s", all)
				}
				if got := checkPlain(t, res, http.StatusInternalServerError); got.Message != brokenMessage {
					t.Errorf("the answer is %+v", got)
				}
				checkPanicLogged(t, logged, "handler_test.go", c.log)
				checkPlain(t, post(h, body), http.StatusOK)
			})
		}
	}
}

type hookedHasher struct {
	plainHasher
	hook func()
}

func (h hookedHasher) Hash(password string) (signup.Hash, error) {
	h.hook()
	return h.plainHasher.Hash(password)
}

func TestHandlerAbort(t *testing.T) {
	for _, value := range []error{http.ErrAbortHandler, fmt.Errorf("wrapped: %w", http.ErrAbortHandler)} {
		l, logged := newLog(t)
		h := signup.NewHandler(failing(func(context.Context, *signup.User) error { panic(value) }), &signup.HandlerOptions{Logger: l})
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if v := recover(); v != any(value) {
					t.Errorf("recovered %v, want %v", v, value)
				}
			}()
			h.ServeHTTP(w, signUp(strings.NewReader(adaBody)))
		}()
		if w.Body.Len() > 0 || logged.String() != "" {
			t.Errorf("answered %s, logged %s", w.Body, logged)
		}
	}
}

// Nobody reads this answer, but a proxy's log may show its status.
func TestHandlerClientGone(t *testing.T) {
	for _, when := range []string{"before", "in the store"} {
		t.Run(when, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			a := failing(func(ctx context.Context, _ *signup.User) error {
				if when == "before" {
					t.Error("the store was asked")
				}
				cancel()
				return fmt.Errorf("inner text: %w", ctx.Err())
			})
			if when == "before" {
				cancel()
			}
			l, logged := newLog(t)
			res := send(signup.NewHandler(a, &signup.HandlerOptions{Logger: l}), signUp(strings.NewReader(adaBody)).WithContext(ctx))
			if all := dump(t, res); strings.Contains(all, "inner text") || strings.Contains(all, "canceled") {
				t.Errorf("the answer has %s", all)
			}
			checkPlain(t, res, http.StatusServiceUnavailable)
			records := logged.records(t)
			if len(records) != 1 || records[0]["level"] != "INFO" || records[0]["msg"] != "signup: sign-up abandoned" {
				t.Errorf("logged %s", logged)
			}
		})
	}
}

func TestHandlerAccept(t *testing.T) {
	a, _ := newPlainAccounts()
	h := signup.NewHandler(a, quiet)
	for _, c := range []struct {
		accept  []string
		problem bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"application/json"}, false},
		{[]string{"*/*"}, false},
		{[]string{"application/*"}, false},
		{[]string{"application/problem+xml"}, false},
		{[]string{"application/vnd.problem+json"}, false},
		{[]string{"application/problem+json"}, true},
		{[]string{"Application/Problem+JSON"}, true},
		{[]string{"application/problem+json; charset=utf-8"}, true},
		{[]string{"application/problem+json;q=0.1"}, true},
		{[]string{"application/problem+json;q=0.001"}, true},
		{[]string{"application/problem+json;q=0"}, false},
		{[]string{"application/problem+json;q=0.000"}, false},
		{[]string{"application/problem+json;q=high"}, false},
		{[]string{"application/problem+json;q=NaN"}, false},
		{[]string{"application/json, application/problem+json"}, true},
		{[]string{"application/problem+json, application/json"}, true},
		{[]string{"application/json;q=0.5, application/problem+json;q=0.5"}, true},
		{[]string{"application/json, application/problem+json;q=0.9"}, false},
		{[]string{"application/problem+json;q=0.8, application/json;q=0.9"}, false},
		{[]string{"application/json;q=0.8,application/problem+json;q=0.9"}, true},
		{[]string{"application/json;q=0,application/problem+json;q=0"}, false},
		{[]string{"application/json", "application/problem+json"}, true},
		{[]string{"application/json", "application/problem+json;q=0.5"}, false},
		{[]string{"application/json, application/json;q=0.1, application/problem+json;q=0.5"}, false},
		{[]string{"application/problem+json, application/problem+json;q=0.1, application/json;q=0.5"}, true},
		{[]string{"text/html, */*;q=0.8"}, false},
		{[]string{"text/html, application/problem+json;q=0.2, */*;q=0.8"}, true},
		{[]string{"/,;,, application/problem+json"}, true},
	} {
		t.Run(fmt.Sprintf("%q", c.accept), func(t *testing.T) {
			r := signUp(strings.NewReader(`{"password": "test"}`))
			r.Header["Accept"] = c.accept
			const message = "'email_address' is required."
			var got wireAnswer
			if c.problem {
				got = checkProblem(t, send(h, r), http.StatusBadRequest)
				got.Message = got.Detail
			} else {
				got = checkPlain(t, send(h, r), http.StatusBadRequest)
			}
			if got.Message != message || codes(got.Errors) != "email_address: required, password: too_short" {
				t.Errorf("the answer is %+v", got)
			}
		})
	}
}

// All kinds of errors are problems to who asks for them; a success never is.
func TestHandlerProblems(t *testing.T) {
	a, _ := newPlainAccounts()
	h := signup.NewHandler(a, quiet)
	for _, c := range []struct {
		name, method, contentType, body string
		status                          int
		detail                          string
	}{
		{"success", "POST", "application/json", adaBody, 200, ""},
		{"duplicate", "POST", "application/json", adaBody, 409, "'" + adaEmail + "' already exists."},
		{"content type", "POST", "text/plain", adaBody, 400, "Content-Type: 'application/json' required"},
		{"no object", "POST", "application/json", "[]", 400, "The request's body must be a JSON object."},
		{"method", "PUT", "application/json", adaBody, 405, "The method is not allowed for this URL."},
		{"too long", "POST", "application/json", strings.Repeat(" ", 64<<10+1), 413, "The request's body must be at most 65536 bytes long."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := signUp(strings.NewReader(c.body))
			r.Method = c.method
			r.Header.Set("Content-Type", c.contentType)
			r.Header.Set("Accept", "application/problem+json")
			if c.status == 200 {
				checkPlain(t, send(h, r), c.status)
				return
			}
			if got := checkProblem(t, send(h, r), c.status); got.Detail != c.detail || got.Errors != nil {
				t.Errorf("the problem is %+v", got)
			}
		})
	}
}

func TestNewHandlerPanics(t *testing.T) {
	for _, opts := range []*signup.HandlerOptions{nil, {}} {
		func() {
			defer func() {
				if v := recover(); v != "signup: sign-up handler without Accounts" {
					t.Errorf("NewHandler(nil, %v) panics with %v", opts, v)
				}
			}()
			signup.NewHandler(nil, opts)
		}()
	}
}

func TestHandlerLogLevels(t *testing.T) {
	taken := func(context.Context, *signup.User) error { return signup.ErrExists }
	for _, c := range []struct {
		name       string
		create     func(context.Context, *signup.User) error
		body       string
		level, msg string
		attribute  string // and what is in it
		value      string
	}{
		{"registered", nil, adaBody, "INFO", "signup: sign-up succeeded", "enduser.pseudo.id", ""},
		{"no JSON", nil, "{", "DEBUG", "signup: sign-up refused", "http.response.status_code", "400"},
		{"too long", nil, strings.Repeat(" ", 64<<10+1), "DEBUG", "signup: sign-up refused", "http.response.status_code", "413"},
		{"wrong type", nil, `{"password": 1}`, "DEBUG", "signup: sign-up refused", "http.response.status_code", "400"},
		{"invalid", nil, `{"password": "test"}`, "DEBUG", "signup: sign-up refused", "error", "email_address: required, password: too_short"},
		{"duplicate", taken, adaBody, "DEBUG", "signup: sign-up refused", "error", "already registered"},
		{"busy", func(context.Context, *signup.User) error { return signup.ErrBusy }, adaBody, "WARN", "signup: sign-up refused", "error", "busy"},
		{"failure", func(context.Context, *signup.User) error { return io.ErrClosedPipe }, adaBody, "ERROR", "signup: sign-up failed", "error", "closed pipe"},
		{"panic", func(context.Context, *signup.User) error { panic("x") }, adaBody, "ERROR", "signup: panic", "exception.type", "string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var id string
			a := failing(func(_ context.Context, u *signup.User) error {
				id = u.ID
				if c.create == nil {
					return nil
				}
				return c.create(t.Context(), u)
			})
			l, logged := newLog(t)
			_ = readAll(t, post(signup.NewHandler(a, &signup.HandlerOptions{Logger: l}), c.body))
			if c.value == "" {
				c.value = id
			}
			records := logged.records(t)
			if len(records) != 1 || records[0]["level"] != c.level || records[0]["msg"] != c.msg {
				t.Fatalf("logged %s", logged)
			}
			if got := fmt.Sprint(records[0][c.attribute]); c.value == "" || !strings.Contains(got, c.value) {
				t.Errorf("%s is %q, want %q in it", c.attribute, got, c.value)
			}
		})
	}
}

// The default logger is looked up when there is something to log, as programs
// set it late.
func TestHandlerLogsToDefault(t *testing.T) {
	h := signup.NewHandler(failing(func(context.Context, *signup.User) error { return io.ErrClosedPipe }), nil)
	logged := captureDefaultLog(t)
	checkPlain(t, post(h, adaBody), http.StatusInternalServerError)
	if records := logged.records(t); len(records) != 1 || records[0]["msg"] != "signup: sign-up failed" {
		t.Errorf("logged %s", logged)
	}
}

// Whatever happens, the log has no password, hash or address.
func TestHandlerLogsNoSecrets(t *testing.T) {
	l, logged := newLog(t)
	byDefault := captureDefaultLog(t)
	secrets := []string{goodPassword}
	secret := func(s string) string { secrets = append(secrets, s); return s }

	var a *signup.Accounts
	var hook func(*signup.User) error
	store := memstore.New()
	a = &signup.Accounts{Hasher: cheap, Store: fakeStore{Store: store, create: func(ctx context.Context, u *signup.User) error {
		secret(string([]byte(u.PasswordHash)))
		if hook != nil {
			return hook(u)
		}
		return store.Create(ctx, u)
	}}, Fields: []signup.ProfileField{{Name: "company", Validate: func(_ context.Context, value string) error {
		return errors.New("this is no company: " + value)
	}}}}
	h := signup.JSONErrors(signup.NewHandler(a, &signup.HandlerOptions{Logger: l}), nil)
	body := func(email, password, rest string) string {
		return fmt.Sprintf(`{"email_address": %q, "password": %q%s}`, email, password, rest)
	}
	longPassword := secret(strings.Repeat("a long password ", 10))
	for _, c := range []struct {
		name, body string
		hook       func(*signup.User) error
		want       int
	}{
		{"registered", body(secret("ada.secret@example.org"), goodPassword, ""), nil, 200},
		{"registered, long password", body(secret("bob.secret@example.org"), longPassword, ""), nil, 200},
		{"duplicate", body(secret("Ada.Secret@EXAMPLE.org"), secret("another good password"), ""), nil, 409},
		{"invalid", body(secret("not-an-address"), secret("pa55word"), `, "first_name": "`+secret("Nobody\\n")+`"`), nil, 400},
		{"guessable", body(secret("carol.the.singer@example.org"), "CAROL.THE.SINGER@example.org", ""), nil, 400},
		{"field", body(secret("dave.secret@example.org"), goodPassword, `, "company": "`+secret("Secret Engines")+`"`), nil, 400},
		{"types", `{"email_address": ["` + secret("erin.secret@example.org") + `"], "password": {"x": "` + secret("qwertyuiopasdfgh") + `"}}`, nil, 400},
		{"not JSON", `{"email_address": "` + secret("frank.secret@example.org") + `", "password": ` + secret("unquotedpassword"), nil, 400},
		{"not an object", `"` + secret("just a password in a string") + `"`, nil, 400},
		{"twice", `{"` + secret("a password as name") + `": 1, "a password as name": 2}`, nil, 400},
		{"not UTF-8", body(secret("grace.secret@example.org"), secret("broken password"), ", \"\xff\": 1"), nil, 400},
		{"surrogate", body(secret("heidi.secret@example.org"), secret("halved password"), `, "x": "\ud800"`), nil, 400},
		{"too long", body(secret("ivan.secret@example.org"), secret("overlong password"), strings.Repeat(" ", 64<<10)), nil, 413},
		{"busy", body(secret("judy.secret@example.org"), secret("password of the busy"), ""),
			func(*signup.User) error { return signup.ErrBusy }, 503},
		{"failure", body(secret("kate.secret@example.org"), secret("password of the failed"), ""),
			func(*signup.User) error { return errors.New("store is down") }, 500},
		{"user in the error", body(secret("leo.secret@example.org"), secret("password of the printed"), ""),
			func(u *signup.User) error { return fmt.Errorf("can't store %v %+v %#v %s", u, *u, u, u.PasswordHash) }, 500},
		{"panic", body(secret("mallory.secret@example.org"), secret("password of the panicked"), ""),
			func(u *signup.User) error { panic("can't store " + u.Email + " " + string([]byte(u.PasswordHash))) }, 500},
		{"panic with error", body(secret("nick.secret@example.org"), secret("password of the thrown"), ""),
			func(u *signup.User) error { panic(errors.New(u.Email + string([]byte(u.PasswordHash)))) }, 500},
		{"runtime panic", body(secret("olivia.secret@example.org"), secret("password of the runtime"), ""),
			func(u *signup.User) error { nilMap()[u.Email] = 1; return nil }, 500},
	} {
		hook = c.hook
		res := post(h, c.body)
		if text := readAll(t, res); res.StatusCode != c.want {
			t.Errorf("%s: status %d, %s", c.name, res.StatusCode, text)
		}
	}
	if n := len(logged.records(t)); n != 19 { // or the search would prove little
		t.Errorf("%d log records: %s", n, logged)
	}
	for _, found := range leaktest.Find(logged.String()+byDefault.String(), secrets) {
		t.Errorf("%q is in the log", found)
	}

	if len(secrets) < 35 {
		t.Errorf("searched for %d secrets only", len(secrets))
	}
}
