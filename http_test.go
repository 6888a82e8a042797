package signup_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

var httpProtocols = []string{"HTTP/1.1", "HTTP/2", "h2c"}

// serveHTTP serves h over the protocol. The client decodes nothing and follows
// no redirects.
func serveHTTP(t *testing.T, h http.Handler, protocol string) (url string, client *http.Client) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: 5 * time.Second, Protocols: new(http.Protocols)}
	switch protocol {
	case "HTTP/1.1":
		transport.Protocols.SetHTTP1(true)
		s.Start()
	case "HTTP/2":
		transport.Protocols.SetHTTP2(true)
		s.EnableHTTP2 = true
		s.StartTLS()
		transport.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		transport.TLSClientConfig.NextProtos = nil
	case "h2c":
		transport.Protocols.SetUnencryptedHTTP2(true)
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	}
	t.Cleanup(s.Close)
	t.Cleanup(transport.CloseIdleConnections)
	return s.URL, &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
}

// An httpCase is a request and what is expected of its response. The zero value of
// a member that isn't explained is that of a common request.
type httpCase struct {
	name    string
	method  string // POST
	path    string // "/v1/users/new"
	header  http.Header
	body    string // adaBody; "-": none
	chunked bool

	status  int    // 200
	problem bool   // the response is problem details
	message string // in the response
	want    map[string]string
}

const (
	notAllowedHere = "The method is not allowed for this URL."
	encoded        = "The request's body must not be compressed or encoded (Content-Encoding)."
	needsEmail     = "'email_address' is required."
)

var (
	allow    = map[string]string{"Allow": "OPTIONS, POST"}
	identity = map[string]string{"Accept-Encoding": "identity", "Allow": ""}
)

func contentType(values ...string) http.Header { return http.Header{"Content-Type": values} }

func coded(values ...string) http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Content-Encoding": values}
}

func accept(values ...string) http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Accept": values}
}

