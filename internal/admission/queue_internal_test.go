package admission

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

const round = 60 * time.Microsecond

var oneHash = Work{Rounds: 1 << 12}

// assumed is the time that oneHash is assumed to take until one was measured.
const assumed = round << 12

func TestQueueLimitsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 3, Memory: 1 << 20, MaxWait: time.Hour, Round: round})
		var running, most atomic.Int64
		for range 100 {
			go func() {
				err := q.Do(t.Context(), oneHash, func() {
					most.Store(max(most.Load(), running.Add(1)))
					time.Sleep(time.Second)
					running.Add(-1)
				})
				if err != nil {
					t.Errorf("Do returned %v, want nil", err)
				}
			}()
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		if most.Load() != 3 || running.Load() != 0 || q.Stats().Waiting != 0 {
			t.Errorf("got %d at once, then %d running and %d waiting; want 3, 0 and 0", most.Load(), running.Load(), q.Stats().Waiting)
		}
	})
}

func TestQueueRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 2, Memory: 1 << 20, MaxWait: 2 * time.Second, Round: round})
		var done, busy atomic.Int64
		start := time.Now()
		for range 100 {
			go func() {
				switch err := q.Do(t.Context(), oneHash, func() { time.Sleep(assumed) }); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, ErrBusy) && time.Since(start) == 0:
					busy.Add(1)
				default:
					t.Errorf("got %v after %s, want nil or ErrBusy at once", err, time.Since(start))
				}
			}()
		}
		time.Sleep(time.Minute)
		// Two run, and sixteen more can begin within two seconds.
		if done.Load() != 18 || busy.Load() != 82 {
			t.Errorf("got %d done and %d refused, want 18 and 82", done.Load(), busy.Load())
		}
		if s := q.Stats(); s.Done != 18 || s.Refused != 82 || s.Abandoned != 0 || s.Running != 0 || s.Waiting != 0 ||
			s.Waited != 2*(8*9/2)*assumed {
			t.Errorf("got %+v, want 18 done, 82 refused and %s waited", s, 2*(8*9/2)*assumed)
		}
	})
}

// A crowd counts the outcomes of many callers of one Queue.
type crowd struct {
	queue *Queue
	hash  time.Duration

	mu      sync.Mutex
	waits   []time.Duration // of the jobs that ran
	refused int             // at once
	late    int             // refused after a wait
}

