package signup_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gosignup/signup"
)

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
				"Content-Range": "bytes */9", "Content-Language": "de", "Content-Location": "/other", "Content-Disposition": "inline",
				"Content-Digest": "sha-256=:x=:", "Accept-Ranges": "bytes", "Trailer": "X-Sum", http.TrailerPrefix + "X-Late": "1",
				"X-Request-Id": "kept", "Set-Cookie": "kept=1", "Www-Authenticate": "kept",
			} {
				w.Header().Set(name, value)
			}
			w.WriteHeader(404)
		}},
		{"404 in pieces", 404, writeText(404, plain, "404 page", " not found\n")},
		{"405 in bytes", 405, writeText(405, plain, strings.Split("Method Not Allowed\n", "")...)},
		{"500 in pieces, white space first", 500, writeText(500, plain, "\n", "internal ", "server error", "\n")},
		{"404 in pieces, copied", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "404 page")
			if n, err := io.Copy(w, onlyReader{strings.NewReader(" not found")}); n != 10 || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"404, headers too late", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			w.Header().Set("X-Late", "1")
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
		}},
		{"404 of a text, headers too late", 404, func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			w.Header().Set("X-Late", "1")
			w.Header().Set(http.TrailerPrefix+"X-Late", "1")
			w.Header().Set("Content-Type", "text/html")
		}},
		{"headers, changed too late", 404, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", "kept")
			w.Header().Set("Set-Cookie", "kept=1")
			w.Header().Set("Www-Authenticate", "kept")
			w.WriteHeader(404)
			w.Header()["X-Request-Id"][0] = "late"
			w.Header().Add("Www-Authenticate", "late")
			w.Header().Del("Set-Cookie")
		}},
	}
	for _, p := range protocols {
		s := p.serve(t, byName(cases, func(c replaced) (string, http.HandlerFunc) { return c.name, c.handler }))
		for _, c := range cases {
			for _, method := range []string{"GET", "HEAD"} {
				for _, accept := range []string{"", "application/problem+json"} {
					t.Run(fmt.Sprintf("%s %s %s %s", p.name, method, c.name, accept), func(t *testing.T) {
						res := s.get(t, method, caseURL(c.name), http.Header{"Accept": {accept}})
						for _, gone := range []string{
							"ETag", "Last-Modified", "Content-Encoding", "Content-Range", "Content-Language", "Content-Location",
							"Content-Disposition", "Content-Digest", "Accept-Ranges", "Trailer", "X-Late",
						} {
							if value := res.Header.Get(gone); value != "" {
								t.Errorf("%s is %q, want none", gone, value)
							}
						}
						if strings.HasPrefix(c.name, "mux 405") && res.Header.Get("Allow") != "POST" {
							t.Errorf("Allow is %q, want POST", res.Header.Get("Allow"))
						}
						if strings.HasPrefix(c.name, "headers") && (res.Header.Get("X-Request-Id") != "kept" || res.Header.Get("Set-Cookie") != "kept=1" ||
							len(res.Header.Values("Www-Authenticate")) != 1 || len(res.Trailer) > 0) {
							t.Errorf("got the header %v, want X-Request-Id, Set-Cookie and Www-Authenticate as set, and no trailer", res.Header)
						}
						if method == "HEAD" {
							if text := readAll(t, res); text != "" || res.StatusCode != c.status || res.ContentLength <= 0 ||
								res.Header.Get("Content-Type") != map[bool]string{true: "application/json", false: accept}[accept == ""] {
								t.Errorf("got status %d, header %v, body %q; want %d, the header of the response to GET, no body", res.StatusCode, res.Header, text, c.status)
							}
							return
						}
						if accept == "" {
							want := bareAnswers[c.status]
							if got := checkPlain(t, res, c.status); got.Error != want.Error || got.Message != want.Message || got.Errors != nil {
								t.Errorf("got the response %+v, want the error %q and the message %q", got, want.Error, want.Message)
							}
							return
						}
						if got := checkProblem(t, res, c.status); got.Detail != bareAnswers[c.status].Message || got.Errors != nil {
							t.Errorf("got the problem %+v, want the detail %q and no errors", got, bareAnswers[c.status].Message)
						}
					})
				}
			}
		}
		if s.log.String() != "" {
			t.Errorf("%s: the server logged %s, want nothing", p.name, s.log)
		}
	}
}

