package signup_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gosignup/signup"
)

// A protocol is a way of serving a handler behind JSONErrors.
type protocol struct {
	name   string
	http2  bool
	nested bool // two JSONErrors, as where a library brings its own
}

var protocols = []protocol{{name: "HTTP/1.1"}, {name: "nested", nested: true}, {name: "HTTP/2", http2: true}}

// A testServer serves h; its client follows no redirects and decodes nothing.
type testServer struct {
	*httptest.Server
	client *http.Client
	log    *logBuffer // the http.Server's own
	begun  *sync.WaitGroup
}

// wait returns when the handlers of all requests have returned, as those that
// outlive their connection do later than Close.
func (s testServer) wait() {
	s.begun.Wait()
	s.Close()
}

func (p protocol) serve(t *testing.T, h http.Handler) testServer {
	t.Helper()
	h = signup.JSONErrors(h, nil)
	if p.nested {
		h = signup.JSONErrors(h, nil)
	}
	return serveBare(t, h, p.http2)
}

func serveBare(t *testing.T, h http.Handler, http2 bool) testServer {
	t.Helper()
	begun := new(sync.WaitGroup)
	s := testServer{log: new(logBuffer), begun: begun}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun.Add(1)
		defer begun.Done()
		h.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(s.log, "", 0)
	transport := &http.Transport{DisableCompression: true}
	if http2 {
		s.EnableHTTP2 = true
		s.StartTLS()
		transport.ForceAttemptHTTP2 = true
		transport.TLSClientConfig = &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second, // so that a mistake fails the test instead of hanging it
	}
	return s
}

func (s testServer) get(t *testing.T, method, path string, header http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatalf("%v; the server logged %s", err, s.log)
	}
	if s.EnableHTTP2 != (res.ProtoMajor == 2) {
		t.Fatalf("the protocol is %s", res.Proto)
	}
	return res
}

// Many handlers behind one server, by path.
func byName[T any](cases []T, get func(T) (string, http.HandlerFunc)) http.Handler {
	handlers := make(map[string]http.HandlerFunc)
	for _, c := range cases {
		name, h := get(c)
		if handlers[name] != nil {
			panic("two cases of the name " + name)
		}
		handlers[name] = h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handlers[r.URL.Query().Get("case")](w, r) })
}

func caseURL(name string) string {
	return "/?case=" + strings.NewReplacer(" ", "+", ",", "%2C", "%", "%25").Replace(name)
}

var bareAnswers = map[int]wireAnswer{
	404: {Error: "404: Not Found", Message: "There is nothing at this URL."},
	405: {Error: "405: Method Not Allowed", Message: "The method is not allowed for this URL."},
	500: {Message: brokenMessage},
}

func writeStatus(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// writeText answers as gin and http.Error do, with each piece in a Write.
func writeText(code int, contentType string, pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(code)
		for _, p := range pieces {
			n, err := w.Write([]byte(p))
			if r.Method != http.MethodHead && (n != len(p) || err != nil) {
				panic(fmt.Sprintf("wrote %d of %d bytes, %v", n, len(p), err))
			}
		}
	}
}

func writeError(code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, message, code) }
}

// onlyReader keeps io.Copy from the WriterTo of what it reads.
type onlyReader struct{ io.Reader }