func (c *crowd) arrive(ctx context.Context) {
	came := time.Now()
	busy := c.queue.Sheds(oneHash)
	if !busy {
		busy = c.queue.Do(ctx, oneHash, func() {
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

// If five times as many jobs arrive as can run, for a minute, the Queue runs as
// many as without the overload, their wait stays below the limit, and it shortens
// as soon as the overload ends.
func TestQueueOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound, hash = 2 * time.Second, 50 * time.Millisecond
		const capacity, times, seconds = 2 * int(time.Second/hash), 5, 60
		c := &crowd{queue: New(Limits{Concurrent: 2, Memory: 1 << 20, MaxWait: bound, Round: round}), hash: hash}
		random := rand.New(rand.NewPCG(1, 2))
		for start := time.Now(); time.Since(start) < seconds*time.Second; {
			go c.arrive(t.Context())
			time.Sleep(time.Duration(random.ExpFloat64() * float64(time.Second) / float64(times*capacity)))
		}
		synctest.Wait()
		s := c.queue.Stats()
		c.mu.Lock()
		if s.Done < int64(capacity*seconds*99/100) {
			t.Errorf("got %d jobs done, want about %d", s.Done, capacity*seconds)
		}
		if share := float64(c.refused) / float64(times*capacity*seconds); share < 0.75 || share > 0.85 || c.late != 0 {
			t.Errorf("got a share of %.2f refused at once, and %d jobs refused later; want about 0.8, and 0", share, c.late)
		}
		slices.Sort(c.waits)
		if median, last := c.waits[len(c.waits)/2], c.waits[len(c.waits)-1]; median < bound/2 || median > bound*19/20 || last > bound*11/10 {
			t.Errorf("got a median wait of %s and a longest of %s, want %s to %s and at most %s", median, last, bound/2, bound*19/20, bound*11/10)
		}
		c.mu.Unlock()

		refusedOf := func(burst int) int64 {
			before := c.queue.Stats().Refused
			for range burst {
				go c.arrive(t.Context())
				synctest.Wait()
			}
			return c.queue.Stats().Refused - before
		}
		time.Sleep(bound / 2)
		if n := refusedOf(capacity / 10); n != 0 {
			t.Errorf("got %d jobs refused while the queue was getting shorter, want 0", n)
		}
		time.Sleep(time.Minute)
		if n := refusedOf(2 * capacity); n != 0 {
			t.Errorf("got %d jobs of a burst refused that would have run within the limit, want 0", n)
		}
		if n := refusedOf(capacity); n < int64(capacity)-2 {
			t.Errorf("got %d of %d jobs refused after the burst, want nearly all", n, capacity)
		}
		time.Sleep(time.Minute)
	})
}

// A job may take far longer than any before it.
func TestQueueMisjudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 1, Memory: 1 << 20, MaxWait: 2 * time.Second, Round: round})
		go func() { _ = q.Do(t.Context(), oneHash, func() { time.Sleep(time.Hour) }) }()
		synctest.Wait()
		start := time.Now()
		err := q.Do(t.Context(), oneHash, func() { t.Error("the refused job ran, want it left out") })
		if waited := time.Since(start); !errors.Is(err, ErrBusy) || waited != 3*time.Second {
			t.Errorf("got %v after %s, want ErrBusy after 3s", err, waited)
		}
		if s := q.Stats(); s.Waiting != 0 || s.Refused != 1 || s.Abandoned != 0 || s.Waited != 3*time.Second {
			t.Errorf("got %+v, want 1 refused and 3s waited", s)
		}
		time.Sleep(time.Hour)
		if err := q.Do(t.Context(), oneHash, func() {}); err != nil {
			t.Errorf("Do returned %v, want nil", err)
		}
	})
}

func TestQueueLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 1, Memory: 1 << 20, MaxWait: time.Second, Round: round})
		for range 100 {
			if err := q.Do(t.Context(), oneHash, func() { time.Sleep(10 * time.Millisecond) }); err != nil {
				t.Fatal(err)
			}
		}
		if mean := time.Duration(q.perWork * float64(oneHash.Rounds)).Round(time.Microsecond); mean != 10*time.Millisecond {
			t.Errorf("got a mean of %s, want 10ms", mean)
		}
	})
}

func TestQueueContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 1, Memory: 1 << 20, MaxWait: time.Hour, Round: round})
		go func() { _ = q.Do(t.Context(), oneHash, func() { time.Sleep(time.Minute) }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran := false
		if err := q.Do(ctx, oneHash, func() { ran = true }); !errors.Is(err, context.DeadlineExceeded) || ran {
			t.Errorf("waiting: got %v, ran: %t; want DeadlineExceeded, false", err, ran)
		}
		if err := q.Do(ctx, oneHash, func() { ran = true }); !errors.Is(err, context.DeadlineExceeded) || ran {
			t.Errorf("already done: got %v, ran: %t; want DeadlineExceeded, false", err, ran)
		}
		time.Sleep(time.Hour)
		if err := q.Do(t.Context(), oneHash, func() { ran = true }); err != nil || !ran {
			t.Errorf("afterwards: got %v, ran: %t; want nil, true", err, ran)
		}
	})
}

// A job that panics must not keep its room.
func TestQueuePanic(t *testing.T) {
	q := New(Limits{Concurrent: 1, Memory: 1 << 20, MaxWait: time.Hour, Round: round})
	func() {
		defer func() { _ = recover() }()
		_ = q.Do(t.Context(), oneHash, func() { panic("job") })
	}()
	if err := q.Do(t.Context(), oneHash, func() {}); err != nil {
		t.Errorf("Do returned %v, want nil", err)
	}
}

