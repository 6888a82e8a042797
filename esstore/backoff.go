package esstore

import (
	"context"
	"math/rand/v2"
	"time"
)

// A backoff is the pause before a request is sent again.
type backoff struct{ pause time.Duration }

const (
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// wait waits for a random time, longer with each call. It reports whether ctx is
// still not done then.
func (b *backoff) wait(ctx context.Context) bool {
	b.pause = min(max(2*b.pause, firstBackoff), lastBackoff)
	return sleep(ctx, b.pause/2+rand.N(b.pause/2))
}

// sleep waits for d. It returns false early if ctx is done before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
