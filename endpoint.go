package signup

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/gosignup/signup/internal/outage"
)

// HandlerOptions are the options of [NewHandler] and [NewLoginHandler]. Nil and the
// zero value select the defaults.
type HandlerOptions struct {
	// MaxBodyBytes limits the request's body; a longer one gets status 413. 0 is
	// 64 KiB.
	MaxBodyBytes int64
	// Logger gets a record of each POST request that succeeds, is refused or
	// fails, with neither address nor password. If requests are refused for lack
	// of capacity, it gets a warning when that begins, with the cause, and another
	// when none was refused for 10 seconds, with their number. Nil is
	// slog.Default().
	Logger *slog.Logger
	// Client returns what is known about the client of a request: its Origin, for
	// [Limits].PerOrigin, and its device cookie. If the program runs behind a proxy,
	// r.RemoteAddr is the proxy's address, and a header such as X-Forwarded-For is
	// only right if the proxy sets it. So nothing of the request is used unasked: if
	// Client is nil, nothing is known.
	Client func(r *http.Request) Client
	// Translate returns the text of m in one of languages: the tags of the request's
	// Accept-Language (RFC 9110, section 12.5.4) in the canonical form of BCP 47, the
	// preferred one first, without "*" and without those of weight 0. There are at
	// most 10, from the first 1024 bytes; there is none if the client prefers none. To
	// choose one, see golang.org/x/text/language.MatchStrings. If the application knows
	// the language better, from a cookie for example, it sets the header before.
	//
	// Each text of a response passes through Translate, once: "message" or "detail",
	// and "message" in each of "errors", also those of the application's own
	// FieldErrors. "title" and "error" stay as they are, since they are the names of
	// HTTP's statuses. The response has Vary: Accept-Language, and no
	// Content-Language.
	//
	// The empty text stands for m.English. If Translate panics, the rest of the
	// response is in English, and the log has the stack. Nil is English for every
	// request. Translate is called by several goroutines at once.
	Translate func(languages []string, m Message) string
}

// client returns what is known about the client of r.
func (o *HandlerOptions) client(r *http.Request) Client {
	if o.Client == nil {
		return Client{}
	}
	return o.Client(r)
}

const defaultMaxBody = 64 << 10

// notAllowed is the response to a method that a URL doesn't have.
var notAllowed = httpError(http.StatusMethodNotAllowed, Message{Code: CodeMethodNotAllowed})

// An endpoint serves one kind of request: a POST with a JSON object, or a GET. It does
// what all endpoints share: the method, admission, the limit on the body, strict JSON,
// panics, errors and the log. What is special to one is its function serve.
type endpoint struct {
	name  string // in log records
	opts  HandlerOptions
	isGet bool // GET and HEAD, without a body
	// fields and booleans are the members that serve uses: texts, and true or false.
	// Others are dropped.
	fields, booleans []string
	// keepNull reports whether a null is the empty text. Otherwise it counts as absent.
	keepNull bool
	// codes reports whether responses have the code of their message.
	codes bool
	// admit decides whether there is capacity for the request. It is called once,
	// before the body is read, so that a refusal is cheap.
	admit func(q *request) error
	serve func(q *request) (response, error)
	// retryAfter is sent with ErrBusy.
	retryAfter time.Duration
	overload   outage.Overload
}

// A request is on its way through an endpoint.
type request struct {
	w startedWriter
	r *http.Request
	// ctx is that of r, with its languages.
	ctx context.Context
	// in has the members of the JSON object. A missing one is absent, and true is "true".
	in texts
	// session is that of the client, if the endpoint needs one.
	session Session
}

// newEndpoint returns an endpoint of a, without its fields. It panics if a can't
// be used.
func newEndpoint(name string, a *Accounts, opts *HandlerOptions, serve func(*request) (response, error)) *endpoint {
	if a == nil {
		panic("signup: " + name + " handler without Accounts")
	}
	if err := a.setUp(); err != nil {
		panic(err)
	}
	admit := func(*request) error { return a.admit() }
	e := &endpoint{name: name, admit: admit, serve: serve, retryAfter: a.maxWait}
	if opts != nil {
		e.opts = *opts
	}
	switch {
	case e.opts.MaxBodyBytes == 0:
		e.opts.MaxBodyBytes = defaultMaxBody
	case e.opts.MaxBodyBytes < 0:
		panic("signup: MaxBodyBytes is negative")
	}
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case e.allows(r.Method):
		q := &request{
			w: startedWriter{ResponseWriter: w}, r: r,
			ctx: withAcceptLanguage(r.Context(), r.Header["Accept-Language"]),
		}
		res := e.respond(q)
		switch {
		case !q.w.started:
			res.write(w, r, e.wording())
		case res.status >= 500: // cut it, so that it isn't taken for a whole one
			panic(http.ErrAbortHandler)
		}
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", e.allowed())
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", e.allowed())
		notAllowed.write(w, r, e.wording())
	}
}

// allows reports whether e serves requests with method.
func (e *endpoint) allows(method string) bool {
	if e.isGet {
		return method == http.MethodGet || method == http.MethodHead
	}
	return method == http.MethodPost
}

// allowed returns the value of the header Allow.
func (e *endpoint) allowed() string {
	if e.isGet {
		return "GET, HEAD, OPTIONS"
	}
	return "OPTIONS, POST"
}

// respond returns the response to a request with an allowed method.
func (e *endpoint) respond(q *request) (res response) {
	served := false
	var before http.Header // the header before serve was called
	undo := func() {
		if served && !q.w.started {
			clear(q.w.Header()) // a session's cookie, for example
			maps.Copy(q.w.Header(), before)
		}
	}
	defer func() {
		if v := recover(); v != nil {
			logPanic(q.ctx, e.logger(), v)
			res = brokenResponse
			undo()
		}
	}()
	err := e.read(q)
	if err == nil {
		if header := q.w.Header(); len(header) > 0 {
			before = maps.Clone(header)
		}
		served = true
		res, err = e.serve(q)
	}
	if err != nil {
		undo()
		return e.refuse(q, err)
	}
	level := slog.LevelInfo
	if e.isGet {
		level = slog.LevelDebug
	}
	e.log(q.ctx, level, res.outcome, "enduser.pseudo.id", res.userID)
	return res
}

// refuse logs err and returns its response.
func (e *endpoint) refuse(q *request, err error) response {
	res, level, outcome := newErrorResponse(q.ctx, err, e.retryAfter)
	if res.status == http.StatusServiceUnavailable && errors.Is(err, ErrBusy) {
		e.overload.Note(q.ctx, e.logger(), e.name, err)
	}
	e.log(q.ctx, level, outcome, "http.response.status_code", res.status, "error", err)
	return res
}
