package signup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// A call that returns ErrBusy costs nothing: it calls neither policy nor Store.
func TestBusyBeforeAnyWork(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	var once sync.Once
	a := &signup.Accounts{
		Hasher:     hookedHasher{hook: func() { once.Do(func() { close(started); <-finish }) }},
		HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Nanosecond},
	}
	store := memstore.New()
	a.Store = fakestore.Store{
		OnCreate: func(ctx context.Context, u *signup.User) error {
			if u.Email != "a@b.example" {
				t.Errorf("Create was called for the user %s, want no call while Register returns ErrBusy", u.ID)
			}
			return store.Create(ctx, u)
		},
		OnGet: func(context.Context, string) (signup.User, error) {
			t.Error("Get was called, want no call while the hasher is busy")
			return signup.User{}, signup.ErrNotFound
		},
	}
	a.Policy = policyFunc(func(_ context.Context, _ string, u signup.User) error {
		if u.Email != "a@b.example" {
			t.Error("the policy was called, want no call while the hasher is busy")
		}
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := a.Register(t.Context(), signup.Registration{Email: "a@b.example", Password: goodPassword}); err != nil {
			t.Errorf("Register returned %v, want nil", err)
		}
	})
	<-started
	if _, err := a.Register(t.Context(), signup.Registration{Email: "b@b.example", Password: "x"}); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("Register returned %v, want ErrBusy", err)
	}
	if _, err := a.Authenticate(t.Context(), "b@b.example", "x"); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("Authenticate returned %v, want ErrBusy", err)
	}
	close(finish)
	wg.Wait()
}

// A sleepyHasher takes the time that a hash of bcrypt's cost 12 is assumed to take.
type sleepyHasher struct{ plainHasher }

const asleep = 60 * time.Microsecond << 12

func (sleepyHasher) Hash(password string) (signup.Hash, error) {
	time.Sleep(asleep)
	return signup.Hash("plain:"), nil
}

// A hundred callers sign up in a loop, and wait after ErrBusy. All of them make
// progress.
func TestRegisterIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, atOnce, long = 100, 2, time.Hour
		a := &signup.Accounts{Store: memstore.New(), Hasher: sleepyHasher{}, HashLimits: signup.HashLimits{MaxConcurrent: atOnce}}
		ctx, cancel := context.WithTimeout(t.Context(), long)
		defer cancel()
		var done [callers]int
		for i := range callers {
			go func() {
				for ctx.Err() == nil {
					r := signup.Registration{Email: fmt.Sprintf("user%d.%d@example.org", i, done[i]), Password: goodPassword}
					switch _, err := a.Register(ctx, r); {
					case err == nil:
						done[i]++
					case errors.Is(err, signup.ErrBusy):
						time.Sleep(rand.N(4 * time.Second))
					case ctx.Err() == nil:
						t.Errorf("Register returned %v, want nil or ErrBusy", err)
					}
				}
			}()
		}
		time.Sleep(long + time.Minute)
		synctest.Wait()
		sum, least, most := 0, done[0], done[0]
		for _, n := range done {
			sum, least, most = sum+n, min(least, n), max(most, n)
		}
		mean := sum / callers
		t.Logf("each of %d got %d to %d sign-ups, %d in the mean", callers, least, most, mean)
		if capacity := int(long / asleep * atOnce); sum < capacity*9/10 {
			t.Errorf("got %d sign-ups, want at least %d, 90%% of the capacity", sum, capacity*9/10)
		}
		if least < mean*3/4 || most > mean*5/4 {
			t.Errorf("got %d to %d sign-ups for each caller, want %d to %d", least, most, mean*3/4, mean*5/4)
		}
	})
}

func TestStoreFailures(t *testing.T) {
	down := errors.New("store is down")
	a := newAccounts()
	a.Store = fakestore.Store{
		OnCreate: func(context.Context, *signup.User) error { return down },
		OnGet:    func(context.Context, string) (signup.User, error) { return signup.User{}, down },
	}
	if _, err := a.Register(t.Context(), signup.Registration{Email: "a@b.example", Password: goodPassword}); !errors.Is(err, down) {
		t.Errorf("Register returned %v, want %v", err, down)
	}
	if _, err := a.Authenticate(t.Context(), "a@b.example", goodPassword); !errors.Is(err, down) || errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("Authenticate returned %v, want %v without ErrBadCredentials", err, down)
	}
}

type idleHasher struct{ signup.Bcrypt }

func (idleHasher) Work() signup.Work { return signup.Work{} }

