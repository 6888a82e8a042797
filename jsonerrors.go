package signup

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
)

// JSONErrorsOptions are the options of JSONErrors. Nil and the zero value select
// the defaults.
type JSONErrorsOptions struct {
	// Logger gets a record of each panic. Nil is slog.Default().
	Logger *slog.Logger
}

// JSONErrors returns a handler that responds as next does, except that the bare
// 404, 405 and 500 of routers become JSON in the form of [NewHandler]'s (or problem
// details, if the request prefers those), and that a panic in next becomes a
// 500, with the stack in the log. Wrap the whole mux in it:
//
//	http.ListenAndServe(addr, signup.JSONErrors(mux, nil))
//
// A response is bare if its body is empty or one of the texts that
// [http.NotFound], http.ServeMux and gin write. A body of the application's own is
// left alone, whatever its status. Headers that next has set, such as Allow, are
// kept.
//
// A panic after the response has begun cuts the connection, so that the client
// doesn't take half a response for a whole one. [http.ErrAbortHandler] passes
// through.
//
// The ResponseWriter that next gets works with http.ResponseController, and is
// an http.Flusher, an http.Hijacker, an http.CloseNotifier (which gin's Stream
// needs) and an io.ReaderFrom. A router's own recovery from panics, such as that
// of gin.Default, comes first, and may end half a response as if it were whole.
func JSONErrors(next http.Handler, opts *JSONErrorsOptions) http.Handler {
	logger := slog.Default
	if opts != nil && opts.Logger != nil {
		logger = func() *slog.Logger { return opts.Logger }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &errorWriter{ResponseWriter: w, r: r}
		defer func() {
			v := recover()
			if v == nil {
				e.finish()
				return
			}
			logPanic(r.Context(), logger(), v)
			if e.state != fresh && e.state != holding {
				panic(http.ErrAbortHandler)
			}
			e.replace(brokenResponse)
		}()
		next.ServeHTTP(e, r)
	})
}

// An errorWriter holds back the header of a 404, 405 or 500 until it is
// seen whether a body of the application's own follows.
type errorWriter struct {
	http.ResponseWriter
	r      *http.Request
	state  writerState
	status int // the one held back
}

type writerState int

const (
	fresh    writerState = iota // nothing was written
	holding                     // status waits for the body
	passing                     // all goes through
	replaced                    // a JSON body was written; the rest of next's is dropped
)

func (e *errorWriter) WriteHeader(status int) {
	switch {
	case e.state != fresh:
		if e.state == passing {
			e.ResponseWriter.WriteHeader(status) // net/http logs the mistake
		}
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusInternalServerError:
		e.state, e.status = holding, status
	default:
		if status >= 200 || status == http.StatusSwitchingProtocols {
			e.state = passing
		}
		e.ResponseWriter.WriteHeader(status)
	}
}

func (e *errorWriter) Write(b []byte) (int, error) {
	if e.state == holding {
		if len(b) == 0 {
			return 0, nil
		}
		if e.isBare(b) {
			e.replace(bareResponse(e.status))
		}
	}
	if e.state == replaced {
		return len(b), nil
	}
	e.pass()
	return e.ResponseWriter.Write(b)
}

// ReadFrom keeps the ResponseWriter's own way of sending files.
func (e *errorWriter) ReadFrom(src io.Reader) (int64, error) {
	if from, ok := e.ResponseWriter.(io.ReaderFrom); ok && (e.state == fresh || e.state == passing) {
		before := e.state
		e.state = passing
		n, err := from.ReadFrom(src)
		if n == 0 {
			e.state = before // nothing was written, not even a header
		}
		return n, err
	}
	return io.Copy(struct{ io.Writer }{e}, src)
}

// isBare reports whether body is a router's and not the application's.
func (e *errorWriter) isBare(body []byte) bool {
	h := e.Header()
	if len(body) > 64 || h.Get("Content-Encoding") != "" || !isPlainText(h.Get("Content-Type")) {
		return false
	}
	if len(body) == 0 {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(string(body))) {
	case "404 page not found":
		return e.status == http.StatusNotFound
	case "method not allowed", "405 method not allowed":
		return e.status == http.StatusMethodNotAllowed
	case "internal server error":
		return e.status == http.StatusInternalServerError
	}
	return false
}

func isPlainText(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.TrimSpace(mediaType)
	return mediaType == "" || strings.EqualFold(mediaType, "text/plain")
}

// finish ends an answer that has no body.
func (e *errorWriter) finish() {
	if e.state != holding {
		return
	}
	if e.isBare(nil) {
		e.replace(bareResponse(e.status))
		return
	}
	e.pass()
}

// pass lets what was held back go, and everything after it.
func (e *errorWriter) pass() {
	if e.state == holding {
		e.ResponseWriter.WriteHeader(e.status)
	}
	e.state = passing
}

func (e *errorWriter) replace(res response) {
	e.state = replaced
	for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified"} {
		e.Header().Del(name) // they described another body
	}
	res.write(e.ResponseWriter, e.r)
}

func bareResponse(status int) response {
	if status == http.StatusInternalServerError {
		return brokenResponse
	}
	return httpError(status)
}

// Unwrap is for http.ResponseController.
func (e *errorWriter) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// FlushError is for http.ResponseController.
func (e *errorWriter) FlushError() error {
	if e.state == replaced {
		return nil
	}
	e.pass()
	return http.NewResponseController(e.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (e *errorWriter) Flush() { _ = e.FlushError() }

// Hijack implements http.Hijacker.
func (e *errorWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(e.ResponseWriter).Hijack()
	if err == nil {
		e.state = passing
	}
	return conn, rw, err
}

// CloseNotify implements http.CloseNotifier.
func (e *errorWriter) CloseNotify() <-chan bool {
	gone := make(chan bool, 1)
	context.AfterFunc(e.r.Context(), func() { gone <- true })
	return gone
}
