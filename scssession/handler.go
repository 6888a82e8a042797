package scssession

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
)

// Handler returns a handler that calls next with the session of the client. It must
// surround all handlers that use s or the manager, and takes the place of the manager's
// LoadAndSave:
//
//	http.ListenAndServe(addr, sessions.Handler(mux))
//
// The session is loaded before next is called, and saved, if it was changed, when the
// response begins. If the store fails, the manager's ErrorFunc responds. When that is
// after next was called, the response of next is dropped, with its headers, so that it
// claims no success. If a store returns data that can't be decoded, as after a change of
// the manager's Codec, the client has no session, and the log has a warning.
//
// If a request ends after another one of the same client has renewed or removed the
// session, its own changes of the session are dropped: a slow request doesn't undo a
// log-out. Of two requests that change the data at the same time, one wins.
//
// The ResponseWriter that next gets works with http.ResponseController, and is an
// http.Flusher, an http.Hijacker and an io.ReaderFrom. Handler panics if next is nil, as
// that is a mistake in the program.
func (s *Sessions) Handler(next http.Handler) http.Handler {
	if next == nil {
		panic("scssession: Handler without a handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		rw := &responseWriter{ResponseWriter: w, sessions: s, outer: r, before: w.Header().Clone()}
		if cookie, err := r.Cookie(s.manager.Cookie.Name); err == nil {
			rw.token = cookie.Value
		}
		ctx, err := s.load(r.Context(), rw.token)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		rw.request = r.WithContext(context.WithValue(ctx, writerKey{s}, rw))
		next.ServeHTTP(rw, rw.request)
		_ = rw.begin()
	})
}

func (s *Sessions) fail(w http.ResponseWriter, r *http.Request, err error) {
	err = fmt.Errorf("scssession: %w", err)
	if s.manager.ErrorFunc == nil {
		respondFailed(w, r, err)
		return
	}
	s.manager.ErrorFunc(w, r, err)
}

// errDropped is returned by the methods that write a response that was dropped.
var errDropped = errors.New("scssession: the response was dropped, because the session could not be saved")

// A responseWriter saves the session when the response begins.
type responseWriter struct {
	http.ResponseWriter
	sessions *Sessions
	outer    *http.Request // as the Handler got it,
	request  *http.Request // and with the session
	token    string        // that the client has sent
	before   http.Header   // before next was called

	// A goroutine of next may outlive it, as with http.TimeoutHandler.
	mu      sync.Mutex
	begun   bool
	dropped bool
	failed  bool // the last Set or Clear
}

func (w *responseWriter) hasBegun() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.begun
}

// note notes the error of a Set or Clear, and returns it with the name of this package.
func (w *responseWriter) note(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = err != nil
	if err != nil {
		return fmt.Errorf("scssession: %w", err)
	}
	return nil
}

// begin saves the session, once, and sets its cookie. If that fails, it writes another
// response.
func (w *responseWriter) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun {
		if w.dropped {
			return errDropped
		}
		return nil
	}
	w.begun = true
	if w.failed { // the caller has the error, and responds to it
		return nil
	}
	ctx := w.request.Context()
	token, expiry, changed, err := w.sessions.save(ctx, w.outer.Context(), w.token)
	if err != nil {
		w.dropped = true
		clear(w.Header())
		maps.Copy(w.Header(), w.before)
		w.sessions.fail(w.ResponseWriter, w.outer, err)
		return errDropped
	}
	if changed {
		w.sessions.manager.WriteSessionCookie(ctx, w.ResponseWriter, token, expiry)
	}
	return nil
}

func (w *responseWriter) WriteHeader(status int) {
	isInformational := status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
	if isInformational && !w.hasBegun() || w.begin() == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *responseWriter) Write(b []byte) (int, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(b)
}

// ReadFrom keeps the ResponseWriter's own way of sending files.
func (w *responseWriter) ReadFrom(src io.Reader) (int64, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return io.Copy(w.ResponseWriter, src)
}

// Unwrap is for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// FlushError is for http.ResponseController.
func (w *responseWriter) FlushError() error {
	if err := w.begin(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// Hijack implements http.Hijacker.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.begin(); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