func TestJSONErrorsReplaces(t *testing.T) {
	const plain = "text/plain; charset=utf-8"
	mux := http.NewServeMux()
	mux.HandleFunc("POST /only", func(http.ResponseWriter, *http.Request) {})
	at := func(method, path string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.Method, r.URL.Path, r.URL.RawQuery = method, path, ""
			mux.ServeHTTP(w, r)
		}
	}
	type replaced struct {
		name    string
		status  int
		handler http.HandlerFunc
	}
	cases := []replaced{
		{"mux 404", 404, at("GET", "/nothing")},
		{"mux 405", 405, at("GET", "/only")},
		{"mux 405 for DELETE", 405, at("DELETE", "/only")},
		{"NotFound", 404, http.NotFound},
		{"Error 404", 404, writeError(404, "404 page not found")},
		{"Error 405", 405, writeError(405, "Method Not Allowed")},
		{"Error 405 in lower case", 405, writeError(405, "method not allowed")},
		{"Error 500", 500, writeError(500, "Internal Server Error")},
		{"Error 500 in other case", 500, writeError(500, "INTERNAL server error")},
		{"404 empty", 404, writeStatus(404)},
		{"405 empty", 405, writeStatus(405)},
		{"500 empty", 500, writeStatus(500)},
		{"404 of plain text, empty", 404, writeText(404, plain)},
		{"404 with empty writes", 404, writeText(404, "", "", "")},
		{"404 with empty writes before the text", 404, writeText(404, plain, "", "404 page not found")},
		{"gin 404", 404, writeText(404, "text/plain", "404 page not found")},
		{"gin 405", 405, writeText(405, "text/plain", "405 method not allowed")},
		{"404 without type", 404, writeText(404, "", "404 page not found\n")},
		{"404 of another type name", 404, writeText(404, "Text/Plain ;charset=x", "404 page not found")},
		{"404, then 200 too late", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			w.WriteHeader(200)
		}},
		{"404, then 404 too late", 404, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(404)
			http.NotFound(w, r)
		}},
		{"404 twice", 404, func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			http.NotFound(w, r)
		}},
		{"404, then 500 too late", 404, func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			http.Error(w, "Internal Server Error", 500)
		}},
		// As by a handler that forgets to return after http.Error.
		{"500, then a page", 500, writeText(500, plain, "Internal Server Error\n", "<!DOCTYPE html>\n", strings.Repeat("x", 1<<16))},
		{"404, then a copied page", 404, func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			if n, err := io.Copy(w, onlyReader{strings.NewReader("a page")}); n != 6 || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"404, then a flush", 404, func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			w.(http.Flusher).Flush()
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(err)
			}
			if n, err := io.WriteString(w, "more"); n != 4 || err != nil { // as if nobody had interfered
				panic(fmt.Sprint(n, err))
			}
		}},
		{"404 copied", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			if n, err := io.Copy(w, onlyReader{strings.NewReader("404 page not found\n")}); n != 19 || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"404 copied from a buffer", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_, _ = io.Copy(w, bytes.NewBufferString("404 page not found\n"))
		}},
		{"404 by WriteString", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "404 page not found")
		}},
		{"500 after a copy of nothing", 500, func(w http.ResponseWriter, _ *http.Request) {
			if _, err := io.Copy(w, onlyReader{iotest.ErrReader(io.ErrUnexpectedEOF)}); err != nil {
				http.Error(w, "Internal Server Error", 500)
			}
		}},
		{"404 with a length", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "18")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "404 page not found")
		}},
		{"404 after information", 404, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusEarlyHints)
			http.NotFound(w, r)
		}},
		{"ServeFile of none", 404, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, "testdata/there-is-no-such-file")
		}},
		{"headers", 404, func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range map[string]string{
				"ETag": `"of another body"`, "Last-Modified": "Thu, 01 Jan 2015 00:00:00 GMT", "Content-Length": "0",
				"X-Request-Id": "kept", "Set-Cookie": "kept=1", "Www-Authenticate": "kept",
			} {
				w.Header().Set(name, value)
			}
			w.WriteHeader(404)
		}},
	}
	for _, p := range protocols {
		s := p.serve(t, byName(cases, func(c replaced) (string, http.HandlerFunc) { return c.name, c.handler }))
		for _, c := range cases {
			for _, method := range []string{"GET", "HEAD"} {
				for _, accept := range []string{"", "application/problem+json"} {
					t.Run(fmt.Sprintf("%s %s %s %s", p.name, method, c.name, accept), func(t *testing.T) {
						res := s.get(t, method, caseURL(c.name), http.Header{"Accept": {accept}})
						for _, gone := range []string{"ETag", "Last-Modified", "Content-Encoding"} {
							if value := res.Header.Get(gone); value != "" {
								t.Errorf("%s is %s", gone, value)
							}
						}
						if strings.HasPrefix(c.name, "mux 405") && res.Header.Get("Allow") != "POST" {
							t.Errorf("Allow is %q", res.Header.Get("Allow"))
						}
						if c.name == "headers" && (res.Header.Get("X-Request-Id") != "kept" || res.Header.Get("Set-Cookie") != "kept=1" ||
							res.Header.Get("Www-Authenticate") != "kept") {
							t.Errorf("the header is %v", res.Header)
						}
						if method == "HEAD" {
							if text := readAll(t, res); text != "" || res.StatusCode != c.status || res.ContentLength <= 0 ||
								res.Header.Get("Content-Type") != map[bool]string{true: "application/json", false: accept}[accept == ""] {
								t.Errorf("status %d, header %v, body %q", res.StatusCode, res.Header, text)
							}
							return
						}
						if accept == "" {
							want := bareAnswers[c.status]
							if got := checkPlain(t, res, c.status); got.Error != want.Error || got.Message != want.Message || got.Errors != nil {
								t.Errorf("the answer is %+v", got)
							}
							return
						}
						if got := checkProblem(t, res, c.status); got.Detail != bareAnswers[c.status].Message || got.Errors != nil {
							t.Errorf("the problem is %+v", got)
						}
					})
				}
			}
		}
		if s.log.String() != "" {
			t.Errorf("%s: the server logged %s", p.name, s.log)
		}
	}
}

