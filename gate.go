package signup

import (
	"container/list"
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// A gate lets a bounded number of hashes, which take a bounded amount of
// memory, run at once, in the order of arrival. It turns away at once who would
// have to wait longer than the bound: without it, more requests than the
// cores can hash make all of them time out. As that is an estimate, it also
// turns away who has waited for one and a half times the bound.
type gate struct {
	permits int           // at once
	memory  int64         // at once, in bytes
	bound   time.Duration // of the wait

	mu      sync.Mutex
	queue   list.List // of *waiter
	perWork float64   // measured ns of a round
	running float64   // shares, in sum
	queued  float64   // likewise
	usual   float64   // wait in ns: a moving mean, over about the bound
	asked   time.Time // when it was last brought up to date
	stats   HashStats
}

type waiter struct {
	work  Work
	ready chan struct{} // closed when it may run
}

// assumedRound stands for the measured time of one of bcrypt's rounds until
// there is one. Without it, a burst on a cold start would all queue.
const assumedRound = 60 * time.Microsecond

func newGate(permits int, memory int64, bound time.Duration) *gate {
	return &gate{permits: permits, memory: memory, bound: bound, perWork: float64(assumedRound)}
}

// do runs f, which takes w, once there is room, and makes room when f is done.
// It returns ErrBusy or ctx's error without having run f.
func (g *gate) do(ctx context.Context, w Work, f func()) error {
	w.Rounds = max(w.Rounds, 1)
	if err := g.acquire(ctx, w); err != nil {
		return err
	}
	start := time.Now()
	defer func() { g.release(w, time.Since(start)) }()
	f()
	return nil
}

func (g *gate) acquire(ctx context.Context, w Work) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.queue.Len() == 0 && g.hasRoom(w) {
		g.start(w)
		g.mu.Unlock()
		return nil
	}
	if g.wait() > g.bound {
		g.stats.Refused++
		g.mu.Unlock()
		return ErrBusy
	}
	self := &waiter{w, make(chan struct{})}
	place := g.queue.PushBack(self)
	g.queued += g.share(w)
	g.mu.Unlock()

	start := time.Now()
	patience := time.NewTimer(g.bound + g.bound/2)
	defer patience.Stop()
	select {
	case <-self.ready:
	case <-ctx.Done():
	case <-patience.C:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Waited += time.Since(start)
	select {
	case <-self.ready: // and be it at the last moment
		return nil
	default:
	}
	g.leave(place)
	g.admit() // whoever stood behind may need less room
	if err := ctx.Err(); err != nil {
		g.stats.Abandoned++
		return err
	}
	g.stats.Refused++
	return ErrBusy
}

func (g *gate) release(w Work, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	// A moving mean: far enough back to be steady, not so far as to be old.
	g.perWork += (float64(took)/float64(w.Rounds) - g.perWork) / 8
	g.stats.Done++
	g.stats.Running--
	g.stats.Memory -= w.Memory
	g.running -= g.share(w)
	g.admit()
}

// turnsAway decides on arrival, before any work, about one who comes for w. Who
// would wait for longer than the bound is turned away; where the wait has been
// long for a while, so are some of the others, by chance, the more the longer
// it is (random early detection, RFC 7567, section 2). So a burst may fill the
// queue, but a lasting overload doesn't keep it full, which would serve nobody
// and delay all; and who waits a little after a refusal finds a place, which
// else those would take who come back as soon as they are done.
func (g *gate) turnsAway(w Work) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := g.wait()
	now := time.Now()
	g.usual += (float64(wait) - g.usual) * -math.Expm1(-float64(now.Sub(g.asked))/float64(g.bound))
	g.asked = now
	if g.queue.Len() == 0 && g.hasRoom(w) {
		return false
	}
	const harmless = 0.5 // of the bound
	lasting := min(float64(wait), g.usual) / float64(g.bound)
	if wait <= g.bound && lasting <= harmless+(1-harmless)*rand.Float64() {
		return false
	}
	g.stats.Refused++
	return true
}

func (g *gate) snapshot() HashStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.stats
	s.Waiting = g.queue.Len()
	return s
}

// The rest is called with mu held.

func (g *gate) hasRoom(w Work) bool {
	return g.stats.Running < g.permits && g.stats.Memory+w.Memory <= g.memory
}

func (g *gate) start(w Work) {
	g.stats.Running++
	g.stats.Memory += w.Memory
	g.running += g.share(w)
}

// admit lets the first in the queue run, for as long as there is room. Nobody
// overtakes: else, a stream of small ones would starve one that takes a lot of
// memory.
func (g *gate) admit() {
	for first := g.queue.Front(); first != nil; first = g.queue.Front() {
		next := first.Value.(*waiter)
		if !g.hasRoom(next.work) {
			return
		}
		g.leave(first)
		g.start(next.work)
		close(next.ready)
	}
}

func (g *gate) leave(place *list.Element) {
	g.queue.Remove(place)
	g.queued -= g.share(place.Value.(*waiter).work)
}

// wait estimates how long one who came now would wait: for all who are queued,
// and half of what runs.
func (g *gate) wait() time.Duration {
	return time.Duration((g.queued + g.running/2) * g.perWork)
}

// share returns for how many rounds w keeps everybody waiting, when as many of
// its kind run at once as there are permits and memory for.
func (g *gate) share(w Work) float64 {
	atOnce := float64(g.permits)
	if w.Memory > 0 {
		atOnce = max(1, min(atOnce, float64(g.memory/w.Memory)))
	}
	return float64(w.Rounds) / atOnce
}
