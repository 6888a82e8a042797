package scssession_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/scssession"
)

// The cookie is set before the header leaves, however the response begins.
func TestResponseWriter(t *testing.T) {
	s := scssession.New(scssession.NewManager(&scssession.Options{InsecureCookies: true}))
	for name, begin := range map[string]func(w http.ResponseWriter){
		"nothing":     func(http.ResponseWriter) {},
		"WriteHeader": func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
		"Write":       func(w http.ResponseWriter) { fmt.Fprint(w, "text") },
		"io.Copy":     func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("text")) },
		"Flush":       func(w http.ResponseWriter) { w.(http.Flusher).Flush(); fmt.Fprint(w, "text") },
		"FlushError": func(w http.ResponseWriter) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Errorf("Flush returned %v, want nil", err)
			}
		},
		"early hints": func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints) },
		"deadline": func(w http.ResponseWriter) {
			if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
				t.Errorf("EnableFullDuplex returned %v, want nil", err)
			}
		},
		"Hijack": func(w http.ResponseWriter) {
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Errorf("Hijack returned %v, want nil", err)
				return
			}
			defer func() { _ = conn.Close() }()
			header := w.Header().Get("Set-Cookie")
			_ = writeAll(rw.Writer, "HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: "+header+"\r\n\r\n")
		},
	} {
		server := httptest.NewServer(s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := s.Set(w, r, session("ada")); err != nil {
				t.Errorf("Set returned %v, want nil", err)
			}
			begin(w)
		})))
		res, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatalf("%s: the request returned %v, want nil", name, err)
		}
		want := map[string]string{"Write": "text", "io.Copy": "text", "Flush": "text"}[name]
		if body := readBody(t, res); body != want || len(res.Cookies()) != 1 {
			t.Errorf("%s: got the body %q and %d cookies, want %q and 1", name, body, len(res.Cookies()), want)
		}
		_ = res.Body.Close()
		server.Close()
	}
}

func writeAll(w *bufio.Writer, text string) error {
	if _, err := w.WriteString(text); err != nil {
		return err
	}
	return w.Flush()
}

// After the session couldn't be saved, each way to write returns an error.
func TestDroppedResponse(t *testing.T) {
	captureLog(t)
	data := newStore()
	m := scssession.NewManager(&scssession.Options{Store: data})
	s := scssession.New(m)
	data.commitErr = errStore
	b := newBrowser(t, s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "basket", "apples")
		w.WriteHeader(http.StatusCreated)
		for name, write := range map[string]func() error{
			"Write":   func() error { _, err := w.Write([]byte("private")); return err },
			"io.Copy": func() error { _, err := io.Copy(w, strings.NewReader("private")); return err },
			"Flush":   func() error { return http.NewResponseController(w).Flush() },
			"Hijack":  func() error { _, _, err := http.NewResponseController(w).Hijack(); return err },
		} {
			if write() == nil {
				t.Errorf("%s returned nil, want an error", name)
			}
		}
	})))
	b.want("/", "Internal Server Error\n")
}

// A handler that is still running after its response has been sent, as with
// http.TimeoutHandler, sets no session.
func TestSetAfterTimeout(t *testing.T) {
	data := newStore()
	s := scssession.New(scssession.NewManager(&scssession.Options{Store: data}))
	sent, done := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		<-sent
		if err := s.Set(w, r, session("ada")); err == nil {
			t.Error("Set returned nil, want an error")
		}
	})
	b := newBrowser(t, s.Handler(http.TimeoutHandler(slow, time.Millisecond, "too slow")))
	b.want("/", "too slow")
	close(sent)
	<-done
	if len(b.cookies) != 0 || data.len() != 0 {
		t.Errorf("got %d cookies and %d stored sessions, want none", len(b.cookies), data.len())
	}
}
