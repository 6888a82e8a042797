package signup_test

import (
	"errors"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A thousand log-ins at once. It reports the memory that they take together, the
// time that the slowest served log-in waited and hashed, as a multiple of
// HashLimits.MaxWait (2 s), and the time that the slowest refusal took.
//
//	go test -run '^$' -bench ThousandLogins -benchtime 3x .
func BenchmarkThousandLogins(b *testing.B) {
	for _, c := range []struct {
		name   string
		hasher signup.Hasher
	}{
		{"bcrypt", signup.Bcrypt{}},
		{"argon2id", signup.Argon2id{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			const callers, bound = 1000, 2 * time.Second
			a := &signup.Accounts{Store: memstore.New(), Hasher: c.hasher, HashLimits: signup.HashLimits{MaxWait: bound}}
			h, err := c.hasher.Hash(goodPassword)
			if err != nil {
				b.Fatalf("Hash returned %v, want nil", err)
			}
			for i := range callers { // one user would be limited
				u := signup.User{ID: strconv.Itoa(i), Email: userEmail(i), PasswordHash: h, Active: true}
				if err := a.Store.Create(b.Context(), &u); err != nil {
					b.Fatalf("Create returned %v, want nil", err)
				}
			}
			var served, refused, memory float64
			var slowest, slowestRefusal time.Duration
			for b.Loop() {
				runtime.GC()
				before, peak := heap(), uint64(0)
				stop, stopped := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(stopped)
					for {
						select {
						case <-stop:
							return
						case <-time.After(5 * time.Millisecond):
							peak = max(peak, heap())
						}
					}
				}()
				var mu sync.Mutex
				var wg sync.WaitGroup
				start := make(chan struct{})
				for i := range callers {
					wg.Go(func() {
						<-start
						began := time.Now()
						_, err := a.Authenticate(b.Context(), userEmail(i), goodPassword)
						took := time.Since(began)
						mu.Lock()
						defer mu.Unlock()
						switch {
						case err == nil:
							served++
							slowest = max(slowest, took)
						case errors.Is(err, signup.ErrBusy):
							refused++
							slowestRefusal = max(slowestRefusal, took)
						default:
							b.Errorf("Authenticate returned %v, want nil or ErrBusy", err)
						}
					})
				}
				close(start)
				wg.Wait()
				close(stop)
				<-stopped
				memory = max(memory, float64(peak-min(peak, before)))
			}
			rounds := float64(b.N)
			b.ReportMetric(served/rounds, "served")
			b.ReportMetric(refused/rounds, "refused")
			b.ReportMetric(slowest.Seconds()/bound.Seconds(), "slowest/bound")
			b.ReportMetric(float64(slowestRefusal.Milliseconds()), "refusal-ms")
			b.ReportMetric(memory/(1<<20), "MiB")
		})
	}
}

func userEmail(i int) string { return "user" + strconv.Itoa(i) + "@example.org" }

// heap returns the bytes of the heap that are in use or not yet swept.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