// What isn't bare comes through as if JSONErrors weren't there.
func TestJSONErrorsLeavesAlone(t *testing.T) {
	const plain, html = "text/plain; charset=utf-8", "text/html; charset=utf-8"
	large := strings.Repeat("404 page not found\n", 1<<13)
	file := filepath.Join(t.TempDir(), "file.txt")
	if err := os.WriteFile(file, []byte(large), 0o600); err != nil {
		t.Fatal(err)
	}
	serveFile := func(header, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if header != "" {
				r.Header.Set(header, value)
			}
			w.Header().Set("ETag", `"the-file"`)
			http.ServeFile(w, r, file)
		}
	}
	flushed := func(code int, pieces ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			w.(http.Flusher).Flush()
			for _, p := range pieces {
				_, _ = io.WriteString(w, p)
				if err := http.NewResponseController(w).Flush(); err != nil {
					panic(err)
				}
			}
		}
	}
	encoded := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	type alone struct {
		name    string
		handler http.HandlerFunc
	}
	cases := []alone{
		{"nothing at all", func(http.ResponseWriter, *http.Request) {}},
		{"200", writeText(200, plain, "hello")},
		{"200 of a bare text", writeText(200, plain, "404 page not found\n")},
		{"200 implied", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "404 page not found\n") }},
		{"200 by an empty write, then 404", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(nil); http.NotFound(w, r) }},
		{"200, then 404 too late", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200); http.NotFound(w, r) }},
		{"204", writeStatus(204)},
		{"301", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
		}},
		{"304", writeStatus(304)},

		{"400 empty", writeStatus(400)},
		{"401 empty", writeStatus(401)},
		{"403", writeError(403, "Forbidden")},
		{"403 of a bare text", writeError(403, "404 page not found")},
		{"403 empty", writeStatus(403)},
		{"410 empty", writeStatus(410)},
		{"501", writeError(501, "Internal Server Error")},
		{"502", writeError(502, "Bad Gateway")},
		{"502 empty", writeStatus(502)},
		{"503", writeError(503, "Internal Server Error")},
		{"503 empty", writeStatus(503)},

		{"404 of HTML", writeText(404, html, "<!DOCTYPE html>\n<title>Gone</title>\n")},
		{"404 of HTML without type", writeText(404, "", "<!DOCTYPE html>\n<title>Gone</title>\n")},
		{"404 of HTML with a bare text", writeText(404, html, "404 page not found\n")},
		{"404 of HTML, empty", writeText(404, html)},
		{"405 of HTML", writeText(405, html, "<p>No</p>")},
		{"500 of HTML", writeText(500, html, "<p>Sorry</p>")},
		{"404 of JSON", writeText(404, "application/json", `{"own": true}`)},
		{"404 of JSON, empty", writeText(404, "application/json")},
		{"404 of a problem", writeText(404, "application/problem+json", `{"title": "own"}`)},
		{"500 of JSON", writeText(500, "application/json", `{"own": true}`)},
		{"500 of JSON with a bare text", writeText(500, "application/json", `"Internal Server Error"`)},
		{"404 of own text", writeError(404, "there is no such user")},
		{"404 with the standard reason", writeError(404, "Not Found")},
		{"405 of own text", writeError(405, "use POST")},
		{"500 of own text", writeError(500, "the printer is on fire")},
		{"500 of a longer text", writeError(500, "Internal Server Error: the printer is on fire")},
		{"404 of a text with quotes", writeError(404, `"404 page not found"`)},
		{"404 of binary", writeText(404, "application/octet-stream", "\x00\x01\xff")},
		{"404 of the text of 405", writeError(404, "Method Not Allowed")},
		{"404 of the text of 500", writeError(404, "Internal Server Error")},
		{"405 of the text of 404", writeError(405, "404 page not found")},
		{"500 of the text of 404", writeError(500, "404 page not found")},

		{"404 of much text", writeText(404, plain, large)},
		{"404 of much text beginning with white space", writeText(404, plain, strings.Repeat(" ", 1<<16)+"404 page not found")},
		{"404 of much text in pieces", writeText(404, plain, strings.SplitAfter("Not here:\n"+large[:1<<13], "\n")...)},
		{"404 of HTML in pieces", writeText(404, html, "<!DOCTYPE html>", "", "\n", "<title>Gone</title>\n")},
		{"404 of HTML in pieces without type", writeText(404, "", "<", "!DOCTYPE html>\n<title>Gone</title>\n")},
		{"404 of own text in pieces", writeText(404, plain, "there ", "is ", "no ", "such ", "user\n")},
		// A template's first piece is often the line break after its
		// first action.
		{"404 of HTML in pieces, white space first", writeText(404, "", "\n", "<!DOCTYPE html>\n<title>Gone</title>\n")},
		{"404 of own text in pieces, white space first", writeText(404, plain, "  ", "there is no such user\n")},

		{"404 encoded", encoded(404, "\x1f\x8bnot really gzip")},
		{"404 encoded, of a bare text", encoded(404, "404 page not found\n")},
		{"500 encoded, empty", encoded(500, "")},

		{"404 of own text copied", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			if n, err := io.Copy(w, onlyReader{strings.NewReader(large)}); n != int64(len(large)) || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"200 copied", func(w http.ResponseWriter, _ *http.Request) {
			if n, err := io.Copy(w, onlyReader{strings.NewReader(large)}); n != int64(len(large)) || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"200 copied after a piece", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "piece")
			_, _ = io.Copy(w, onlyReader{strings.NewReader(large)})
			_, _ = io.WriteString(w, "piece")
		}},
		{"file", serveFile("", "")},
		{"file, opened", func(w http.ResponseWriter, _ *http.Request) {
			f, err := os.Open(file)
			if err != nil {
				panic(err)
			}
			defer func() { _ = f.Close() }()
			if n, err := io.Copy(w, f); n != int64(len(large)) || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"file with status 404", func(w http.ResponseWriter, _ *http.Request) {
			f, err := os.Open(file)
			if err != nil {
				panic(err)
			}
			defer func() { _ = f.Close() }()
			w.WriteHeader(404)
			_, _ = io.Copy(w, f)
		}},
		{"file, a range", serveFile("Range", "bytes=5-9")},
		{"file, a range from the end", serveFile("Range", "bytes=-100000")},
		{"file, a range beyond it", serveFile("Range", "bytes=99999999-")},
		{"file, not modified", serveFile("If-None-Match", `"the-file"`)},
		{"file, not modified since", serveFile("If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))},
		{"file, precondition failed", serveFile("If-Match", `"another"`)},

		{"404 flushed first", flushed(404, "404 page not found\n")},
		{"404 flushed first, empty", flushed(404)},
		{"500 flushed first", flushed(500, "Internal ", "Server Error")},
		{"404 of own text flushed", flushed(404, "there ", "is no such user")},
		{"200 flushed", flushed(200, "a", "b", "c")},
		{"flushed without status, then 404", func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			http.NotFound(w, r)
		}},
		{"200 after information", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusProcessing)
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "short and stout")
		}},
		{"trailer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "own text")
			w.Header().Set("X-Sum", "1")
		}},
	}
	h := byName(cases, func(c alone) (string, http.HandlerFunc) { return c.name, c.handler })
	for _, p := range protocols {
		without, with := serveBare(t, h, p.http2), p.serve(t, h)
		for _, c := range cases {
			for _, method := range []string{"GET", "HEAD"} {
				t.Run(fmt.Sprintf("%s %s %s", p.name, method, c.name), func(t *testing.T) {
					header := http.Header{"Accept": {"application/problem+json"}}
					want, wantInfo := captured(t, without, method, caseURL(c.name), header)
					got, gotInfo := captured(t, with, method, caseURL(c.name), header)
					if got.StatusCode != want.StatusCode {
						t.Errorf("status %d, want %d", got.StatusCode, want.StatusCode)
					}
					if gotText, wantText := readAll(t, got), readAll(t, want); gotText != wantText {
						t.Errorf("the body is %.200q, want %.200q", gotText, wantText)
					}
					got.Header.Del("Date")
					want.Header.Del("Date")
					if !reflect.DeepEqual(got.Header, want.Header) || !reflect.DeepEqual(got.Trailer, want.Trailer) || got.ContentLength != want.ContentLength {
						t.Errorf("the header is %v and %v, want %v and %v", got.Header, got.Trailer, want.Header, want.Trailer)
					}
					if !reflect.DeepEqual(gotInfo, wantInfo) {
						t.Errorf("the information is %v, want %v", gotInfo, wantInfo)
					}
				})
			}
		}
	}
}