func TestMisconfiguredAccounts(t *testing.T) {
	field := func(names ...string) (fields []signup.ProfileField) {
		for _, name := range names {
			fields = append(fields, signup.ProfileField{Name: name})
		}
		return fields
	}
	for _, c := range []struct {
		want string
		a    *signup.Accounts
	}{
		{"Store is nil", &signup.Accounts{}},
		{"does no work", &signup.Accounts{Store: memstore.New(), Hasher: idleHasher{}}},
		{"MaxConcurrent is negative", &signup.Accounts{Store: memstore.New(), HashLimits: signup.HashLimits{MaxConcurrent: -1}}},
		{"MaxWait is negative", &signup.Accounts{Store: memstore.New(), HashLimits: signup.HashLimits{MaxWait: -1}}},
		{"MaxStoredWork is less than one hash", &signup.Accounts{Store: memstore.New(), HashLimits: signup.HashLimits{MaxStoredWork: signup.Work{Rounds: 1<<12 - 1}}}},
		{"MaxStoredWork is less than one hash", &signup.Accounts{
			Store: memstore.New(), Hasher: signup.Argon2id{}, HashLimits: signup.HashLimits{MaxStoredWork: signup.Work{Memory: 19<<20 - 1}},
		}},
		{"MaxMemory is less than one hash", &signup.Accounts{
			Store: memstore.New(), Hasher: signup.Argon2id{Memory: 64 << 10}, HashLimits: signup.HashLimits{MaxMemory: 64<<20 - 1},
		}},
		{`Fields[0]: ""`, &signup.Accounts{Store: memstore.New(), Fields: field("")}},
		{`Fields[1]: "a.b"`, &signup.Accounts{Store: memstore.New(), Fields: field("a", "a.b")}},
		{`Fields[0]: "1a"`, &signup.Accounts{Store: memstore.New(), Fields: field("1a")}},
		{`Fields[0]: the name "password" is taken`, &signup.Accounts{Store: memstore.New(), Fields: field("password")}},
		{`Fields[1]: the name "a" is taken`, &signup.Accounts{Store: memstore.New(), Fields: field("a", "a")}},
	} {
		_, err := c.a.Register(t.Context(), signup.Registration{Email: "a@b.example", Password: goodPassword})
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, signup.ErrInvalid) {
			t.Errorf("Register returned %v, want an error that contains %q and is not ErrInvalid", err, c.want)
		}
		if _, err := c.a.Authenticate(t.Context(), "a@b.example", goodPassword); err == nil || errors.Is(err, signup.ErrBadCredentials) {
			t.Errorf("Authenticate returned %v, want an error other than ErrBadCredentials", err)
		}
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), c.want) {
					t.Errorf("NewHandler panicked with %v, want %q in it", v, c.want)
				}
			}()
			signup.NewHandler(c.a, nil)
		}()
	}
}

// 10,000 sign-ups at once for 100 addresses: 100 winners, whose passwords are
// those that log in. A sign-up that returns ErrBusy is tried again.
func TestCrowd(t *testing.T) {
	ctx := t.Context()
	const callers, addresses = 10_000, 100
	a := newAccounts()
	var wg sync.WaitGroup
	var busy atomic.Int64
	winners := make([]atomic.Int64, addresses) // the caller that won, from 1 on
	for i := range callers {
		wg.Go(func() {
			r := signup.Registration{
				Email:    fmt.Sprintf("user%d@example.org", i%addresses),
				Password: fmt.Sprintf("the password of %d", i),
			}
			if i/addresses%2 == 1 {
				r.Email = strings.ToUpper(r.Email)
			}
			for {
				switch _, err := a.Register(ctx, r); {
				case errors.Is(err, signup.ErrBusy):
					busy.Add(1)
					time.Sleep(rand.N(2 * time.Second))
					continue
				case err == nil:
					if !winners[i%addresses].CompareAndSwap(0, int64(i+1)) {
						t.Errorf("%s was registered twice, want once", r.Email)
					}
				case !errors.Is(err, signup.ErrExists):
					t.Errorf("Register for %s returned %v, want nil, ErrBusy or ErrExists", r.Email, err)
				}
				return
			}
		})
	}
	wg.Wait()
	for n := range winners {
		winner := winners[n].Load() - 1
		if winner < 0 {
			t.Errorf("got no registered user%d, want one", n)
			continue
		}
		if _, err := a.Authenticate(ctx, fmt.Sprintf("user%d@example.org", n), fmt.Sprintf("the password of %d", winner)); err != nil {
			t.Errorf("Authenticate as user%d returned %v, want nil for the password that was registered", n, err)
		}
	}
	t.Logf("%d sign-ups, %d winners; refused as busy and tried again: %d times", callers, addresses, busy.Load())
}
