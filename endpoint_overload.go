package signup

import (
	"context"
	"log/slog"
)

// noteOverload logs that an overload begins, or that it has another cause than
// before: the Store's error says more than that of a full queue.
func (e *endpoint) noteOverload(ctx context.Context, err error) {
	switch first, other := e.overload.note(err.Error(), e.noteEnd); {
	case first:
		e.log(ctx, slog.LevelWarn, "overload begins", "error", err)
	case other:
		e.log(ctx, slog.LevelWarn, "overload has another cause", "error", err)
	}
}

// noteEnd logs that an overload has ended, or looks again later.
func (e *endpoint) noteEnd() {
	if refused, lasted := e.overload.end(e.noteEnd); refused > 0 {
		e.log(context.Background(), slog.LevelWarn, "overload ends", "refused", refused, "duration", lasted)
	}
}
