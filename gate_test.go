package signup

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var oneHash = Work{Rounds: 1 << 12}

// What oneHash is assumed to take until one was measured.
const assumed = assumedRound << 12

func TestGateBoundsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(3, 1<<20, time.Hour)
		var running, most atomic.Int64
		for range 100 {
			go func() {
				err := g.do(t.Context(), oneHash, func() {
					most.Store(max(most.Load(), running.Add(1)))
					time.Sleep(time.Second)
					running.Add(-1)
				})
				if err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		if most.Load() != 3 || running.Load() != 0 || g.snapshot().Waiting != 0 {
			t.Errorf("%d ran at once, %d run on, %d wait", most.Load(), running.Load(), g.snapshot().Waiting)
		}
	})
}

func TestGateRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 1<<20, 2*time.Second)
		var done, busy atomic.Int64
		start := time.Now()
		for range 100 {
			go func() {
				switch err := g.do(t.Context(), oneHash, func() { time.Sleep(assumed) }); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, ErrBusy) && time.Since(start) == 0:
					busy.Add(1)
				default:
					t.Errorf("%v after %s", err, time.Since(start))
				}
			}()
		}
		time.Sleep(time.Minute)
		// Two run, and sixteen more can begin within two seconds.
		if done.Load() != 18 || busy.Load() != 82 {
			t.Errorf("%d done, %d refused", done.Load(), busy.Load())
		}
		if s := g.snapshot(); s.Done != 18 || s.Refused != 82 || s.Abandoned != 0 || s.Running != 0 || s.Waiting != 0 ||
			s.Waited != 2*(8*9/2)*assumed {
			t.Errorf("%+v", s)
		}
	})
}

// A crowd counts what becomes of those who come to a gate.
type crowd struct {
	gate *gate
	hash time.Duration

	mu      sync.Mutex
	waits   []time.Duration // of those who were let in
	refused int             // at once
	late    int             // refused, but later
}

func (c *crowd) arrive(ctx context.Context) {
	came := time.Now()
	busy := c.gate.turnsAway(oneHash)
	if !busy {
		busy = c.gate.do(ctx, oneHash, func() {
			c.mu.Lock()
			c.waits = append(c.waits, time.Since(came))
			c.mu.Unlock()
			time.Sleep(c.hash)
		}) != nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case busy && time.Since(came) == 0:
		c.refused++
	case busy:
		c.late++
	}
}

// Five times as many as can be served, for a minute, cost neither throughput nor
// patience: the wait that they keep up stays below the bound, and shortens as
// soon as they are gone.
func TestGateOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound, hash = 2 * time.Second, 50 * time.Millisecond
		const capacity, times, seconds = 2 * int(time.Second/hash), 5, 60
		c := &crowd{gate: newGate(2, 1<<20, bound), hash: hash}
		random := rand.New(rand.NewPCG(1, 2))
		for start := time.Now(); time.Since(start) < seconds*time.Second; {
			go c.arrive(t.Context())
			time.Sleep(time.Duration(random.ExpFloat64() * float64(time.Second) / float64(times*capacity)))
		}
		synctest.Wait()
		s := c.gate.snapshot()
		c.mu.Lock()
		if s.Done < int64(capacity*seconds*99/100) {
			t.Errorf("%d done of the %d that there was time for", s.Done, capacity*seconds)
		}
		if share := float64(c.refused) / float64(times*capacity*seconds); share < .75 || share > .85 || c.late != 0 {
			t.Errorf("%.2f were refused at once, and %d later; want four of five, and none", share, c.late)
		}
		slices.Sort(c.waits)
		if median, last := c.waits[len(c.waits)/2], c.waits[len(c.waits)-1]; median < bound/2 || median > bound*19/20 || last > bound*11/10 {
			t.Errorf("half of those who were let in waited %s, and one %s", median, last)
		}
		c.mu.Unlock()

		refusedOf := func(burst int) int64 {
			before := c.gate.snapshot().Refused
			for range burst {
				go c.arrive(t.Context())
				synctest.Wait()
			}
			return c.gate.snapshot().Refused - before
		}
		time.Sleep(bound / 2)
		if n := refusedOf(capacity / 10); n != 0 {
			t.Errorf("%d were refused when the queue was getting shorter", n)
		}
		time.Sleep(time.Minute)
		if n := refusedOf(2 * capacity); n != 0 {
			t.Errorf("%d of a burst were refused whose turn would have come within the bound", n)
		}
		if n := refusedOf(capacity); n < int64(capacity)-2 {
			t.Errorf("%d of %d were refused who came after the burst", n, capacity)
		}
		time.Sleep(time.Minute)
	})
}

// A hash that takes far longer than any before it.
func TestGateMisjudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1<<20, 2*time.Second)
		go func() { _ = g.do(t.Context(), oneHash, func() { time.Sleep(time.Hour) }) }()
		synctest.Wait()
		start := time.Now()
		err := g.do(t.Context(), oneHash, func() { t.Error("it runs") })
		if waited := time.Since(start); !errors.Is(err, ErrBusy) || waited != 3*time.Second {
			t.Errorf("%v after %s", err, waited)
		}
		if s := g.snapshot(); s.Waiting != 0 || s.Refused != 1 || s.Abandoned != 0 || s.Waited != 3*time.Second {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Hour)
		if err := g.do(t.Context(), oneHash, func() {}); err != nil {
			t.Error(err)
		}
	})
}

func TestGateLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1<<20, time.Second)
		for range 100 {
			if err := g.do(t.Context(), oneHash, func() { time.Sleep(10 * time.Millisecond) }); err != nil {
				t.Fatal(err)
			}
		}
		if mean := time.Duration(g.perWork * float64(oneHash.Rounds)).Round(time.Microsecond); mean != 10*time.Millisecond {
			t.Errorf("the mean is %s", mean)
		}
	})
}

func TestGateContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1<<20, time.Hour)
		go func() { _ = g.do(t.Context(), oneHash, func() { time.Sleep(time.Minute) }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran := false
		if err := g.do(ctx, oneHash, func() { ran = true }); !errors.Is(err, context.DeadlineExceeded) || ran {
			t.Errorf("waiting: %v, ran: %t", err, ran)
		}
		if err := g.do(ctx, oneHash, func() { ran = true }); !errors.Is(err, context.DeadlineExceeded) || ran {
			t.Errorf("already done: %v, ran: %t", err, ran)
		}
		time.Sleep(time.Hour)
		if err := g.do(t.Context(), oneHash, func() { ran = true }); err != nil || !ran {
			t.Errorf("afterwards: %v, ran: %t", err, ran)
		}
	})
}

// A Hasher that panics must not keep its permit.
func TestGatePanic(t *testing.T) {
	g := newGate(1, 1<<20, time.Hour)
	func() {
		defer func() { _ = recover() }()
		_ = g.do(t.Context(), oneHash, func() { panic("hasher") })
	}()
	if err := g.do(t.Context(), oneHash, func() {}); err != nil {
		t.Error(err)
	}
}

// Memory is bounded too, and who needs a lot of it is not starved by many who
// need little.
func TestGateBoundsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(8, 100, time.Hour)
		var most atomic.Int64
		run := func(memory int64) {
			err := g.do(t.Context(), Work{Rounds: 1, Memory: memory}, func() {
				now := g.snapshot().Memory
				most.Store(max(most.Load(), now))
				time.Sleep(time.Second)
			})
			if err != nil {
				t.Error(err)
			}
		}
		for range 2 {
			go run(40)
		}
		synctest.Wait()
		var large time.Duration
		start := time.Now()
		go func() {
			run(100)
			large = time.Since(start)
		}()
		synctest.Wait()
		for range 20 {
			go run(10)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if most.Load() > 100 {
			t.Errorf("%d bytes at once", most.Load())
		}
		if large != 2*time.Second {
			t.Errorf("the large one was done after %s", large)
		}
		if s := g.snapshot(); s.Memory != 0 || s.Done != 23 {
			t.Errorf("%+v", s)
		}
	})
}

// When the first in the queue gives up, those behind it needn't wait for the
// room that it wanted.
func TestGateAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 100, time.Hour)
		go func() { _ = g.do(t.Context(), Work{Memory: 60}, func() { time.Sleep(time.Hour) }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			if err := g.do(ctx, Work{Memory: 100}, func() {}); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}()
		synctest.Wait()
		start := time.Now()
		if err := g.do(t.Context(), Work{Memory: 10}, func() {}); err != nil || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if s := g.snapshot(); s.Abandoned != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Hour)
	})
}

// One that needs all the memory for long doesn't make those wait who need little,
// nor do those make it wait who are soon done.
func TestGateWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const memory = 100
		small, large := Work{Rounds: 1 << 12, Memory: 1}, Work{Rounds: 1 << 14, Memory: memory}
		g := newGate(4, memory+4, time.Hour)
		wait := func() time.Duration {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.wait()
		}
		var wg sync.WaitGroup
		run := func(w Work) time.Duration {
			began := time.Now()
			if err := g.do(t.Context(), w, func() { time.Sleep(assumedRound * time.Duration(w.Rounds)) }); err != nil {
				t.Error(err)
			}
			return time.Since(began)
		}
		wg.Go(func() { run(large) })
		synctest.Wait()
		if took := run(small); took != assumed {
			t.Errorf("beside the large one, a small one took %s", took)
		}
		wg.Wait()

		for range 4 + 8 { // 4 run, 8 wait
			wg.Go(func() { run(small) })
		}
		synctest.Wait()
		if wait := wait(); wait != assumed/2+2*assumed {
			t.Errorf("behind small ones, the wait is %s", wait)
		}
		wg.Wait()
		for range 1 + 3 { // one runs, 3 wait
			wg.Go(func() { run(large) })
		}
		synctest.Wait()
		if wait := wait(); wait != 4*(assumed/2+3*assumed) {
			t.Errorf("behind large ones, the wait is %s", wait)
		}
		wg.Wait()
		if g.queued != 0 || g.running != 0 {
			t.Errorf("%v queued and %v running are left", g.queued, g.running)
		}
	})
}