// captured sends a request and returns the answer, and the informational ones
// before it.
func captured(t *testing.T, s testServer, method, path string, header http.Header) (*http.Response, []string) {
	t.Helper()
	var info []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			info = append(info, fmt.Sprint(code, header.Get("Link")))
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header.Clone()
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatalf("%v; the server logged %s", err, s.log)
	}
	if strings.Contains(path, "information") && len(info) != 2 {
		t.Errorf("information: %v", info)
	}
	return res, info
}

// net/http says so when a handler writes a second header, and still does.
func TestJSONErrorsSecondHeader(t *testing.T) {
	s := protocols[0].serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusNotFound)
	}))
	if res := s.get(t, "GET", "/", nil); res.StatusCode != http.StatusAccepted || readAll(t, res) != "" {
		t.Errorf("status %d", res.StatusCode)
	}
	if !strings.Contains(s.log.String(), "superfluous") {
		t.Errorf("the server logged %q", s.log)
	}
}

func TestJSONErrorsPanicBefore(t *testing.T) {
	for _, p := range protocols {
		for _, c := range thrown {
			for when, begin := range map[string]func(http.ResponseWriter){
				"before anything": func(http.ResponseWriter) {},
				"after headers": func(w http.ResponseWriter) {
					w.Header().Set("Content-Type", "text/html")
					w.Header().Set("Content-Encoding", "gzip")
					w.Header().Set("Content-Length", "5")
					w.Header().Set("ETag", `"x"`)
				},
				"after information":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints) },
				"after a bare 404":     func(w http.ResponseWriter) { w.WriteHeader(404) },
				"after a copy of none": func(w http.ResponseWriter) { _, _ = io.Copy(w, onlyReader{strings.NewReader("")}) },
			} {
				t.Run(fmt.Sprintf("%s %s, %s", p.name, c.name, when), func(t *testing.T) {
					logged := captureDefaultLog(t)
					s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						begin(w)
						c.throw()
					}))
					res := s.get(t, "GET", "/", nil)
					if res.Header.Get("Content-Encoding")+res.Header.Get("ETag") != "" {
						t.Errorf("the header is %v", res.Header)
					}
					if all := dump(t, res); strings.Contains(all, "inner-text") || strings.Contains(all, "goroutine") {
						t.Errorf("the answer has %s", all)
					}
					if got := checkPlain(t, res, http.StatusInternalServerError); got.Message != brokenMessage {
						t.Errorf("the answer is %+v", got)
					}
					res = s.get(t, "GET", "/", http.Header{"Accept": {"application/problem+json"}})
					checkProblem(t, res, http.StatusInternalServerError)
					first, rest, _ := strings.Cut(logged.String(), "\n")
					for _, line := range []string{first, rest} { // one for each request
						one := new(logBuffer)
						_, _ = one.Write([]byte(line))
						checkPanicLogged(t, one, "handler_test.go", c.log)
					}
					if s.log.String() != "" {
						t.Errorf("the server logged %s", s.log)
					}
				})
			}
		}
	}
}

