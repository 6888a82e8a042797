package signup

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateBoundsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(3, time.Hour)
		var running, most atomic.Int64
		for range 100 {
			go func() {
				err := g.do(t.Context(), func() {
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
		if most.Load() != 3 || running.Load() != 0 || g.waiting.Load() != 0 {
			t.Errorf("%d ran at once, %d run on, %d wait", most.Load(), running.Load(), g.waiting.Load())
		}
	})
}

func TestGateRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 2*time.Second)
		var done, busy atomic.Int64
		start := time.Now()
		for range 100 {
			go func() {
				switch err := g.do(t.Context(), func() { time.Sleep(assumedHash) }); {
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
		// Two run, and sixteen can be done by the two within two seconds.
		if done.Load() != 18 || busy.Load() != 82 {
			t.Errorf("%d done, %d refused", done.Load(), busy.Load())
		}
	})
}

func TestGateLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, time.Second)
		for range 100 {
			if err := g.do(t.Context(), func() { time.Sleep(10 * time.Millisecond) }); err != nil {
				t.Fatal(err)
			}
		}
		if mean := time.Duration(g.mean.Load()); mean != 10*time.Millisecond {
			t.Errorf("the mean is %s", mean)
		}
	})
}

func TestGateContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, time.Hour)
		go func() { _ = g.do(t.Context(), func() { time.Sleep(time.Minute) }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran := false
		if err := g.do(ctx, func() { ran = true }); !errors.Is(err, context.DeadlineExceeded) || ran {
			t.Errorf("waiting: %v, ran: %t", err, ran)
		}
		if err := g.do(ctx, func() { ran = true }); !errors.Is(err, context.DeadlineExceeded) || ran {
			t.Errorf("already done: %v, ran: %t", err, ran)
		}
		time.Sleep(time.Hour)
		if err := g.do(t.Context(), func() { ran = true }); err != nil || !ran {
			t.Errorf("afterwards: %v, ran: %t", err, ran)
		}
	})
}

// A Hasher that panics must not keep its permit.
func TestGatePanic(t *testing.T) {
	g := newGate(1, time.Hour)
	func() {
		defer func() { _ = recover() }()
		_ = g.do(t.Context(), func() { panic("hasher") })
	}()
	if err := g.do(t.Context(), func() {}); err != nil {
		t.Error(err)
	}
}
