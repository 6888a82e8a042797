package signup

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
)

// JSONErrorsOptions are the options of [JSONErrors]. Nil and the zero value select
// the defaults.
type JSONErrorsOptions struct {
	// Logger gets a record of each panic. Nil is slog.Default().
	Logger *slog.Logger
	// Translate is like that of [HandlerOptions].
	Translate func(languages []string, m Message) string
}

// JSONErrors returns a handler that responds as next does, except that the bare
// 404, 405 and 500 of routers become JSON in the form of [NewHandler]'s (or problem
// details, if the request prefers those), and that a panic in next becomes a
// 500, with the stack in the log. Wrap the whole mux in it:
//
//	http.ListenAndServe(addr, signup.JSONErrors(mux, nil))
//
// A response is bare if its whole body is empty or one of the texts that
// [http.NotFound], http.ServeMux and gin write. A body of the application's own is
// left alone, whatever its status, and so is a response that is flushed. The JSON
// has the headers that next has set, such as Allow, except for those that describe
// the body, such as ETag. If next panics, the 500 has only the headers that were set
// before next was called.
//
// A panic after the response has begun cuts the connection, so that the client
// doesn't take half a response for a whole one. [http.ErrAbortHandler] passes
// through.
//
// The ResponseWriter that next gets works with http.ResponseController, and is
// an http.Flusher, an http.Hijacker, an http.CloseNotifier (which gin's Stream
// needs) and an io.ReaderFrom. A router's own recovery from panics, such as that
// of gin.Default, comes first, and may end half a response as if it were whole.
//
// JSONErrors panics if next is nil, as that is a mistake in the program.
func JSONErrors(next http.Handler, opts *JSONErrorsOptions) http.Handler {
	if next == nil {
		panic("signup: JSONErrors without a handler")
	}
	var words wording
	if opts != nil {
		words = wording{translate: opts.Translate, logger: opts.Logger}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &errorWriter{ResponseWriter: w, r: r, wording: words}
		before := w.Header().Clone()
		defer func() {
			v := recover()
			if v == nil {
				e.finish()
				return
			}
			logPanic(r.Context(), cmp.Or(words.logger, slog.Default()), v)
			if e.state != fresh && e.state != holding {
				panic(http.ErrAbortHandler)
			}
			setHeader(w.Header(), before) // without a session's cookie, for example
			brokenResponse.write(w, r, words)
		}()
		next.ServeHTTP(e, r)
	})
}

// An errorWriter holds back the header of a 404, 405 or 500, and a short body,
// until it is seen whether the body is the application's own.
type errorWriter struct {
	http.ResponseWriter
	r       *http.Request
	wording wording
	state   writerState
	held    heldResponse
}

type writerState int

const (
	fresh   writerState = iota // nothing was written
	holding                    // held is not written yet
	passing                    // all goes through
)

// A heldResponse is the beginning of a response.
type heldResponse struct {
	status int
	header http.Header // as it was when WriteHeader was called
	body   []byte
}

func (e *errorWriter) WriteHeader(status int) {
	switch {
	case e.state != fresh:
		if e.state == passing {
			e.ResponseWriter.WriteHeader(status) // net/http logs the mistake
		}
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusInternalServerError:
		e.state = holding
		e.held = heldResponse{status: status, header: e.Header().Clone()}
	default:
		e.ResponseWriter.WriteHeader(status) // panics if there is no such status
		if status >= 200 || status == http.StatusSwitchingProtocols {
			e.state = passing
		}
	}
}

func (e *errorWriter) Write(b []byte) (int, error) {
	if e.state == holding && len(b) <= maxBareText {
		body := slices.Concat(e.held.body, b)
		if e.held.mayBecomeBare(body) {
			e.held.body = body
			return len(b), nil
		}
	}
	if err := e.pass(); err != nil {
		return 0, err
	}
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

// finish ends a response after which next writes nothing more.
func (e *errorWriter) finish() {
	if e.state != holding {
		return
	}
	if !e.held.isBare() {
		_ = e.pass() // if it fails, the client has gone
		return
	}
	setHeader(e.Header(), e.held.header)
	removeBodyHeaders(e.Header())
	bareResponse(e.held.status).write(e.ResponseWriter, e.r, e.wording)
}

// pass lets what is held back go, and everything after it.
func (e *errorWriter) pass() error {
	if e.state != holding {
		e.state = passing
		return nil
	}
	e.state = passing
	header, body := e.Header(), e.held.body
	if maps.EqualFunc(header, e.held.header, slices.Equal) {
		e.ResponseWriter.WriteHeader(e.held.status)
	} else {
		// What was set later isn't sent, except for trailers.
		later := maps.Clone(header)
		setHeader(header, e.held.header)
		e.ResponseWriter.WriteHeader(e.held.status)
		maps.Copy(header, later)
	}
	e.held = heldResponse{}
	if len(body) == 0 {
		return nil
	}
	_, err := e.ResponseWriter.Write(body)
	return err
}

// Unwrap is for http.ResponseController.
func (e *errorWriter) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// FlushError is for http.ResponseController.
func (e *errorWriter) FlushError() error {
	if err := e.pass(); err != nil {
		return err
	}
	return http.NewResponseController(e.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (e *errorWriter) Flush() { _ = e.FlushError() }

// Hijack implements http.Hijacker.
func (e *errorWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if e.state == holding { // net/http writes a header before the connection is taken
		if err := e.pass(); err != nil {
			return nil, nil, err
		}
	}
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
