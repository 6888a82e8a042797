package sqlstore

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// busyTimeout limits how long a statement is repeated that others have prevented.
	busyTimeout = 10 * time.Second
	// settleTimeout limits how long a method tries to find out the outcome of a write.
	settleTimeout = 5 * time.Second
	// restartTimeout limits how long an export under way waits for a server that restarts.
	restartTimeout = time.Minute
	// lateTimeout limits how long a method continues after its context is done, to
	// find out the same.
	lateTimeout = time.Second
	// The first and the longest pause before a statement is repeated, on average half
	// of that.
	firstPause, lastPause = 2 * time.Millisecond, 250 * time.Millisecond
)

// A pacer makes the pauses between the attempts of a call.
type pacer struct {
	begin time.Time
	pause time.Duration
}

func newPacer() *pacer { return &pacer{time.Now(), firstPause} }

// wait waits before the next attempt. It reports whether there is to be one: not after
// the limit, counted from the first attempt, and not if ctx is done.
func (p *pacer) wait(ctx context.Context, limit time.Duration) bool {
	if time.Since(p.begin) > limit {
		return false
	}
	timer := time.NewTimer(rand.N(p.pause) + 1)
	defer timer.Stop()
	p.pause = min(2*p.pause, lastPause)
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
