package signup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
)

// HandlerOptions are the options of NewHandler. The zero value has the
// defaults.
type HandlerOptions struct {
	// MaxBodyBytes bounds the request's body; a longer one is answered 413.
	// 0 is 64 KiB.
	MaxBodyBytes int64
	// Logger gets a record of each registration, refusal and failure, with
	// neither address nor password. Nil is slog.Default().
	Logger *slog.Logger
}

const defaultMaxBody = 64 << 10

// NewHandler returns the handler that registers users with a. Mount it at
// whatever path, with the method POST or, so that it answers OPTIONS and all
// other methods too, without:
//
//	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
//
// The request is a JSON object (RFC 8259) of Content-Type application/json
// with the strings "email_address" and "password", and if wanted "first_name",
// "last_name" and a's declared Fields. null is as if absent. Other members are
// dropped; names must match exactly; a name given twice is an error.
//
// The answer is a JSON object with "message" and "success":
//
//	200  the user is registered
//	400  the request or what it says is not valid; where fields are wrong,
//	     "errors" lists each as a FieldError
//	405  the method is not POST; OPTIONS is answered 204; both carry Allow
//	409  the address is registered already
//	413  the body is too long
//	422  the Idempotency-Key was used with other data for the address
//	500  the Store failed, or panicked; the log says more
//	503  there is no capacity now; Retry-After says when to try again
//
// A request with the header Idempotency-Key (IETF draft
// draft-ietf-httpapi-idempotency-key-header) may be sent again after a failure,
// to any process, for 24 hours: who was registered by it is told so again, and
// not that the address is taken. See Registration.IdempotencyKey for what it is
// made of, with or without quotes around it, and Accounts.Register.
//
// To who prefers application/problem+json in Accept, errors are RFC 9457
// problem details instead. No answer has the text of an inner error.
//
// NewHandler panics if a is nil or can't be used (no Store, a Field that can't
// be declared), as that is a mistake in the program.
func NewHandler(a *Accounts, opts *HandlerOptions) http.Handler {
	if a == nil {
		panic("signup: NewHandler: no Accounts")
	}
	if err := a.setUp(); err != nil {
		panic(err)
	}
	h := &handler{accounts: a}
	if opts != nil {
		h.HandlerOptions = *opts
	}
	if h.MaxBodyBytes == 0 {
		h.MaxBodyBytes = defaultMaxBody
	}
	return h
}

type handler struct {
	HandlerOptions
	accounts *Accounts
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
	case http.MethodOptions:
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		w.Header().Set("Allow", allowed)
		httpError(http.StatusMethodNotAllowed).write(w, r)
		return
	}
	h.register(w, r).write(w, r)
}

const allowed = "OPTIONS, POST"

// register does what r asks for and returns the answer.
func (h *handler) register(w http.ResponseWriter, r *http.Request) (ans answer) {
	defer func() {
		if v := recover(); v != nil {
			logPanic(r.Context(), h.logger(), v)
			ans = broken
		}
	}()
	reg, wrong := h.read(w, r)
	if wrong != nil {
		h.log(r.Context(), slog.LevelDebug, "sign-up refused", "http.response.status_code", wrong.status)
		return *wrong
	}
	u, before, err := h.accounts.register(r.Context(), reg)
	if err != nil {
		return h.refuse(r.Context(), reg, err)
	}
	told := "user registered"
	if before {
		told = "registration repeated"
	}
	h.log(r.Context(), slog.LevelInfo, told, "enduser.pseudo.id", u.ID)
	return answer{status: http.StatusOK, message: "'" + reg.Email + "' added successfully!"}
}

// refuse returns the answer that says what a client may know of err, and logs
// the rest.
func (h *handler) refuse(ctx context.Context, reg Registration, err error) answer {
	if v, ok := errors.AsType[*ValidationError](err); ok {
		h.log(ctx, slog.LevelDebug, "sign-up refused", "error", err)
		return answer{status: http.StatusBadRequest, message: v.Fields[0].Message, fields: v.Fields}
	}
	switch {
	case errors.Is(err, ErrExists):
		h.log(ctx, slog.LevelDebug, "sign-up refused", "error", err)
		return answer{status: http.StatusConflict, message: "'" + reg.Email + "' already exists."}
	case errors.Is(err, ErrKeyReused):
		h.log(ctx, slog.LevelWarn, "sign-up refused", "error", err)
		return answer{status: http.StatusUnprocessableEntity, message: "The '" + fieldIdempotencyKey + "' was used with other data before."}
	case errors.Is(err, ErrBusy):
		h.log(ctx, slog.LevelWarn, "sign-up refused", "error", err)
		ans := httpError(http.StatusServiceUnavailable)
		ans.retryAfter = strconv.Itoa(int(math.Ceil(h.accounts.gate.bound.Seconds())))
		return ans
	case ctx.Err() != nil:
		h.log(ctx, slog.LevelInfo, "sign-up given up", "error", err)
		return httpError(http.StatusServiceUnavailable)
	}
	h.log(ctx, slog.LevelError, "sign-up failed", "error", err)
	return broken
}

func (h *handler) logger() *slog.Logger {
	if h.Logger != nil {
		return h.Logger
	}
	return slog.Default()
}

func (h *handler) log(ctx context.Context, level slog.Level, msg string, args ...any) {
	if l := h.logger(); l.Enabled(ctx, level) {
		l.Log(ctx, level, "signup: "+msg, args...)
	}
}

// logPanic logs the panic v, or panics again if v is how a handler ends a
// connection on purpose. Only the runtime's own panics are quoted: what else
// was thrown may hold anything, and the stack says where.
func logPanic(ctx context.Context, l *slog.Logger, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	attrs := []slog.Attr{slog.String("exception.stacktrace", string(debug.Stack()))}
	if e, ok := v.(runtime.Error); ok {
		attrs = append(attrs, slog.String("exception.message", e.Error()))
	} else {
		attrs = append(attrs, slog.String("exception.type", fmt.Sprintf("%T", v)))
	}
	l.LogAttrs(ctx, slog.LevelError, "signup: panic", attrs...)
}
