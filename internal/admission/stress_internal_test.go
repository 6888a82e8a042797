package admission

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever arrives, ends and gives up, no job waits while none runs, and neither
// limit is exceeded.
func TestNoJobWaitsForNothing(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			memory := 100 + random.Int64N(400)
			large := memory / (1 + random.Int64N(3))
			q := New(Limits{
				Concurrent: 1 + random.IntN(8), Memory: memory, Common: min(large, 5+random.Int64N(100)), Large: large,
				MaxWait: time.Second, Round: round,
			})
			for range 400 {
				w := Work{Rounds: 1 + random.Int64N(8<<10), Memory: random.Int64N(large + 1)}
				patience := time.Duration(random.Int64N(int64(3 * time.Second)))
				go func() {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					_ = q.Do(ctx, w, sleep(w))
				}()
				time.Sleep(time.Duration(random.ExpFloat64() * float64(60*time.Millisecond)))
				synctest.Wait()
				s, _, larges := q.lines()
				if s.Running == 0 && s.Waiting > 0 || s.Memory > memory || larges.memory > large {
					t.Fatalf("seed %d: got %+v and %d bytes of large jobs; want within %+v, and none waiting while none runs", seed, s, larges.memory, q.Limits())
				}
			}
			time.Sleep(time.Hour)
			s, commons, larges := q.lines()
			if s.Running != 0 || s.Waiting != 0 || s.Memory != 0 || commons.queued > 1e-3 || larges.queued > 1e-3 {
				t.Errorf("seed %d: got %+v at the end, want nothing running or waiting", seed, s)
			}
		})
	}
}

// lines returns the state of q.
func (q *Queue) lines() (s Stats, common, large line) {
	s = q.Stats()
	q.mu.Lock()
	defer q.mu.Unlock()
	return s, q.common, q.large
}