// Memory is limited too, and many small jobs don't starve one that needs a lot
// of it.
func TestQueueLimitsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 8, Memory: 100, MaxWait: time.Hour, Round: round})
		var most atomic.Int64
		run := func(memory int64) {
			err := q.Do(t.Context(), Work{Rounds: 1, Memory: memory}, func() {
				now := q.Stats().Memory
				most.Store(max(most.Load(), now))
				time.Sleep(time.Second)
			})
			if err != nil {
				t.Errorf("Do returned %v, want nil", err)
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
			t.Errorf("got %d bytes at once, want at most 100", most.Load())
		}
		if large != 2*time.Second {
			t.Errorf("got the large job done after %s, want 2s", large)
		}
		if s := q.Stats(); s.Memory != 0 || s.Done != 23 {
			t.Errorf("got %+v, want 23 done and no memory in use", s)
		}
	})
}

// When the first in the queue gives up, the jobs behind it don't wait for the
// room that it needed.
func TestQueueAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 2, Memory: 100, MaxWait: time.Hour, Round: round})
		go func() { _ = q.Do(t.Context(), Work{Memory: 60}, func() { time.Sleep(time.Hour) }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			if err := q.Do(ctx, Work{Memory: 100}, func() {}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want DeadlineExceeded", err)
			}
		}()
		synctest.Wait()
		start := time.Now()
		if err := q.Do(t.Context(), Work{Memory: 10}, func() {}); err != nil || time.Since(start) != time.Second {
			t.Errorf("got %v after %s, want nil after 1s", err, time.Since(start))
		}
		if s := q.Stats(); s.Abandoned != 1 {
			t.Errorf("got %+v, want 1 abandoned", s)
		}
		time.Sleep(time.Hour)
	})
}

// A long job that needs nearly all the memory doesn't delay small jobs beside it,
// and the estimate of the wait takes the memory of jobs into account.
func TestQueueWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const memory = 100
		small, large := Work{Rounds: 1 << 12, Memory: 1}, Work{Rounds: 1 << 14, Memory: memory}
		q := New(Limits{Concurrent: 4, Memory: memory + 4, MaxWait: time.Hour, Round: round})
		wait := func() time.Duration {
			q.mu.Lock()
			defer q.mu.Unlock()
			return q.wait(&q.common)
		}
		var wg sync.WaitGroup
		run := func(w Work) time.Duration {
			began := time.Now()
			if err := q.Do(t.Context(), w, func() { time.Sleep(round * time.Duration(w.Rounds)) }); err != nil {
				t.Errorf("Do returned %v, want nil", err)
			}
			return time.Since(began)
		}
		wg.Go(func() { run(large) })
		synctest.Wait()
		if took := run(small); took != assumed {
			t.Errorf("beside the large job, got %s for a small one, want %s", took, assumed)
		}
		wg.Wait()

		for range 4 + 8 { // 4 run, 8 wait
			wg.Go(func() { run(small) })
		}
		synctest.Wait()
		if wait := wait(); wait != assumed/2+2*assumed {
			t.Errorf("behind small jobs, got a wait of %s, want %s", wait, assumed/2+2*assumed)
		}
		wg.Wait()
		for range 1 + 3 { // one runs, 3 wait
			wg.Go(func() { run(large) })
		}
		synctest.Wait()
		if wait := wait(); wait != 4*(assumed/2+3*assumed) {
			t.Errorf("behind large jobs, got a wait of %s, want %s", wait, 4*(assumed/2+3*assumed))
		}
		wg.Wait()
		if l := q.common; l.queued != 0 || l.running != 0 {
			t.Errorf("got shares of %v queued and %v running at the end, want 0 and 0", l.queued, l.running)
		}
	})
}