// Half an answer must not look like a whole one.
func TestJSONErrorsPanicAfter(t *testing.T) {
	for _, p := range protocols {
		for name, begin := range map[string]func(http.ResponseWriter){
			"200 in the buffer": func(w http.ResponseWriter) { _, _ = io.WriteString(w, "half") },
			"200 flushed": func(w http.ResponseWriter) {
				_, _ = io.WriteString(w, "half")
				w.(http.Flusher).Flush()
			},
			"200 flushed, empty": func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
			"200 without body":   func(w http.ResponseWriter) { w.WriteHeader(200) },
			"200 of much text": func(w http.ResponseWriter) {
				_, _ = io.Copy(w, onlyReader{strings.NewReader(strings.Repeat("half", 1<<16))})
			},
			"404 of own text": func(w http.ResponseWriter) {
				w.WriteHeader(404)
				_, _ = io.WriteString(w, "half")
				w.(http.Flusher).Flush()
			},
			"404 flushed": func(w http.ResponseWriter) {
				w.WriteHeader(404)
				w.(http.Flusher).Flush()
			},
			"in a copy": func(w http.ResponseWriter) {
				_, _ = io.Copy(w, onlyReader{io.MultiReader(strings.NewReader(strings.Repeat("half", 1<<10)), panicReader{})})
			},
		} {
			for _, value := range []any{"inner-text", http.ErrAbortHandler} {
				t.Run(fmt.Sprintf("%s %s, %v", p.name, name, value), func(t *testing.T) {
					logged := captureDefaultLog(t)
					s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						defer func() {
							if recover() != nil {
								panic(value)
							}
						}()
						begin(w)
						panic(value)
					}))
					// A GET would be sent again.
					res, err := s.client.Post(s.URL, "text/plain", strings.NewReader("x"))
					if err == nil {
						var text []byte
						text, err = io.ReadAll(res.Body)
						_ = res.Body.Close()
						if strings.Contains(string(text), "{") {
							t.Errorf("after the half comes %.200s", text)
						}
					}
					switch {
					case err == nil:
						t.Error("the answer ends as if it were whole")
					case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "stream error"):
					default:
						t.Errorf("the client sees %v", err)
					}
					s.wait()
					if value == http.ErrAbortHandler {
						if logged.String() != "" {
							t.Errorf("logged %s", logged)
						}
					} else {
						checkPanicLogged(t, logged, "jsonerrors_test.go", map[string]string{"exception.type": "string"})
					}
					if s.log.String() != "" {
						t.Errorf("the server logged %s", s.log)
					}
				})
			}
		}
	}
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("reader") }

