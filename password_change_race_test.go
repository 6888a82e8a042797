package signup_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// Of two changes by one old password at once, one wins.
func TestChangePasswordOnce(t *testing.T) {
	const rounds = 150
	limits := signup.HashLimits{MaxConcurrent: 4, MaxWait: time.Hour}
	store := memstore.New()
	u := createAda(t, store, nil)
	present := goodPassword
	for round := range rounds {
		passwords := [2]string{fmt.Sprintf("correct horse %d, left", round), fmt.Sprintf("correct horse %d, right", round)}
		if round%3 == 0 {
			passwords[1] = passwords[0] // also if both ask for the same
		}
		a := &signup.Accounts{Store: store, Hasher: cheap, HashLimits: limits}
		if round%2 == 0 { // both have checked the old password before one sets a new one
			var barrier sync.WaitGroup
			barrier.Add(2)
			var arrived atomic.Int64
			a.Hasher = hashHook{cheap, func() {
				if arrived.Add(1) <= 2 {
					barrier.Done()
					barrier.Wait()
				}
			}}
		}
		var errs [2]error
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = a.ChangePassword(t.Context(), adaEmail, present, passwords[i]) })
		}
		wg.Wait()
		winner := slices.Index(errs[:], nil)
		if winner < 0 || errs[1-winner] != signup.ErrBadCredentials {
			t.Fatalf("round %d: got %v and %v, want nil and ErrBadCredentials", round, errs[0], errs[1])
		}
		now := getUser(t, store, u.Key())
		if !now.CheckPassword(passwords[winner]) || now.SecurityStamp == u.SecurityStamp {
			t.Fatalf("round %d: got the winner's password stored: %t, and the stamp %q; want true, another stamp",
				round, now.CheckPassword(passwords[winner]), now.SecurityStamp)
		}
		u, present = now, passwords[winner]
	}
}

// A historyStore keeps each state that an Update has stored, in order.
type historyStore struct {
	signup.Store
	gets   atomic.Int64
	mu     sync.Mutex
	states []signup.User
}

// Get sometimes lets other calls run before the user that it has read is used.
func (s *historyStore) Get(ctx context.Context, key string) (signup.User, error) {
	u, err := s.Store.Get(ctx, key)
	if s.gets.Add(1)%16 == 0 {
		runtime.Gosched()
	}
	return u, err
}

func (s *historyStore) Update(ctx context.Context, u *signup.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.Store.Update(ctx, u)
	if err == nil {
		s.states = append(s.states, *u)
	}
	return err
}

// 1000 changes of one account at once: no change is lost, each success makes one
// stamp, and the old password of each ChangePassword was the one before it.
func TestPasswordCallsCrowd(t *testing.T) {
	const callers = 1000 // 300 SetPassword, 400 ChangePassword, 300 changes of the profile
	passwords := []string{"correct horse one", "correct horse two", "correct horse three"}
	store := &historyStore{Store: memstore.New()}
	first := createAda(t, store, func(u *signup.User) { u.PasswordHash = hashBy(t, cheap, passwords[0]) })
	store.states = []signup.User{first}
	a := &signup.Accounts{Store: store, Hasher: cheap, Policy: signup.AnyPassword, HashLimits: signup.HashLimits{MaxConcurrent: callers}}
	var mu sync.Mutex
	from := map[string]string{} // the old password by the new stamp
	var refused, repeated atomic.Int64
	call := func(i, n int) (err error) { // the n-th attempt of a caller
		var u signup.User
		before, after := passwords[(i+n)%3], passwords[(i+n+1)%3]
		switch {
		case i%10 < 3:
			before = ""
			u, err = a.SetPassword(t.Context(), adaEmail, after)
		case i%10 < 7:
			u, err = a.ChangePassword(t.Context(), adaEmail, before, after)
		default:
			return countUp(t, store, first.Key())
		}
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			from[u.SecurityStamp] = before
		}
		return err
	}
	turns := make(chan struct{}, 2) // of those that were refused
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			inTurn := false
			err := call(i, 0)
			for n := 1; err != nil; n++ {
				switch {
				case errors.Is(err, signup.ErrBusy), errors.Is(err, signup.ErrConflict):
					repeated.Add(1)
				case err == signup.ErrBadCredentials && i%10 >= 3:
					refused.Add(1)
					if !inTurn { // without turns, others would win each time
						inTurn = true
						turns <- struct{}{}
						defer func() { <-turns }()
					}
				default:
					t.Errorf("got %v, want nil, ErrBusy, ErrConflict or, from ChangePassword, ErrBadCredentials", err)
					return
				}
				err = call(i, n)
			}
		})
	}
	wg.Wait()
	t.Logf("%d passwords set; tried again %d times after a conflict or ErrBusy, %d times after ErrBadCredentials", len(from), repeated.Load(), refused.Load())
	if want := callers * 7 / 10; len(from) != want {
		t.Errorf("got %d stamps, want one for each of %d successes", len(from), want)
	}
	last := store.states[len(store.states)-1]
	if u := getUser(t, store, first.Key()); !u.Equal(last) {
		t.Errorf("got %#v at the end, want the last state, %#v", u, last)
	}
	if got, want := last.Profile["changes"], strconv.Itoa(callers*3/10); got != want {
		t.Errorf("got %s changes of the profile, want %s", got, want)
	}
	checkHistory(t, store.states, from)
}

