package signup_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

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
				t.Errorf("Allow is %q, want \"OPTIONS, POST\"", allow)
			}
			if got := checkPlain(t, res, http.StatusMethodNotAllowed); got.Error != "405: Method Not Allowed" {
				t.Errorf("got the response %+v, want the error 405: Method Not Allowed", got)
			}
		})
	}
	t.Run("OPTIONS", func(t *testing.T) {
		r := signUp(strings.NewReader(adaBody))
		r.Method = http.MethodOptions
		res := send(h, r)
		if text := readAll(t, res); res.StatusCode != http.StatusNoContent || text != "" || res.Header.Get("Allow") != "OPTIONS, POST" {
			t.Errorf("got status %d, Allow %q, body %q; want 204, \"OPTIONS, POST\", no body", res.StatusCode, res.Header.Get("Allow"), text)
		}
	})
	if len(*created) > 0 {
		t.Errorf("created %v, want no user", *created)
	}

	t.Run("HEAD has no body", func(t *testing.T) {
		conn := dial(t, h)
		_, _ = io.WriteString(conn, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(conn)
		head, rest, ok := strings.Cut(string(text), "\r\n\r\n")
		if err != nil || !ok || rest != "" || !strings.HasPrefix(head, "HTTP/1.1 405 ") || !strings.Contains(head, "Allow: OPTIONS, POST\r\n") {
			t.Errorf("got the response %q, %v; want status 405, Allow: OPTIONS, POST, no body, nil", text, err)
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
		t.Fatalf("net.Dial returned %v, want nil", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatalf("SetDeadline returned %v, want nil", err)
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
				t.Errorf("got the response %+v, created %v; want status %d, and a user only at 200", got, *created, c.want)
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
			// making the server close the connection.
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
						t.Fatalf("Post returned %v, want nil", err)
					}
					got := checkPlain(t, res, c.want)
					_, err = a.Store.Get(t.Context(), "ada@example.org")
					if c.want == 200 {
						if err != nil {
							t.Errorf("Get returned %v, want nil", err)
						}
						return
					}
					limit := strconv.FormatInt(cmp.Or(c.limit, 64<<10), 10)
					if !strings.Contains(got.Message, limit+" bytes") || got.Error != "413: Request Entity Too Large" {
						t.Errorf("got the response %+v, want 413: Request Entity Too Large with %s bytes in the message", got, limit)
					}
					if !res.Close {
						t.Error("the connection stays open, want it closed so that the server reads no further")
					}
					if !errors.Is(err, signup.ErrNotFound) {
						t.Errorf("Get returned %v, want ErrNotFound", err)
					}
				})
			}
		}
	}

	// If the Content-Length is too large, the request is refused before its body is sent.
	t.Run("announced only", func(t *testing.T) {
		conn := dial(t, signup.NewHandler(newAccounts(), quiet))
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 65537\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("http.ReadResponse returned %v, want nil", err)
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
				t.Fatalf("CloseWrite returned %v, want nil", err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("http.ReadResponse returned %v, want nil", err)
			}
			if got := checkPlain(t, res, http.StatusBadRequest); got.Message != "The request's body could not be read to its end." {
				t.Errorf("got the response %+v, want a message that the body could not be read to its end", got)
			}
			if u, err := a.Store.Get(t.Context(), "ada@example.org"); !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("Get returned %v, %v; want ErrNotFound", u, err)
			}
		})
	}
}

// The client doesn't read this response, but a proxy's log may show its status.
func TestHandlerClientGone(t *testing.T) {
	for _, when := range []string{"before", "in the store"} {
		t.Run(when, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			a := failing(func(ctx context.Context, _ *signup.User) error {
				if when == "before" {
					t.Error("Create was called, want no call")
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
				t.Errorf("got the response %s, want it without the inner error", all)
			}
			checkPlain(t, res, http.StatusServiceUnavailable)
			records := logged.records(t)
			if len(records) != 1 || records[0]["level"] != "INFO" || records[0]["msg"] != "signup: sign-up abandoned" {
				t.Errorf("logged %s, want one INFO record \"signup: sign-up abandoned\"", logged)
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
				t.Errorf("got the response %+v, want the message %q and the errors email_address: required, password: too_short", got, message)
			}
		})
	}
}

// If the Accept header prefers problem details, all kinds of errors are sent as
// problem details; a success never is.
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
				t.Errorf("got the problem %+v, want the detail %q and no errors", got, c.detail)
			}
		})
	}
}
