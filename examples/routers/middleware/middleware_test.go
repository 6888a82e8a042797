// Package middleware tests that common middleware can be put around the handlers.
package middleware

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/memstore"
)

const (
	path   = "/v1/users/new"
	origin = "https://app.example"
	valid  = `{"email_address": "test@abc.com", "password": "correct horse battery"}`
)

// stacks are the middlewares, each alone and all together.
func stacks(t *testing.T) map[string]func(http.Handler) http.Handler {
	t.Helper()
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(0))
	if err != nil {
		t.Fatalf("gzhttp.NewWrapper returned %v, want nil", err)
	}
	zip := func(h http.Handler) http.Handler { return compress(h) }
	trace := otelhttp.NewMiddleware("signup")
	allow := cors.New(cors.Options{
		AllowedOrigins: []string{origin}, AllowedMethods: []string{"POST"}, AllowedHeaders: []string{"Content-Type", "Idempotency-Key"},
	}).Handler
	return map[string]func(http.Handler) http.Handler{
		"gzhttp":   zip,
		"otelhttp": trace,
		"cors":     allow,
		"all":      func(h http.Handler) http.Handler { return allow(trace(zip(h))) },
		"all, the other way round": func(h http.Handler) http.Handler {
			return zip(trace(allow(h)))
		},
	}
}

type testCase struct {
	name, method, body string
	header             map[string]string
	status             int
	contentType        string
	message            string
	want               map[string]string // headers of the response
}

var cases = []testCase{
	{name: "success", method: "POST", body: valid, status: 200, contentType: "application/json", message: "added successfully!"},
	{name: "invalid", method: "POST", body: "{}", status: 400, contentType: "application/json", message: "'email_address' is required."},
	{name: "problem details", method: "POST", body: "{}", header: map[string]string{"Accept": "application/problem+json"},
		status: 400, contentType: "application/problem+json", message: "'email_address' is required."},
	{name: "another type", method: "POST", body: valid, header: map[string]string{"Content-Type": "text/plain"},
		status: 400, contentType: "application/json", message: "Content-Type: 'application/json' required"},
	{name: "compressed", method: "POST", body: valid, header: map[string]string{"Content-Encoding": "gzip"},
		status: 415, contentType: "application/json", message: "must not be compressed", want: map[string]string{"Accept-Encoding": "identity"}},
	{name: "too long", method: "POST", body: strings.Repeat(" ", 64<<10) + valid,
		status: 413, contentType: "application/json", message: "at most 65536 bytes"},
	{name: "GET", method: "GET", status: 405, contentType: "application/json", message: "not allowed",
		want: map[string]string{"Allow": "OPTIONS, POST"}},
	{name: "HEAD", method: "HEAD", status: 405, contentType: "application/json", want: map[string]string{"Allow": "OPTIONS, POST"}},
	{name: "OPTIONS", method: "OPTIONS", status: 204, want: map[string]string{"Allow": "OPTIONS, POST"}},
}

func TestMiddleware(t *testing.T) {
	for name, wrap := range stacks(t) {
		for _, accepts := range []string{"", "gzip"} {
			for _, c := range cases {
				t.Run(name+", Accept-Encoding "+accepts+", "+c.name, func(t *testing.T) { c.run(t, wrap, accepts) })
			}
		}
	}
}

func newAccounts() *signup.Accounts {
	return &signup.Accounts{Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4}}
}

// serve serves the sign-up of a, and returns a client that decodes nothing.
func serve(t *testing.T, a *signup.Accounts, wrap func(http.Handler) http.Handler) (url string, client *http.Client) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(path, signup.NewHandler(a, nil))
	server := httptest.NewServer(wrap(signup.JSONErrors(mux, nil)))
	t.Cleanup(server.Close)
	client = server.Client()
	client.Transport.(*http.Transport).DisableCompression = true
	return server.URL + path, client
}

func (c testCase) run(t *testing.T, wrap func(http.Handler) http.Handler, accepts string) {
	a := newAccounts()
	url, client := serve(t, a, wrap)
	r, err := http.NewRequestWithContext(t.Context(), c.method, url, strings.NewReader(c.body))
	if err != nil {
		t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", origin)
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if accepts != "" {
		r.Header.Set("Accept-Encoding", accepts)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatalf("the request returned %v, want nil", err)
	}
	text := read(t, res)
	if res.StatusCode != c.status || res.Header.Get("Content-Type") != c.contentType {
		t.Errorf("got status %d and Content-Type %q, want %d and %q", res.StatusCode, res.Header.Get("Content-Type"), c.status, c.contentType)
	}
	for name, want := range c.want {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	vary := strings.Join(res.Header.Values("Vary"), ", ")
	isError := c.status >= 400
	if isError && !strings.Contains(vary+",", "Accept,") || c.contentType != "" && res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Vary is %q and Cache-Control %q, want Accept for an error, and no-store", vary, res.Header.Get("Cache-Control"))
	}
	if c.method == "POST" || c.method == "GET" {
		var body struct{ Message, Detail string }
		if err := json.Unmarshal(text, &body); err != nil || !strings.Contains(body.Message+body.Detail, c.message) {
			t.Errorf("got the body %s, decoded with %v; want %q in its message", wiretest.Shown(text), err, c.message)
		}
	}
	_, err = a.Store.Get(t.Context(), "test@abc.com")
	if (err == nil) != (c.status == 200) || err != nil && !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("at status %d, Get returned the error %v; want nil at 200, and ErrNotFound otherwise", c.status, err)
	}
}

// read returns the body, without its coding.
func read(t *testing.T, res *http.Response) []byte {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	body := io.Reader(res.Body)
	if res.Header.Get("Content-Encoding") == "gzip" && res.Request.Method != http.MethodHead {
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Fatalf("gzip.NewReader returned %v, want nil", err)
		}
		body = z
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatalf("reading the body returned %v, want nil", err)
	}
	t.Log(res.Header, wiretest.Shown(text)) // to be searched for secrets
	return text
}

// A browser asks with OPTIONS before it sends JSON to another origin. The
// middleware responds to that, and lets only the application's origin in.
func TestCORS(t *testing.T) {
	for _, c := range []struct {
		origin string
		want   string // Access-Control-Allow-Origin
	}{{origin, origin}, {"https://other.example", ""}} {
		url, client := serve(t, newAccounts(), stacks(t)["cors"])
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, url, nil)
		if err != nil {
			t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
		}
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "content-type,idempotency-key")
		res, err := client.Do(r)
		if err != nil {
			t.Fatalf("the request returned %v, want nil", err)
		}
		text := read(t, res)
		if got := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != 204 || got != c.want || len(text) > 0 {
			t.Errorf("to %s, got status %d, Access-Control-Allow-Origin %q, body %q; want 204, %q, none", c.origin, res.StatusCode, got, text, c.want)
		}
	}
}
