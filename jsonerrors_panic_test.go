package signup_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

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
					w.Header().Set("Set-Cookie", "session=1")
					w.Header().Set("Location", "/home")
					w.Header().Set("Content-Range", "bytes 0-4/9")
					w.Header().Set("Trailer", "X-Sum")
					w.Header().Set(http.TrailerPrefix+"X-More", "1")
				},
				"after a bare text": func(w http.ResponseWriter) {
					w.Header().Set("Set-Cookie", "session=1")
					http.Error(w, "404 page not found", 404)
					w.Header().Set("Location", "/home")
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
					for _, name := range []string{"Content-Encoding", "ETag", "Set-Cookie", "Location", "Content-Range", "Trailer"} {
						if res.Header.Get(name) != "" {
							t.Errorf("got the header %v, want no %s", res.Header, name)
						}
					}
					if all := dump(t, res); strings.Contains(all, "inner-text") || strings.Contains(all, "goroutine") {
						t.Errorf("got the response %s, want it without the panic and its stack", all)
					}
					if got := checkPlain(t, res, http.StatusInternalServerError); got.Message != brokenMessage {
						t.Errorf("got the response %+v, want the message %q", got, brokenMessage)
					}
					res = s.get(t, "GET", "/", http.Header{"Accept": {"application/problem+json"}})
					checkProblem(t, res, http.StatusInternalServerError)
					first, rest, _ := strings.Cut(logged.String(), "\n")
					for _, line := range []string{first, rest} { // one for each request
						one := new(logBuffer)
						_, _ = one.Write([]byte(line))
						checkPanicLogged(t, one, "endpoint_failure_test.go", c.log)
					}
					if s.log.String() != "" {
						t.Errorf("the server logged %s, want nothing", s.log)
					}
				})
			}
		}
	}
}

// The 500 after a panic has the header that was set before the handler was called.
func TestJSONErrorsPanicHeader(t *testing.T) {
	_ = captureDefaultLog(t)
	for name, begin := range map[string]func(http.ResponseWriter){
		"set":           func(w http.ResponseWriter) { w.Header().Set("X-Request-Id", "2") },
		"added":         func(w http.ResponseWriter) { w.Header().Add("Vary", "Cookie") },
		"removed":       func(w http.ResponseWriter) { w.Header().Del("X-Request-Id") },
		"changed":       func(w http.ResponseWriter) { w.Header()["X-Request-Id"][0] = "2" },
		"cleared":       func(w http.ResponseWriter) { clear(w.Header()) },
		"not canonical": func(w http.ResponseWriter) { w.Header()["set-cookie"] = []string{"session=1"} },
		"after a bare 404": func(w http.ResponseWriter) {
			w.Header().Del("X-Request-Id")
			w.WriteHeader(404)
			w.Header().Set("X-Late", "1")
		},
		"an unknown status": func(w http.ResponseWriter) {
			w.Header().Set("Set-Cookie", "session=1")
			w.WriteHeader(1000)
		},
	} {
		w := httptest.NewRecorder()
		w.Header().Set("X-Request-Id", "1")
		w.Header().Set("Vary", "Origin")
		signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			panic("inner-text")
		}), nil).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		got := w.Result().Header
		for _, name := range []string{"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options"} {
			got.Del(name)
		}
		want := http.Header{"X-Request-Id": {"1"}, "Vary": {"Origin", "Accept"}}
		if w.Code != http.StatusInternalServerError || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got status %d, header %v; want 500, %v", name, w.Code, got, want)
		}
	}
}

// An incomplete response must not look like a complete one.
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
							t.Errorf("after the half of the body comes %.200s, want no error response", text)
						}
					}
					switch {
					case err == nil:
						t.Error("reading the body returned nil, want an error for the half response")
					case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "stream error"):
					default:
						t.Errorf("reading the body returned %v, want io.EOF, io.ErrUnexpectedEOF or a stream error", err)
					}
					s.wait()
					if value == http.ErrAbortHandler {
						if logged.String() != "" {
							t.Errorf("logged %s, want nothing for http.ErrAbortHandler", logged)
						}
					} else {
						checkPanicLogged(t, logged, "jsonerrors_panic_test.go", map[string]string{"exception.type": "string"})
					}
					if s.log.String() != "" {
						t.Errorf("the server logged %s, want nothing", s.log)
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
					t.Errorf("recovered %v, want %v", v, value)
				}
			}()
			signup.JSONErrors(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(value) }), nil).
				ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		}()
		if w.Body.Len() > 0 || logged.String() != "" {
			t.Errorf("got the body %q, logged %q; want neither", w.Body, logged)
		}
	}
}

func TestNewJSONErrorsPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "signup: JSONErrors without a handler" {
			t.Errorf("JSONErrors(nil, nil) panicked with %v, want \"signup: JSONErrors without a handler\"", v)
		}
	}()
	signup.JSONErrors(nil, nil)
}
