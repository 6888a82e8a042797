package signup

import (
	"runtime"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/cputime"
)

// What a stored argon2id hash takes is made up for by argon2id in as much memory, if
// the common line has that memory. A hash that needs a line of its own doesn't give its
// cost in memory to every refused log-in.
func TestDecoyTakesAsMuchMemory(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct {
		name string
		hash Argon2id
		want uint64 // bytes that a check without a user allocates, about
	}{
		{"one lane", Argon2id{Memory: 16 << 10, Time: 1}, 16 * mib},
		{"four lanes", Argon2id{Memory: 16 << 10, Time: 1, Threads: 4}, 16 * mib},
		{"a line of its own", Argon2id{Memory: 65 << 10, Time: 1}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := &Accounts{Store: struct{ Store }{}, Hasher: Bcrypt{Cost: 4}}
			if err := a.setUp(); err != nil {
				t.Fatalf("setUp returned %v, want nil", err)
			}
			// Every hash of bcrypt takes a millisecond and every one of argon2id ten.
			took := time.Millisecond
			a.times.measure = func(f func()) cputime.Time {
				f()
				return cputime.Time{Used: took, Passed: took}
			}
			a.newCheck("", wrongPassword).do(false)
			h := made(t, test.hash, checkedPassword)
			took = 10 * time.Millisecond
			a.newCheck(h, wrongPassword).do(false)
			took = time.Millisecond

			c := a.newCheck("", wrongPassword)
			if got, want := uint64(c.work().Memory), max(test.want, uint64(a.hasher().Work().Memory)); got != want {
				t.Errorf("got %d bytes of memory reserved for a check without a user, want %d", got, want)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			c.do(false)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got < test.want || got > test.want+mib {
				t.Errorf("got %d bytes allocated by a check without a user, want %d to %d", got, test.want, test.want+mib)
			}
		})
	}
}
