package admission

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// largeHash takes ten times as long as oneHash, and most of the memory.
var largeHash = Work{Rounds: 10 << 12, Memory: 90}

func largeLimits(concurrent int) Limits {
	return Limits{Concurrent: concurrent, Memory: 100, Common: 5, Large: 90, MaxWait: 2 * time.Second, Round: round}
}

// sleep takes the time of w.
func sleep(w Work) func() {
	return func() { time.Sleep(round * time.Duration(w.Rounds)) }
}

// While common jobs wait, large ones get a small share of the processors, however
// many arrive. Without them, large jobs run like others.
func TestLargeJobsYield(t *testing.T) {
	served := func(t *testing.T, concurrent int, attacked bool) (common, large int64) {
		synctest.Test(t, func(t *testing.T) {
			q := New(largeLimits(concurrent))
			var commons, larges atomic.Int64
			end := time.Now().Add(time.Minute)
			arrive := func(every time.Duration, w Work, served *atomic.Int64) {
				for time.Now().Before(end) {
					go func() {
						if q.Do(t.Context(), w, sleep(w)) == nil {
							served.Add(1)
						}
					}()
					time.Sleep(every)
				}
			}
			if attacked {
				go arrive(50*time.Millisecond, largeHash, &larges)
			}
			arrive(assumed/time.Duration(5*concurrent), oneHash, &commons)
			time.Sleep(time.Minute)
			common, large = commons.Load(), larges.Load()
		})
		return common, large
	}
	for _, concurrent := range []int{1, 2, 8} {
		without, _ := served(t, concurrent, false)
		with, large := served(t, concurrent, true)
		if float64(with) < 0.95*float64(without) || large == 0 {
			t.Errorf("%d at once: got %d common jobs, and %d large ones; want at least 0.95 of the %d without large jobs, and some large ones",
				concurrent, with, large, without)
		}
	}
}

// Large jobs alone use all of their memory, one job after another.
func TestLargeJobsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(largeLimits(2))
		start := time.Now()
		var done atomic.Int64
		for range 2 {
			go func() {
				if err := q.Do(t.Context(), largeHash, sleep(largeHash)); err != nil {
					t.Errorf("got %v, want nil", err)
				}
				done.Store(int64(time.Since(start)))
			}()
		}
		time.Sleep(time.Minute)
		if took := time.Duration(done.Load()); took != 20*assumed {
			t.Errorf("got two large jobs done after %s, want %s", took, 20*assumed)
		}
	})
}

// What large jobs take is never missing for common ones.
func TestLargeJobsLeaveRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(largeLimits(2))
		for range 20 {
			go func() { _ = q.Do(t.Context(), largeHash, sleep(largeHash)) }()
		}
		synctest.Wait()
		start := time.Now()
		if err := q.Do(t.Context(), Work{Rounds: 1, Memory: 5}, func() {}); err != nil || time.Since(start) != 0 {
			t.Errorf("got %v after %s, want nil at once", err, time.Since(start))
		}
		if s := q.Stats(); s.Refused == 0 {
			t.Errorf("got %+v, want large jobs refused that would wait too long", s)
		}
		time.Sleep(time.Hour)
		if s := q.Stats(); s.Running != 0 || s.Waiting != 0 || s.Memory != 0 {
			t.Errorf("got %+v at the end, want nothing running or waiting", s)
		}
	})
}

// A large job that needs more than the memory of its line is refused in time.
func TestLargeJobWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(largeLimits(2))
		start := time.Now()
		err := q.Do(t.Context(), Work{Rounds: 1, Memory: 91}, func() { t.Error("the job ran, want it refused") })
		if !errors.Is(err, ErrBusy) || time.Since(start) != 3*time.Second {
			t.Errorf("got %v after %s, want ErrBusy after 3s", err, time.Since(start))
		}
	})
}