var httpCases = []httpCase{
	{name: "a common request"},
	{name: "chunked", chunked: true},

	{name: "Content-Type in upper case", header: contentType("APPLICATION/JSON")},
	{name: "Content-Type with charset", header: contentType("application/json; charset=utf-8")},
	{name: "Content-Type with another charset", header: contentType("application/json; charset=iso-8859-1")},
	{name: "Content-Type with parameters", header: contentType(`application/json ; a="b, c\"" ; d=e;`)},
	{name: "Content-Type absent", header: http.Header{}, status: 400, message: noType},
	{name: "Content-Type of problems", header: contentType("application/problem+json"), status: 400, message: noType},
	{name: "Content-Type with +json", header: contentType("application/vnd.api+json"), status: 400, message: noType},
	{name: "Content-Type text/json", header: contentType("text/json"), status: 400, message: noType},
	{name: "Content-Type of a form", header: contentType("application/x-www-form-urlencoded"), status: 400, message: noType},
	{name: "Content-Type twice on a line", header: contentType("application/json, application/json"), status: 400, message: noType},
	{name: "Content-Type twice, with a parameter", header: contentType("application/json; charset=utf-8, application/json"), status: 400, message: noType},
	{name: "Content-Type on two lines", header: contentType("application/json", "application/json"), status: 400, message: noType},
	{name: "Content-Type on two lines, the second another", header: contentType("application/json", "text/plain"), status: 400, message: noType},
	{name: "Content-Type with a comma at its end", header: contentType("application/json,"), status: 400, message: noType},
	{name: "Content-Type and another word", header: contentType("application/json text/plain"), status: 400, message: noType},
	{name: "Content-Type of 257 bytes", header: contentType("application/json; x=" + strings.Repeat("x", 237)), status: 400, message: noType},
	{name: "Content-Type of 256 bytes", header: contentType("application/json; x=" + strings.Repeat("x", 236))},
	{name: "Content-Type of 500 KiB", header: contentType("application/json" + strings.Repeat(";x*1=1", 85<<10)), status: 400, message: noType},

	{name: "Content-Encoding gzip", header: coded("gzip"), status: 415, message: encoded, want: identity},
	{name: "Content-Encoding unknown", header: coded("x-unknown"), status: 415, message: encoded, want: identity},
	{name: "Content-Encoding br and gzip", header: coded("br, gzip"), status: 415, message: encoded, want: identity},
	{name: "Content-Encoding identity and gzip", header: coded("identity", "gzip"), status: 415, message: encoded, want: identity},
	{name: "Content-Encoding in problem details", header: http.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"deflate"}, "Accept": {"application/problem+json"},
	}, status: 415, problem: true, message: encoded, want: identity},
	{name: "Content-Encoding identity", header: coded("Identity")},
	{name: "Content-Encoding identity twice", header: coded("identity, identity", "identity")},
	{name: "Content-Encoding empty", header: coded("")},
	{name: "Content-Encoding of the wrong type", header: http.Header{"Content-Type": {"text/plain"}, "Content-Encoding": {"gzip"}}, status: 400, message: noType},

	{name: "Accept */*", header: accept("*/*"), body: "{}", status: 400, message: needsEmail},
	{name: "Accept application/*", header: accept("application/*"), body: "{}", status: 400, message: needsEmail},
	{name: "Accept another type", header: accept("text/html"), body: "{}", status: 400, message: needsEmail},
	{name: "Accept problem+json", header: accept("application/problem+json"), body: "{}", status: 400, problem: true, message: needsEmail},
	{name: "Accept problem+json for a success", header: accept("application/problem+json")},
	{name: "Accept problem+json with q", header: accept("application/json;q=0.5, application/problem+json;q=0.6"), body: "{}", status: 400, problem: true, message: needsEmail},
	{name: "Accept problem+json with less q", header: accept("application/json;q=0.5, application/problem+json;q=0.4"), body: "{}", status: 400, message: needsEmail},
	{name: "Accept problem+json with q=0", header: accept("application/problem+json;q=0"), body: "{}", status: 400, message: needsEmail},
	{name: "Accept with a q of no number", header: accept("application/problem+json;q=much"), body: "{}", status: 400, message: needsEmail},
	{name: "Accept malformed", header: accept(`;,/;=",`), body: "{}", status: 400, message: needsEmail},
	{name: "Accept of 500 KiB", header: accept(strings.Repeat("a/b;x*0=1,", 50<<10) + "application/problem+json"), body: "{}", status: 400, message: needsEmail},
	{name: "Accept of 500 KiB for a success", header: accept("a/b" + strings.Repeat(";x*0=1", 85<<10))},
	{name: "Accept on 254 lines", header: accept(append(make([]string, 254), "application/problem+json")...), body: "{}", status: 400, problem: true, message: needsEmail},

	{name: "Idempotency-Key too short", header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {"0123456789abcde"}}, status: 400, message: "must be 16 to 255"},
	{name: "Idempotency-Key", header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {"0123456789abcdef"}}},

	{name: "GET", method: "GET", body: "-", status: 405, message: notAllowedHere, want: allow},
	{name: "HEAD", method: "HEAD", body: "-", status: 405, want: allow},
	{name: "PUT", method: "PUT", status: 405, message: notAllowedHere, want: allow},
	{name: "PATCH", method: "PATCH", status: 405, message: notAllowedHere, want: allow},
	{name: "DELETE", method: "DELETE", body: "-", status: 405, message: notAllowedHere, want: allow},
	{name: "TRACE", method: "TRACE", body: "-", status: 405, message: notAllowedHere, want: allow},
	{name: "OPTIONS", method: "OPTIONS", body: "-", status: 204, want: allow},
	{name: "OPTIONS with a body", method: "OPTIONS", status: 204, want: allow},

	{name: "a query", path: "/v1/users/new?email_address=b@example.org&x=%zz"},
	{name: "a slash at the end", path: "/v1/users/new/"},

	{name: "no body", body: "-", status: 400, message: noType},
	{name: "no body, chunked", body: "-", chunked: true, status: 400, message: noType},
	{name: "white space only", body: "\n", status: 400, message: tooEarly},
	{name: "a byte order mark", body: "\ufeff" + adaBody},
	{name: "UTF-16", body: "{\x00}\x00", status: 400, message: wide},
	{name: "the first byte", body: "\xff{}", status: 400, message: notUTF8 + "1."},
	{name: "the first byte of no JSON", body: "x", status: 400, message: notJSON + "1."},
	{name: "long, announced", body: strings.Repeat(" ", 64<<10) + "{}", status: 413, message: "at most 65536 bytes"},
	{name: "long, chunked", body: strings.Repeat(" ", 64<<10) + "{}", chunked: true, status: 413, message: "at most 65536 bytes"},
}

// TestHTTP sends each of httpCases to a handler that is mounted alone, over each
// protocol.
func TestHTTP(t *testing.T) {
	for _, protocol := range httpProtocols {
		t.Run(protocol, func(t *testing.T) {
			var current atomic.Pointer[http.Handler]
			url, client := serveHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				(*current.Load()).ServeHTTP(w, r)
			}), protocol)
			for _, c := range httpCases {
				t.Run(c.name, func(t *testing.T) {
					a, _ := newPlainAccounts()
					h := signup.NewHandler(a, quiet)
					current.Store(&h)
					c.run(t, url, client, a)
				})
			}
		})
	}
}

