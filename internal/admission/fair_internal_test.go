package admission

import (
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Large jobs that run at the same time share the part of the processors that all
// large jobs get while common ones wait.
func TestLargeJobsShareTheirPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const concurrent = 8
		q := New(Limits{Concurrent: concurrent, Memory: 1000, Common: 5, Large: 900, MaxWait: 2 * time.Second, Round: round})
		large := Work{Rounds: 1 << 13, Memory: 90}
		var busy atomic.Int64 // processor time of large jobs
		const lasts = time.Minute
		end := time.Now().Add(lasts)
		go func() {
			for time.Now().Before(end) {
				go func() { _ = q.Do(t.Context(), large, func() { sleep(large)(); busy.Add(int64(round * 1 << 13)) }) }()
				time.Sleep(50 * time.Millisecond)
			}
		}()
		for time.Now().Before(end) {
			go func() { _ = q.Do(t.Context(), oneHash, sleep(oneHash)) }()
			time.Sleep(assumed / (2 * concurrent))
		}
		time.Sleep(time.Minute)
		if part := float64(busy.Load()) / float64(concurrent*lasts); part > 1.5/yield || part < 0.3/yield {
			t.Errorf("got %.4f of the processors' time for large jobs, want about %.4f", part, 1.0/yield)
		}
	})
}

// A large job gets its turn also where common jobs could take all of the memory.
func TestLargeJobsGetTheirMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 8, Memory: 500, Common: 100, Large: 250, MaxWait: 10 * time.Second, Round: round})
		common := Work{Rounds: 1 << 12, Memory: 100}
		for range 5 { // five at once, never at the same moment
			go func() {
				for range 400 {
					_ = q.Do(t.Context(), common, sleep(common))
				}
			}()
			time.Sleep(assumed / 5)
		}
		for range 3 { // so that some wait
			go func() {
				for range 400 {
					_ = q.Do(t.Context(), common, sleep(common))
				}
			}()
		}
		large := Work{Rounds: 1 << 12, Memory: 200}
		if err := q.Do(t.Context(), large, sleep(large)); err != nil {
			t.Errorf("Do of a large job returned %v, want nil", err)
		}
		time.Sleep(time.Hour)
		if s := q.Stats(); s.Running != 0 || s.Waiting != 0 || s.Memory != 0 {
			t.Errorf("got %+v at the end, want nothing running or waiting", s)
		}
	})
}

// A wait that is too long to be counted is too long.
func TestWaitBeyondDurationsIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Concurrent: 1, Memory: 100, MaxWait: time.Second, Round: round})
		go func() { _ = q.Do(t.Context(), Work{Rounds: math.MaxInt64}, func() { time.Sleep(time.Hour) }) }()
		synctest.Wait()
		start := time.Now()
		if err := q.Do(t.Context(), oneHash, func() {}); err != ErrBusy || time.Since(start) != 0 {
			t.Errorf("Do returned %v after %s, want ErrBusy at once", err, time.Since(start))
		}
		if !q.Sheds(oneHash) {
			t.Error("Sheds returned false, want true")
		}
		time.Sleep(2 * time.Hour)
	})
}

// Jobs whose memory, added up, exceeds the numbers don't run at the same time.
func TestMemoryBeyondIntegersIsLimited(t *testing.T) {
	q := New(Limits{Concurrent: 3, Memory: math.MaxInt64, MaxWait: time.Second, Round: round})
	huge := Work{Rounds: 1, Memory: math.MaxInt64/2 + 1}
	err := q.Do(t.Context(), huge, func() {
		if q.mayStart(&q.common, huge) {
			t.Error("mayStart returned true for more memory than there is, want false")
		}
	})
	if err != nil {
		t.Errorf("Do returned %v, want nil", err)
	}
}

// If the clock goes back, as at the beginning of a synctest bubble, the estimates
// stay numbers.
func TestClockThatGoesBack(t *testing.T) {
	q := New(Limits{Concurrent: 1, Memory: 100, MaxWait: time.Second, Round: round})
	q.Sheds(oneHash)
	q.updated = time.Now().Add(24 * 365 * time.Hour)
	q.usual = 1
	q.Sheds(oneHash)
	if q.usual < 0 || math.IsNaN(q.usual) || math.IsInf(q.usual, 0) {
		t.Errorf("got a usual wait of %v, want a number of nanoseconds", q.usual)
	}
}
