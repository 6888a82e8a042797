package signup_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

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
								t.Errorf("flush returned %v, want nil", err)
							}
							select {
							case <-next:
							case <-cancel:
							}
						}
					}))
					res := s.get(t, "GET", "/", nil) // returns with the header, before any body
					if res.StatusCode != code {
						t.Errorf("got status %d, want %d", res.StatusCode, code)
					}
					next <- struct{}{}
					for _, piece := range []string{"404 page not found", "more"} {
						got := make([]byte, len(piece))
						if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != piece {
							t.Errorf("reading the body returned %q, %v; want %q, nil", got, err, piece)
						}
						next <- struct{}{}
					}
					if rest := readAll(t, res); rest != "" {
						t.Errorf("got %q after the pieces, want nothing", rest)
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
				t.Errorf("%s returned %v, want http.ErrNotSupported", what, err)
			}
		}
		http.NotFound(w, r)
	}), nil).ServeHTTP(unflushable{w}, httptest.NewRequest("GET", "/", nil))
	checkPlain(t, w.Result(), http.StatusNotFound)

	w = httptest.NewRecorder()
	signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush returned %v, want http.ErrNotSupported", err)
		}
		_, _ = io.WriteString(w, "own text")
	}), nil).ServeHTTP(unflushable{w}, httptest.NewRequest("GET", "/", nil))
	if w.Code != 200 || w.Body.String() != "own text" {
		t.Errorf("got status %d, body %q; want 200, \"own text\"", w.Code, w.Body)
	}
}

func TestJSONErrorsWriteDeadline(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			failed := make(chan error, 1)
			s := p.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				c := http.NewResponseController(w)
				if err := c.SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
					t.Errorf("SetWriteDeadline returned %v, want nil", err)
				}
				_, _ = io.WriteString(w, "too late")
				failed <- c.Flush()
			}))
			res, err := s.client.Post(s.URL, "text/plain", nil)
			if err == nil {
				text, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err == nil {
					t.Errorf("the client got %q without an error, want an error", text)
				}
			}
			if err := <-failed; err == nil {
				t.Error("Flush after the deadline returned nil, want an error")
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
					t.Errorf("EnableFullDuplex returned %v, want nil", err)
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
				t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
			}
			go func() { _, _ = io.WriteString(send, "ping") }()
			res, err := s.client.Do(r)
			if err != nil {
				t.Fatalf("Do returned %v, want nil", err)
			}
			got := make([]byte, 4)
			if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != "ping" {
				t.Fatalf("reading the body returned %q, %v; want ping, nil", got, err)
			}
			_, _ = io.WriteString(send, "pong")
			_ = send.Close()
			if rest := readAll(t, res); rest != "pong" {
				t.Errorf("got %q after ping, want pong", rest)
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
							t.Errorf("hijack returned %v, want nil", err)
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
						t.Errorf("got status %q, body %q; want \"404 Own Words\", own", res.Status, text)
					}
					s.wait()
					if (strings.Contains(logged.String(), "signup: panic")) != panics || s.log.String() != "" {
						t.Errorf("logged %s, want a panic in it: %t; the server logged %s, want nothing", logged, panics, s.log)
					}
				})
			}
		}
	}
}

// 101 is the only response below 200 that is final.
func TestJSONErrorsSwitchingProtocols(t *testing.T) {
	conn := dial(t, signup.JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("Hijack returned %v, want nil", err)
			return
		}
		_, _ = io.WriteString(conn, "switched")
		_ = conn.Close()
	}), nil))
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	text, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 101 ") || !strings.HasSuffix(string(text), "\r\n\r\nswitched") {
		t.Errorf("got the response %q, %v; want status 101, then switched, nil", text, err)
	}

	_ = captureDefaultLog(t)
	w := httptest.NewRecorder()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler || w.Body.Len() > 0 {
			t.Errorf("recovered %v, body %q; want http.ErrAbortHandler, no body", v, w.Body)
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
				t.Errorf("io.Copy returned %d, %v; want 8, nil", n, err)
			}
		}), nil).ServeHTTP(f, httptest.NewRequest("GET", "/", nil))
		if f.used != c.used || f.Body.String() != "own text" || f.Code != max(c.status, 200) {
			t.Errorf("with status %d: ReadFrom was called: %t, got status %d, body %q; want %t, %d, \"own text\"", c.status, f.used, f.Code, f.Body, c.used, max(c.status, 200))
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
					t.Error("CloseNotify reported a closed connection at once, want an open one")
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
				t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
			}
			go func() { <-begun; cancel() }()
			if res, err := s.client.Do(r); err == nil {
				t.Errorf("the client got status %d, want an error", res.StatusCode)
				_ = res.Body.Close()
			}
			if !<-noticed {
				t.Error("CloseNotify reported nothing after the client closed the connection, want a report")
			}
		})
	}
}

// What is held back goes before the connection is taken, as without JSONErrors.
func TestJSONErrorsHijackAfterHeader(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Early", "1")
		w.WriteHeader(404)
		w.Header().Set("X-Late", "1")
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("Hijack returned %v, want nil", err)
			return
		}
		_, _ = io.WriteString(conn, "own")
		_ = conn.Close()
	})
	for name, h := range map[string]http.Handler{"without JSONErrors": h, "with it": signup.JSONErrors(h, nil)} {
		conn := dial(t, h)
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		text, err := io.ReadAll(conn)
		got := string(text)
		if err != nil || !strings.HasPrefix(got, "HTTP/1.1 404 ") || !strings.HasSuffix(got, "\r\n\r\nown") ||
			!strings.Contains(got, "X-Early: 1") || strings.Contains(got, "X-Late") {
			t.Errorf("%s: got %q, %v; want status 404 with X-Early and without X-Late, then own, nil", name, got, err)
		}
	}
}
