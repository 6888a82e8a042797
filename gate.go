package signup

import (
	"context"
	"sync/atomic"
	"time"
)

// A gate lets a bounded number of hashes run at once, in the order of arrival,
// and turns away at once who would have to wait longer than the bound. Without
// it, more requests than the cores can hash make all of them time out.
type gate struct {
	permits chan struct{}
	bound   time.Duration
	waiting atomic.Int64
	mean    atomic.Int64 // of a hash's duration, in ns
}

// assumedHash stands for the mean until the first hash is measured: about
// bcrypt's at cost 12. Without it, a burst on a cold start would all queue.
const assumedHash = 250 * time.Millisecond

func newGate(permits int, bound time.Duration) *gate {
	return &gate{permits: make(chan struct{}, permits), bound: bound}
}

// do runs f once a permit is free, and holds the permit until f is done. It
// returns ErrBusy or ctx's error without having run f.
func (g *gate) do(ctx context.Context, f func()) error {
	if err := g.acquire(ctx); err != nil {
		return err
	}
	start := time.Now()
	defer func() {
		g.measured(time.Since(start))
		<-g.permits
	}()
	f()
	return nil
}

func (g *gate) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g.permits <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.wait(g.waiting.Add(1)) > g.bound {
		return ErrBusy
	}
	select {
	case g.permits <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// full reports whether one who came now would be turned away.
func (g *gate) full() bool {
	return len(g.permits) == cap(g.permits) && g.wait(g.waiting.Load()+1) > g.bound
}

// wait estimates how long the last of so many in the queue will wait.
func (g *gate) wait(queued int64) time.Duration {
	mean := g.mean.Load()
	if mean == 0 {
		mean = int64(assumedHash)
	}
	return time.Duration(queued * mean / int64(cap(g.permits)))
}

// measured moves the mean an eighth of the way to d. A concurrent update may
// be lost; the next one makes up for it.
func (g *gate) measured(d time.Duration) {
	mean := g.mean.Load()
	if mean == 0 {
		mean = int64(d)
	}
	g.mean.Store(mean + (int64(d)-mean)/8)
}
