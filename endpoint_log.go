package signup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
)

func (e *endpoint) wording() wording { return wording{e.opts.Translate, e.opts.Logger, e.codes} }

func (e *endpoint) logger() *slog.Logger {
	return cmp.Or(e.opts.Logger, slog.Default())
}

// log writes a record such as "signup: sign-up refused".
func (e *endpoint) log(ctx context.Context, level slog.Level, outcome string, args ...any) {
	if l := e.logger(); l.Enabled(ctx, level) {
		l.Log(ctx, level, "signup: "+e.name+" "+outcome, args...)
	}
}

// logPanic logs the panic v, or panics again if v is how a handler ends a
// connection on purpose. It quotes only the runtime's own panics: another value
// may hold anything, and the stack shows the place.
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
