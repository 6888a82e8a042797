package outage

import (
	"context"
	"log/slog"
)

// An Overload logs that requests are refused for lack of capacity: a warning when that
// begins, with the cause, and another when none was refused for 10 seconds, with their
// number. The zero value is ready, and the methods are safe for concurrent use.
type Overload struct{ refused Outage }

// Note counts a request that was refused because of err. The records are written to l, and
// name is what the requests are for, such as "sign-up". An overload that has another cause
// than before is logged as well: the Store's error says more than that of a full queue.
func (o *Overload) Note(ctx context.Context, l *slog.Logger, name string, err error) {
	what := "signup: " + name + " overload "
	var end func()
	end = func() { // or looks again later
		if refused, lasted := o.refused.End(end); refused > 0 {
			l.Warn(what+"ends", "refused", refused, "duration", lasted)
		}
	}
	switch first, other := o.refused.Note(err.Error(), end); {
	case first:
		l.WarnContext(ctx, what+"begins", "error", err)
	case other:
		l.WarnContext(ctx, what+"has another cause", "error", err)
	}
}