// checkHistory reports a state that doesn't follow from the one before it.
func checkHistory(t *testing.T, states []signup.User, from map[string]string) {
	for i, u := range states[1:] {
		before := states[i]
		old, isNew := from[u.SecurityStamp]
		switch {
		case u.SecurityStamp == before.SecurityStamp:
			if u.PasswordHash != before.PasswordHash {
				t.Errorf("state %d: got another hash with the same stamp, want both or none", i+1)
			}
		case !isNew || u.PasswordHash == before.PasswordHash:
			t.Errorf("state %d: got a stamp of no success, or with the hash of another; want one of a success", i+1)
		case old != "" && !before.CheckPassword(old):
			t.Errorf("state %d: got a change from another password than the one before it, want the same", i+1)
		}
		delete(from, u.SecurityStamp)
		before.PasswordHash, before.SecurityStamp, before.UpdatedAt, before.Profile = u.PasswordHash, u.SecurityStamp, u.UpdatedAt, u.Profile
		if !u.Equal(before) {
			t.Errorf("state %d: got %#v, want all else as before, %#v", i+1, u, before)
		}
	}
	if len(from) != 0 {
		t.Errorf("got %d successes that the Store never had, want 0", len(from))
	}
}

// countUp adds 1 to a number in the user's profile.
func countUp(t *testing.T, store signup.Store, key string) error {
	u, err := store.Get(t.Context(), key)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(u.Profile["changes"])
	u.Profile["changes"] = strconv.Itoa(n + 1)
	return store.Update(t.Context(), &u)
}

// Log-ins that replace an old hash neither undo a new password nor fail it.
func TestSetPasswordBesideRehash(t *testing.T) {
	const rounds = 50
	for round := range rounds {
		store := memstore.New()
		before := createAda(t, store, func(u *signup.User) {
			u.PasswordHash = hashBy(t, signup.Bcrypt{Cost: 5}, goodPassword)
		})
		a := &signup.Accounts{Store: store, Hasher: cheap}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if u, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err != nil && err != signup.ErrBadCredentials {
					t.Errorf("Authenticate returned %v, %v; want nil or ErrBadCredentials", u, err)
				}
			})
		}
		call := passwordCalls[round%2]
		wg.Go(func() {
			if _, err := call.call(t.Context(), a, adaEmail, newPassword); err != nil {
				t.Errorf("%s returned %v, want nil", call.name, err)
			}
		})
		wg.Wait()
		if u := getUser(t, store, before.Key()); !u.CheckPassword(newPassword) || u.SecurityStamp == before.SecurityStamp {
			t.Errorf("round %d: got the new password stored: %t, want true and a new stamp", round, u.CheckPassword(newPassword))
		}
	}
}
