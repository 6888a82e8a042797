package signup

import (
	"cmp"
	"context"
	"log/slog"
)

// EventLogger returns a function for [Accounts].After that logs each event to l, at
// the level INFO: "signup: event", with the attributes event.name, event.reason,
// enduser.pseudo.id and device.id, the last two only if they aren't empty. If l is nil,
// it is slog.Default() at the time of the event. The function may be called by several
// goroutines.
func EventLogger(l *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		attrs := make([]slog.Attr, 0, 4)
		attrs = append(attrs, slog.String("event.name", string(e.Kind)), slog.String("event.reason", string(e.Reason)))
		if e.UserID != "" {
			attrs = append(attrs, slog.String("enduser.pseudo.id", e.UserID))
		}
		if e.Device != "" {
			attrs = append(attrs, slog.String("device.id", e.Device))
		}
		cmp.Or(l, slog.Default()).LogAttrs(ctx, slog.LevelInfo, "signup: event", attrs...)
	}
}
