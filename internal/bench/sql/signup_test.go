package sql

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/bench/rounds"
	"github.com/gosignup/signup/sqlstore"
)

var (
	clients = flag.Int("clients", 64, "the number of goroutines that sign up at once")
	lasts   = flag.Duration("lasts", 5*time.Second, "how long each round of sign-ups begins new ones")
)

const password = "correct horse battery staple"

// BenchmarkSignUp compares the sign-ups per second on PostgreSQL, with the default Hasher,
// with hashes of the same cost: as many at once as there are processors, which is the
// ceiling. A refused client tries again after one to two seconds. The ratio is that of the
// throughputs.
func BenchmarkSignUp(b *testing.B) {
	b.Run("db=PostgreSQL", func(b *testing.B) {
		t, _ := open(b, sqlstore.PostgreSQL).newTable(b)
		accounts := &signup.Accounts{Store: t.store}
		var ours, raw []time.Duration
		for range b.N {
			ours = append(ours, perCall(b, *clients, func() error { return register(b.Context(), accounts) }))
			raw = append(raw, perCall(b, runtime.GOMAXPROCS(0), hash))
		}
		b.ReportMetric(float64(mean(ours)), "ns/op")
		b.ReportMetric(float64(mean(raw)), "raw-ns/op")
		b.ReportMetric(float64(time.Second)/float64(mean(ours)), "sign-ups/s")
		rounds.ReportRatio(b, raw, ours)
	})
}

var signedUp atomic.Int64

// register registers a new user, or waits if it is refused.
func register(ctx context.Context, accounts *signup.Accounts) error {
	_, err := accounts.Register(ctx, signup.Registration{
		Email: fmt.Sprintf("ada.%d@example.org", signedUp.Add(1)), Password: password, FirstName: "Ada", LastName: "Lovelace",
	})
	if errors.Is(err, signup.ErrBusy) {
		time.Sleep(time.Second + rand.N(time.Second))
	}
	return err
}

func hash() error {
	// The cost of the default Hasher.
	_, err := bcrypt.GenerateFromPassword([]byte(password), 12)
	return err
}

// perCall calls do in a number of goroutines, and begins no more calls after the time of
// the flag. It returns the time until the last successful call has ended, divided by the
// number of successful calls. ErrBusy is no success; any other error ends b.
func perCall(b *testing.B, goroutines int, do func() error) time.Duration {
	b.Helper()
	var mu sync.Mutex
	var last time.Duration
	var done int
	var failure error
	begin := time.Now()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for time.Since(begin) < *lasts {
				err := do()
				took := time.Since(begin)
				mu.Lock()
				if err == nil {
					last, done = max(last, took), done+1
				} else if !errors.Is(err, signup.ErrBusy) {
					failure = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if failure != nil {
		b.Fatal(failure)
	}
	if done == 0 {
		b.Fatal("got no successful call in the time of a round, want some")
	}
	return last / time.Duration(done)
}

func mean(all []time.Duration) (sum time.Duration) {
	for _, d := range all {
		sum += d
	}
	return sum / time.Duration(len(all))
}