func (c httpCase) run(t *testing.T, url string, client *http.Client, a *signup.Accounts) {
	t.Helper()
	res, err := client.Do(c.request(t, url))
	if err != nil {
		t.Fatalf("the request returned %v, want nil", err)
	}
	status := c.status
	if status == 0 {
		status = http.StatusOK
	}
	switch {
	case c.method == "HEAD" || status == http.StatusNoContent:
		if text := readAll(t, res); text != "" || res.StatusCode != status {
			t.Errorf("got status %d and the body %q, want %d and none", res.StatusCode, text, status)
		}
	case c.problem:
		if got := checkProblem(t, res, status); !strings.Contains(got.Detail, c.message) {
			t.Errorf("the detail is %q, want %q in it", got.Detail, c.message)
		}
	default:
		if got := checkPlain(t, res, status); !strings.Contains(got.Message, c.message) {
			t.Errorf("the message is %q, want %q in it", got.Message, c.message)
		}
	}
	for _, name := range []string{"Allow", "Retry-After", "Accept-Encoding"} {
		if got := res.Header.Get(name); got != c.want[name] {
			t.Errorf("%s is %q, want %q", name, got, c.want[name])
		}
	}
	_, err = a.Store.Get(t.Context(), "ada@example.org")
	if stored := err == nil; stored != (status == http.StatusOK) || err != nil && !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("at status %d, Get returned the error %v; want nil at 200, and ErrNotFound otherwise", status, err)
	}
}

func (c httpCase) request(t *testing.T, url string) *http.Request {
	t.Helper()
	method, path, body := c.method, c.path, io.Reader(strings.NewReader(c.body))
	if method == "" {
		method = http.MethodPost
	}
	if path == "" {
		path = "/v1/users/new"
	}
	switch c.body {
	case "":
		body = strings.NewReader(adaBody)
	case "-":
		body = http.NoBody
	}
	if c.chunked {
		body = struct{ io.Reader }{body} // of a length that the client can't know
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url+path, body)
	if err != nil {
		t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.header != nil {
		r.Header = c.header.Clone()
	}
	return r
}

// A client that waits for "100 Continue" sends no body that would be refused.
func TestHTTPExpectContinue(t *testing.T) {
	for _, protocol := range httpProtocols {
		for _, c := range []struct {
			name, contentType string
			length            int64
			busy              bool
			status            int
		}{
			{"accepted", "application/json", int64(len(adaBody)), false, 200},
			{"another type", "text/plain", int64(len(adaBody)), false, 400},
			{"too long", "application/json", 1 << 20, false, 413},
			{"busy", "application/json", int64(len(adaBody)), true, 503},
		} {
			t.Run(protocol+", "+c.name, func(t *testing.T) {
				a, _ := newPlainAccounts()
				if c.busy {
					a = busy(t)
				}
				url, client := serveHTTP(t, signup.NewHandler(a, quiet), protocol)
				var continued atomic.Bool
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { continued.Store(true) }})
				body := &countedBody{Reader: strings.NewReader(adaBody)}
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
				if err != nil {
					t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
				}
				r.ContentLength = c.length
				r.Header.Set("Content-Type", c.contentType)
				r.Header.Set("Expect", "100-continue")
				res, err := client.Do(r)
				if err != nil {
					t.Fatalf("the request returned %v, want nil", err)
				}
				checkPlain(t, res, c.status)
				accepted := c.status == 200
				if n := body.n.Load(); continued.Load() != accepted || (n > 0) != accepted {
					t.Errorf("got 100 Continue: %t, and %d bytes were sent; want %t, and bytes only then", continued.Load(), n, accepted)
				}
			})
		}
	}
}

type countedBody struct {
	io.Reader
	n atomic.Int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.n.Add(int64(n))
	return n, err
}

// Requests that are sent before the responses are read get theirs in order, also
// after a refusal whose body was not read.
func TestHTTPPipelined(t *testing.T) {
	a, _ := newPlainAccounts()
	conn := dial(t, signup.NewHandler(a, quiet))
	one := func(contentType string) string {
		return fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(adaBody), adaBody)
	}
	_, _ = io.WriteString(conn, one("text/plain")+one("application/json")+one("application/json")+
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"+
		one("application/json")+"more than announced\r\n\r\n") // which is no request
	r := bufio.NewReader(conn)
	for i, want := range []int{400, 200, 409} {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("http.ReadResponse of response %d returned %v, want nil", i, err)
		}
		checkPlain(t, res, want)
	}
	for i, want := range []int{200, 409, 400} { // the first and the last are net/http's own
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("http.ReadResponse of response %d returned %v, want nil", i+3, err)
		}
		readAll(t, res)
		if res.StatusCode != want {
			t.Errorf("response %d has status %d, want %d", i+3, res.StatusCode, want)
		}
	}
}