// What isn't bare comes through as if JSONErrors weren't there.
func TestJSONErrorsLeavesAlone(t *testing.T) {
	const plain, html = "text/plain; charset=utf-8", "text/html; charset=utf-8"
	large := strings.Repeat("404 page not found\n", 1<<13)
	file := filepath.Join(t.TempDir(), "file.txt")
	if err := os.WriteFile(file, []byte(large), 0o600); err != nil {
		t.Fatalf("os.WriteFile returned %v, want nil", err)
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

		// Only a whole body is a router's.
		{"404 of own text in pieces, a bare text first", writeText(404, plain, "404 page not found", ": /users/7")},
		{"404 of own text in pieces, a bare line first", writeText(404, plain, "404 page not found\n", "", "See /help\n")},
		{"405 of own text in bytes", writeText(405, plain, strings.Split("Method Not Allowed here", "")...)},
		{"500 of own text in pieces, the last a bare text", writeText(500, plain, "1: ", "Internal Server Error")},
		{"404 of HTML in pieces without type, a bare text first", writeText(404, "", "404 page not found", "<br>")},
		{"404 of the beginning of a bare text", writeText(404, plain, "404 page")},
		{"404 of white space", writeText(404, plain, " ", "\n")},
		{"404 of a bare text and much white space", writeText(404, plain, "404 page not found", strings.Repeat("\n", 100))},
		{"500, then a page", writeText(500, plain, "Internal Server Error\n", "<!DOCTYPE html>\n", strings.Repeat("x", 1<<16))},
		{"404, then a copied page", func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			if n, err := io.Copy(w, onlyReader{strings.NewReader("a page")}); n != 6 || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"404 copied in pieces", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			pieces := io.MultiReader(strings.NewReader("404 page not found"), strings.NewReader(": "), strings.NewReader(large))
			if n, err := io.Copy(w, pieces); n != int64(len(large)+20) || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"404 twice", func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			http.NotFound(w, r)
		}},
		{"404, then 500 too late", func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			http.Error(w, "Internal Server Error", 500)
		}},
		{"404, then a flush and more", func(w http.ResponseWriter, r *http.Request) {
			http.NotFound(w, r)
			w.(http.Flusher).Flush()
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(err)
			}
			if n, err := io.WriteString(w, "more"); n != 4 || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},

		// A header ends with WriteHeader.
		{"404 of own text, headers too late", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Early", "1")
			w.Header().Set("X-Gone", "1")
			w.WriteHeader(404)
			w.Header().Set("X-Late", "1")
			w.Header().Add("X-Early", "2")
			w.Header().Del("X-Gone")
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "own text")
		}},
		{"404 of the beginning of a bare text, headers too late", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "404")
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Length", "99")
		}},
		{"405 of HTML, empty, headers too late", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.WriteHeader(405)
			w.Header().Set("Allow", "GET")
			w.Header()["Content-Type"][0] = "text/plain"
		}},
		{"500 flushed, headers too late", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			w.Header().Set("Set-Cookie", "late=1")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "Internal Server Error")
		}},
		{"500 copied, headers too late", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			w.Header().Set("Set-Cookie", "late=1")
			_, _ = io.Copy(w, onlyReader{strings.NewReader("own text")})
		}},
		{"404, headers and a 103 too late", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Early", "1")
			w.WriteHeader(404)
			w.Header().Set("X-Late", "1")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "own text")
		}},
		{"trailers, declared and not, and a header too late", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "404 page not found, ")
			w.(http.Flusher).Flush()
			w.Header().Set("X-Sum", "1")
			w.Header().Set("X-Late", "1")
			w.Header().Set(http.TrailerPrefix+"X-More", "2")
			_, _ = io.WriteString(w, "own text")
		}},
		{"trailer set between the header and the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			w.WriteHeader(404)
			w.Header().Set("X-Sum", "1")
			_, _ = io.WriteString(w, "own text")
		}},

		{"404 with a length, the text for GET only", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", plain)
			w.Header().Set("Content-Length", "8")
			w.WriteHeader(404)
			if r.Method != http.MethodHead {
				_, _ = io.WriteString(w, "own text")
			}
		}},
		{"404 with a length less than a bare text", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			w.WriteHeader(404)
			if n, err := io.WriteString(w, "404"); n != 3 || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}},
		{"404 with a length and more than a bare text", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "23")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "404 page not found")
			_, _ = io.WriteString(w, " here")
		}},

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

// A Write beyond the Content-Length is an error, also of what could be a router's.
func TestJSONErrorsTooLong(t *testing.T) {
	s := protocols[0].serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		w.WriteHeader(404)
		if n, err := io.WriteString(w, "404 page not found"); n != 0 || err != http.ErrContentLength {
			t.Errorf("WriteString returned %d, %v; want 0, http.ErrContentLength", n, err)
		}
		_, _ = io.WriteString(w, "own")
	}))
	if res := s.get(t, "GET", "/", nil); res.StatusCode != 404 || res.ContentLength != 3 {
		t.Errorf("got status %d, Content-Length %d; want 404, 3", res.StatusCode, res.ContentLength)
	}
}

// net/http says so when a handler writes a second header, and still does.
func TestJSONErrorsSecondHeader(t *testing.T) {
	s := protocols[0].serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusNotFound)
	}))
	if res := s.get(t, "GET", "/", nil); res.StatusCode != http.StatusAccepted || readAll(t, res) != "" {
		t.Errorf("got status %d, want 202 and no body", res.StatusCode)
	}
	if !strings.Contains(s.log.String(), "superfluous") {
		t.Errorf("the server logged %q, want superfluous in it", s.log)
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
				{"POST", "/v1/users/new", "{", 400, "", tooEarly},
				{"POST", "/v1/users/new", strings.Repeat(" ", 64<<10+1), 413, "", "The request's body must be at most 65536 bytes long."},
				{"GET", "/v1/users/new", "", 405, "OPTIONS, POST", bareAnswers[405].Message},
				{"GET", "/post/only", "", 405, "POST", bareAnswers[405].Message},
				{"POST", "/v1/users/new/", adaBody, 404, "", bareAnswers[404].Message},
			} {
				r, err := http.NewRequestWithContext(t.Context(), c.method, s.URL+c.path, strings.NewReader(c.body))
				if err != nil {
					t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
				}
				r.Header.Set("Content-Type", "application/json")
				res, err := s.client.Do(r)
				if err != nil {
					t.Fatalf("Do returned %v, want nil", err)
				}
				if got := checkPlain(t, res, c.status); got.Message != c.message || res.Header.Get("Allow") != c.allow {
					t.Errorf("%s %s: got the response %+v, Allow %q; want the message %q, Allow %q", c.method, c.path, got, res.Header.Get("Allow"), c.message, c.allow)
				}
			}
		})
	}
}