func TestJSONErrorsAbort(t *testing.T) {
	logged := captureDefaultLog(t)
	for _, value := range []error{http.ErrAbortHandler, fmt.Errorf("wrapped: %w", http.ErrAbortHandler)} {
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if v := recover(); v != any(value) {
					t.Errorf("recovered %v", v)
				}
			}()
			signup.JSONErrors(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(value) }), nil).
				ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		}()
		if w.Body.Len() > 0 || logged.String() != "" {
			t.Errorf("answered %s, logged %s", w.Body, logged)
		}
	}
}

// The client reads each piece before the handler writes the next.
func TestJSONErrorsStreams(t *testing.T) {
	flushes := map[string]func(w http.ResponseWriter) error{
		"Flusher":            func(w http.ResponseWriter) error { w.(http.Flusher).Flush(); return nil },
		"ResponseController": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
	}
	for _, p := range protocols {
		for name, flush := range flushes {
			for _, code := range []int{200, 404} {
				t.Run(fmt.Sprintf("%s %s %d", p.name, name, code), func(t *testing.T) {
					next, cancel := make(chan struct{}), make(chan struct{})
					defer close(cancel)
					s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						w.WriteHeader(code)
						for _, piece := range []string{"", "404 page not found", "more"} {
							_, _ = io.WriteString(w, piece)
							if err := flush(w); err != nil {
								t.Error(err)
							}
							select {
							case <-next:
							case <-cancel:
							}
						}
					}))
					res := s.get(t, "GET", "/", nil) // returns with the header, before any body
					if res.StatusCode != code {
						t.Errorf("status %d", res.StatusCode)
					}
					next <- struct{}{}
					for _, piece := range []string{"404 page not found", "more"} {
						got := make([]byte, len(piece))
						if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != piece {
							t.Errorf("%q, %v", got, err)
						}
						next <- struct{}{}
					}
					if rest := readAll(t, res); rest != "" {
						t.Errorf("then %q", rest)
					}
				})
			}
		}
	}
}