// If net/http leaves "OPTIONS *" to the handler, the handler responds as to any
// other path.
func TestHTTPOptionsOfServer(t *testing.T) {
	a, _ := newPlainAccounts()
	s := httptest.NewUnstartedServer(signup.NewHandler(a, quiet))
	s.Config.DisableGeneralOptionsHandler = true
	s.Start()
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.URL, nil)
	if err != nil {
		t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
	}
	r.URL.Opaque = "*"
	res, err := s.Client().Do(r)
	if err != nil {
		t.Fatalf("the request returned %v, want nil", err)
	}
	if text := readAll(t, res); res.StatusCode != 204 || res.Header.Get("Allow") != "OPTIONS, POST" || text != "" {
		t.Errorf("got status %d, Allow %q, body %q; want 204, \"OPTIONS, POST\", none", res.StatusCode, res.Header.Get("Allow"), text)
	}
}

// The middleware of net/http around the handler changes nothing but what it is for.
func TestHTTPMiddleware(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"TimeoutHandler":        func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "late") },
		"MaxBytesHandler":       func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 128<<10) },
		"StripPrefix":           func(h http.Handler) http.Handler { return http.StripPrefix("/v1/users", h) },
		"AllowQuerySemicolons":  http.AllowQuerySemicolons,
		"CrossOriginProtection": http.NewCrossOriginProtection().Handler,
		"JSONErrors":            func(h http.Handler) http.Handler { return signup.JSONErrors(h, nil) },
		"all": func(h http.Handler) http.Handler {
			h = http.MaxBytesHandler(http.StripPrefix("/v1", h), 128<<10)
			return http.NewCrossOriginProtection().Handler(http.TimeoutHandler(signup.JSONErrors(h, nil), time.Minute, "late"))
		},
	} {
		protocols := httpProtocols
		if name != "all" {
			protocols = protocols[:1] // each takes its time
		}
		for _, protocol := range protocols {
			var current atomic.Pointer[http.Handler]
			url, client := serveHTTP(t, wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				(*current.Load()).ServeHTTP(w, r)
			})), protocol)
			for _, c := range httpCases {
				if strings.Contains(c.name, "500 KiB") {
					continue
				}
				t.Run(name+", "+protocol+", "+c.name, func(t *testing.T) {
					a, _ := newPlainAccounts()
					h := signup.NewHandler(a, quiet)
					current.Store(&h)
					c.run(t, url, client, a)
				})
			}
		}
	}
}

// What the middleware itself refuses stores no user.
func TestHTTPMiddlewareRefuses(t *testing.T) {
	waits := func(h http.Handler) http.Handler {
		return http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			h.ServeHTTP(w, r)
		}), time.Millisecond, "late")
	}
	for _, c := range []struct {
		name   string
		wrap   func(http.Handler) http.Handler
		header http.Header
		status int
	}{
		{"TimeoutHandler", waits, nil, 503},
		{"MaxBytesHandler", func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 10) }, nil, 413},
		{"StripPrefix", func(h http.Handler) http.Handler { return http.StripPrefix("/v2", h) }, nil, 404},
		{"CrossOriginProtection", http.NewCrossOriginProtection().Handler, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"CrossOriginProtection by Origin", http.NewCrossOriginProtection().Handler, http.Header{"Origin": {"https://other.example"}}, 403},
	} {
		for _, protocol := range httpProtocols {
			t.Run(c.name+", "+protocol, func(t *testing.T) {
				a, _ := newPlainAccounts()
				url, client := serveHTTP(t, signup.JSONErrors(c.wrap(signup.NewHandler(a, quiet)), nil), protocol)
				r := httpCase{}.request(t, url)
				for name, values := range c.header {
					r.Header[name] = values
				}
				res, err := client.Do(r)
				if err != nil {
					t.Fatalf("the request returned %v, want nil", err)
				}
				if readAll(t, res); res.StatusCode != c.status {
					t.Errorf("got status %d, want %d", res.StatusCode, c.status)
				}
				if u, err := a.Store.Get(context.Background(), "ada@example.org"); !errors.Is(err, signup.ErrNotFound) {
					t.Errorf("Get returned %v, %v; want ErrNotFound", u, err)
				}
			})
		}
	}
}
