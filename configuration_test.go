package signup_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A workHasher is a plainHasher that says what it costs.
type workHasher struct {
	plainHasher
	work signup.Work
}

func (w workHasher) Work() signup.Work { return w.work }

// A handler is made only if it can register and log in a user.
func TestHandlerOfExtremeConfiguration(t *testing.T) {
	argon2id := signup.Argon2id{Memory: 64, Time: 1}
	hashers := func(all ...signup.Hasher) (configs []*signup.Accounts) {
		for _, h := range all {
			configs = append(configs, &signup.Accounts{Hasher: h})
		}
		return configs
	}
	limits := func(h signup.Hasher, all ...signup.HashLimits) (configs []*signup.Accounts) {
		for _, l := range all {
			configs = append(configs, &signup.Accounts{Hasher: h, HashLimits: l})
		}
		return configs
	}
	stored := func(rounds, memory int64) signup.HashLimits {
		return signup.HashLimits{MaxStoredWork: signup.Work{Rounds: rounds, Memory: memory}}
	}
	refused := hashers(
		signup.Bcrypt{Cost: 40}, signup.Bcrypt{Cost: 32}, &signup.Bcrypt{Cost: 3}, signup.Bcrypt{Cost: -1},
		signup.Bcrypt{Cost: math.MaxInt}, signup.Bcrypt{Cost: math.MinInt}, (*signup.Bcrypt)(nil),
		signup.Argon2id{Memory: 8, Threads: 4}, &signup.Argon2id{Memory: 7}, signup.Argon2id{Memory: 1, Threads: 255},
		signup.Argon2id{Memory: 2039, Threads: 255}, signup.Argon2id{Memory: 4096, Threads: 65},
		signup.Argon2id{Memory: 4<<20 + 1}, signup.Argon2id{Memory: 19 << 20}, signup.Argon2id{Memory: math.MaxUint32},
		workHasher{}, workHasher{work: signup.Work{Rounds: -1}}, workHasher{work: signup.Work{Rounds: math.MinInt64}},
		workHasher{work: signup.Work{Rounds: 1, Memory: -1}},
	)
	refused = append(refused, limits(argon2id,
		signup.HashLimits{MaxConcurrent: -1}, signup.HashLimits{MaxConcurrent: math.MinInt},
		signup.HashLimits{MaxMemory: -1}, signup.HashLimits{MaxMemory: math.MinInt64}, signup.HashLimits{MaxMemory: 64<<10 - 1},
		signup.HashLimits{MaxWait: -1}, signup.HashLimits{MaxWait: math.MinInt64},
		stored(-1, 0), stored(0, -1), stored(math.MinInt64, 0), stored(0, math.MinInt64), stored(0, 64<<10-1),
	)...)
	refused = append(refused, limits(signup.Argon2id{Memory: 512 << 10}, signup.HashLimits{MaxMemory: 512<<20 - 1, MaxConcurrent: math.MaxInt})...)
	for _, p := range []signup.Policy{signup.NIST{MinLength: -1}, &signup.NIST{MinLength: math.MinInt}, aroundNIST{NIST: signup.NIST{MinLength: -8}}} {
		refused = append(refused, &signup.Accounts{Policy: p})
	}
	for _, a := range refused {
		a.Store = memstore.New()
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewHandler with Hasher %#v, HashLimits %+v and Policy %#v returned, want a panic", a.Hasher, a.HashLimits, a.Policy)
				}
			}()
			signup.NewHandler(a, nil)
		}()
	}

	usable := hashers(
		signup.Argon2id{Memory: 8, Time: 1}, signup.Argon2id{Memory: 8 * 64, Time: 1, Threads: 64}, signup.Bcrypt{Cost: 4},
		workHasher{work: signup.Work{Rounds: 1}}, workHasher{work: signup.Work{Rounds: math.MaxInt64 / 4}}, workHasher{work: signup.Work{Rounds: math.MaxInt64}},
		workHasher{work: signup.Work{Rounds: 1, Memory: math.MaxInt64}},
	)
	for _, h := range []signup.Hasher{argon2id, signup.Bcrypt{Cost: 4}} {
		usable = append(usable, limits(h,
			signup.HashLimits{MaxConcurrent: 1}, signup.HashLimits{MaxConcurrent: math.MaxInt},
			signup.HashLimits{MaxMemory: 64 << 10}, signup.HashLimits{MaxMemory: math.MaxInt64},
			signup.HashLimits{MaxMemory: math.MaxInt64, MaxConcurrent: math.MaxInt},
			signup.HashLimits{MaxWait: 1}, signup.HashLimits{MaxWait: math.MaxInt64}, signup.HashLimits{MaxWait: math.MaxInt64/3*2 + 1},
			stored(math.MaxInt64, 0), stored(0, math.MaxInt64), stored(math.MaxInt64, math.MaxInt64), stored(0, 64<<10),
			signup.HashLimits{MaxConcurrent: math.MaxInt, MaxStoredWork: signup.Work{Memory: math.MaxInt64}},
		)...)
	}
	for i, a := range usable {
		a.Store = memstore.New()
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			l := signup.HandlerOptions{Logger: quiet.Logger, MaxBodyBytes: math.MaxInt64}
			for _, h := range []http.Handler{signup.NewHandler(a, &l), signup.NewLoginHandler(a, nil, &l)} {
				begin := time.Now()
				if res := post(h, adaBody); res.StatusCode != http.StatusOK || time.Since(begin) > time.Minute {
					t.Errorf("with Hasher %#v and HashLimits %+v, got status %d after %v, want 200 within a minute",
						a.Hasher, a.HashLimits, res.StatusCode, time.Since(begin))
				}
			}
		})
	}
}

// An endpoint's Retry-After is a number of seconds that clients can read, whatever
// MaxWait is.
func TestRetryAfterOfLongWait(t *testing.T) {
	a := storeBusy("the disk is full")
	a.HashLimits.MaxWait = math.MaxInt64
	if got := post(signup.NewHandler(a, quiet), adaBody).Header.Get("Retry-After"); got != "86400" {
		t.Errorf("Retry-After is %q, want 86400", got)
	}
}