// unflushable is a ResponseWriter and nothing more.
type unflushable struct{ http.ResponseWriter }

func TestJSONErrorsUnsupported(t *testing.T) {
	w := httptest.NewRecorder()
	signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_, _, err := c.Hijack()
		for what, err := range map[string]error{
			"Hijack": err, "EnableFullDuplex": c.EnableFullDuplex(), "SetReadDeadline": c.SetReadDeadline(time.Time{}),
		} {
			if !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("%s: %v", what, err)
			}
		}
		http.NotFound(w, r)
	}), nil).ServeHTTP(unflushable{w}, httptest.NewRequest("GET", "/", nil))
	checkPlain(t, w.Result(), http.StatusNotFound)

	w = httptest.NewRecorder()
	signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush: %v", err)
		}
		_, _ = io.WriteString(w, "own text")
	}), nil).ServeHTTP(unflushable{w}, httptest.NewRequest("GET", "/", nil))
	if w.Code != 200 || w.Body.String() != "own text" {
		t.Errorf("status %d, body %s", w.Code, w.Body)
	}
}

func TestJSONErrorsWriteDeadline(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			failed := make(chan error, 1)
			s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				c := http.NewResponseController(w)
				if err := c.SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
					t.Errorf("SetWriteDeadline: %v", err)
				}
				_, _ = io.WriteString(w, "too late")
				failed <- c.Flush()
			}))
			res, err := s.client.Post(s.URL, "text/plain", nil)
			if err == nil {
				text, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err == nil {
					t.Errorf("the client got %q", text)
				}
			}
			if err := <-failed; err == nil {
				t.Error("a flush after the deadline succeeds")
			}
		})
	}
}

func TestJSONErrorsFullDuplex(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c := http.NewResponseController(w)
				if err := c.EnableFullDuplex(); err != nil {
					t.Errorf("EnableFullDuplex: %v", err)
				}
				piece := make([]byte, 4)
				for {
					if _, err := io.ReadFull(r.Body, piece); err != nil {
						return
					}
					_, _ = w.Write(piece)
					_ = c.Flush()
				}
			}))
			body, send := io.Pipe()
			r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.WriteString(send, "ping") }()
			res, err := s.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 4)
			if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != "ping" {
				t.Fatalf("%q, %v", got, err)
			}
			_, _ = io.WriteString(send, "pong")
			_ = send.Close()
			if rest := readAll(t, res); rest != "pong" {
				t.Errorf("then %q", rest)
			}
		})
	}
}

func TestJSONErrorsHijack(t *testing.T) {
	hijackers := map[string]func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error){
		"Hijacker": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) { return w.(http.Hijacker).Hijack() },
		"ResponseController": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			return http.NewResponseController(w).Hijack()
		},
	}
	for name, hijack := range hijackers {
		for _, p := range protocols[:2] {
			for _, panics := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s, panics %t", p.name, name, panics), func(t *testing.T) {
					logged := captureDefaultLog(t)
					s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						conn, rw, err := hijack(w)
						if err != nil {
							t.Error(err)
							return
						}
						defer func() { _ = conn.Close() }()
						_, _ = rw.WriteString("HTTP/1.1 404 Own Words\r\nContent-Length: 3\r\n\r\nown")
						_ = rw.Flush()
						if panics {
							panic("inner-text")
						}
					}))
					res := s.get(t, "GET", "/", nil)
					if text := readAll(t, res); text != "own" || res.Status != "404 Own Words" {
						t.Errorf("%s, %q", res.Status, text)
					}
					s.wait()
					if (strings.Contains(logged.String(), "signup: panic")) != panics || s.log.String() != "" {
						t.Errorf("logged %s; the server %s", logged, s.log)
					}
				})
			}
		}
	}
}

