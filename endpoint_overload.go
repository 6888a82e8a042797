package signup

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// overloadQuiet is how long an endpoint must refuse no request for lack of capacity
// until an overload has ended.
const overloadQuiet = 10 * time.Second

// maxOverloadCauses is how many different causes of one overload are logged.
const maxOverloadCauses = 4

// An overload counts the requests that an endpoint refuses for lack of capacity, so
// that the log has one record at the beginning of an overload and one at its end.
// Requests that aren't refused don't touch it, and between overloads it has neither
// a timer nor a goroutine.
type overload struct {
	mu          sync.Mutex
	refused     int64 // 0: there is no overload
	began, last time.Time
	causes      []string // the first different ones
}

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

// note counts a refusal, and reports whether it is the first, or another with a
// cause to log. After the first, look is called when the overload may have ended.
func (o *overload) note(cause string, look func()) (first, other bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = time.Now()
	o.refused++
	if o.refused == 1 {
		o.began = o.last
		o.causes = []string{cause}
		time.AfterFunc(overloadQuiet, look)
		return true, false
	}
	if len(o.causes) == maxOverloadCauses || slices.Contains(o.causes, cause) {
		return false, false
	}
	o.causes = append(o.causes, cause)
	return false, true
}

// end returns the number of refusals and the time from the first to the last, if
// the overload has ended. Otherwise, it returns 0, and look is called later.
func (o *overload) end(look func()) (refused int64, lasted time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if left := overloadQuiet - time.Since(o.last); left > 0 {
		time.AfterFunc(left, look)
		return 0, 0
	}
	refused, lasted = o.refused, o.last.Sub(o.began)
	o.refused, o.causes = 0, nil
	return refused, lasted
}