// 101 is the one answer below 200 that is final.
func TestJSONErrorsSwitchingProtocols(t *testing.T) {
	conn := dial(t, signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "switched")
		_ = conn.Close()
	}), nil))
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	text, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 101 ") || !strings.HasSuffix(string(text), "\r\n\r\nswitched") {
		t.Errorf("%q, %v", text, err)
	}

	_ = captureDefaultLog(t)
	w := httptest.NewRecorder()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler || w.Body.Len() > 0 {
			t.Errorf("after a panic: %v, %s", v, w.Body)
		}
	}()
	signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusSwitchingProtocols)
		panic("inner-text")
	}), nil).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
}

// A fileSender notices whether its own way of sending files is used.
type fileSender struct {
	*httptest.ResponseRecorder
	used bool
}

func (f *fileSender) ReadFrom(src io.Reader) (int64, error) {
	f.used = true
	return io.Copy(f.ResponseRecorder, src)
}

func TestJSONErrorsReadFrom(t *testing.T) {
	for _, c := range []struct {
		status int // 0: implied
		used   bool
	}{
		{0, true}, {200, true}, {206, true}, {404, false},
	} {
		f := &fileSender{ResponseRecorder: httptest.NewRecorder()}
		signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if c.status != 0 {
				w.WriteHeader(c.status)
			}
			if n, err := io.Copy(w, onlyReader{strings.NewReader("own text")}); n != 8 || err != nil {
				t.Errorf("copied %d, %v", n, err)
			}
		}), nil).ServeHTTP(f, httptest.NewRequest("GET", "/", nil))
		if f.used != c.used || f.Body.String() != "own text" || f.Code != max(c.status, 200) {
			t.Errorf("status %d: ReadFrom used: %t; %d, %s", c.status, f.used, f.Code, f.Body)
		}
	}
}

func TestJSONErrorsCloseNotify(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			begun, noticed := make(chan struct{}), make(chan bool, 1)
			s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				// Not by its name in net/http, which is deprecated.
				gone := w.(interface{ CloseNotify() <-chan bool }).CloseNotify()
				select {
				case <-gone:
					t.Error("gone at once")
				default:
				}
				close(begun)
				select {
				case v := <-gone:
					noticed <- v
				case <-time.After(5 * time.Second):
					noticed <- false
				}
			}))
			ctx, cancel := context.WithCancel(t.Context())
			r, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			go func() { <-begun; cancel() }()
			if res, err := s.client.Do(r); err == nil {
				t.Errorf("status %d", res.StatusCode)
				_ = res.Body.Close()
			}
			if !<-noticed {
				t.Error("the handler doesn't notice that the client has gone")
			}
		})
	}
}

// The two handlers together, as a program has them, over both protocols.
func TestJSONErrorsAroundHandler(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			mux := http.NewServeMux()
			a := &signup.Accounts{Hasher: plainHasher{}, Store: newAccounts().Store}
			mux.Handle("/v1/users/new", signup.NewHandler(a, quiet))
			mux.Handle("POST /post/only", signup.NewHandler(a, quiet))
			s := p.serve(t, mux)
			for _, c := range []struct {
				method, path, body string
				status             int
				allow, message     string
			}{
				{"POST", "/v1/users/new", adaBody, 200, "", "'" + adaEmail + "' added successfully!"},
				{"POST", "/v1/users/new", adaBody, 409, "", "'" + adaEmail + "' already exists."},
				{"POST", "/v1/users/new", "{", 400, "", notJSON + "1."},
				{"POST", "/v1/users/new", strings.Repeat(" ", 64<<10+1), 413, "", "The request's body must be at most 65536 bytes long."},
				{"GET", "/v1/users/new", "", 405, "OPTIONS, POST", bareAnswers[405].Message},
				{"GET", "/post/only", "", 405, "POST", bareAnswers[405].Message},
				{"POST", "/v1/users/new/", adaBody, 404, "", bareAnswers[404].Message},
			} {
				r, err := http.NewRequestWithContext(t.Context(), c.method, s.URL+c.path, strings.NewReader(c.body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				res, err := s.client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				if got := checkPlain(t, res, c.status); got.Message != c.message || res.Header.Get("Allow") != c.allow {
					t.Errorf("%s %s: %+v, Allow %q", c.method, c.path, got, res.Header.Get("Allow"))
				}
			}
		})
	}
}
