package signup_test

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// countOne adds 1 to a number in the profile.
func countOne(u *signup.User) error {
	n, _ := strconv.Atoi(u.Profile["count"])
	u.Profile["count"] = strconv.Itoa(n + 1)
	return nil
}

// countingAccounts returns Accounts with a field for countOne, and waits for hashes
// for as long as a test may take.
func countingAccounts() *signup.Accounts {
	a := newAccounts()
	a.Fields = []signup.ProfileField{{Name: "count"}}
	a.HashLimits.MaxWait = time.Minute
	return a
}

// insist calls call until it doesn't return ErrBusy, which means that nothing was done.
func insist(call func() error) error {
	for {
		if err := call(); !errors.Is(err, signup.ErrBusy) {
			return err
		}
	}
}

// A thousand changes of one account at once lose none.
func TestChangeProfileCrowd(t *testing.T) {
	const callers = 1000
	a := countingAccounts()
	s := logInAda(t, a, nil)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range callers {
		wg.Go(func() {
			<-begin
			if err := insist(func() error { _, err := a.ChangeProfile(t.Context(), s, countOne); return err }); err != nil {
				t.Errorf("ChangeProfile returned %v, want nil", err)
			}
		})
	}
	close(begin)
	wg.Wait()
	if got := getUser(t, a.Store, s.Key).Profile["count"]; got != strconv.Itoa(callers) {
		t.Errorf("the profile counts %s changes, want %d", got, callers)
	}
	wantSession(t, a, s, nil)
}

// Changes of the profile, changes of the password and log-ins at once lose none. A change
// of the profile whose session a new password has ended is refused.
func TestChangeProfileBesideOthers(t *testing.T) {
	const callers, rounds, passwords = 8, 20, 20
	a := countingAccounts()
	logInAda(t, a, nil)
	password := func(i int) string { return goodPassword + " " + strconv.Itoa(i) }
	if _, err := a.SetPassword(t.Context(), adaEmail, password(0)); err != nil {
		t.Fatalf("SetPassword returned %v, want nil", err)
	}
	var present, changed, ended atomic.Int64
	var wg sync.WaitGroup
	enter := func() (s signup.Session) {
		for {
			err := insist(func() (err error) {
				s, err = a.LogIn(t.Context(), adaEmail, password(int(present.Load())), signup.Client{})
				return err
			})
			if err == nil {
				return s
			}
			if !errors.Is(err, signup.ErrBadCredentials) { // the password was changed in between
				t.Errorf("LogIn returned %v, want nil or ErrBadCredentials", err)
				return s
			}
		}
	}
	for range callers {
		wg.Go(func() {
			for range rounds {
				s := enter()
				switch err := insist(func() error { _, err := a.ChangeProfile(t.Context(), s, countOne); return err }); {
				case err == nil:
					changed.Add(1)
				case errors.Is(err, signup.ErrEnded):
					ended.Add(1)
				default:
					t.Errorf("ChangeProfile returned %v, want nil or ErrEnded", err)
				}
			}
		})
	}
	wg.Go(func() {
		for i := range passwords {
			err := insist(func() error {
				_, err := a.ChangePassword(t.Context(), adaEmail, password(i), password(i+1))
				return err
			})
			if err != nil {
				t.Errorf("ChangePassword returned %v, want nil", err)
				return
			}
			present.Store(int64(i + 1))
		}
	})
	wg.Wait()
	u := getUser(t, a.Store, "ada@example.org")
	if got := u.Profile["count"]; got != strconv.FormatInt(changed.Load(), 10) || changed.Load() == 0 {
		t.Errorf("the profile counts %s changes after %d successes and %d ErrEnded, want the successes, and some", got, changed.Load(), ended.Load())
	}
	if !u.CheckPassword(password(passwords)) {
		t.Error("the last password isn't stored, want it to be")
	}
}

// After a failure of the Store at any of its calls, a repetition makes the change, or
// finds that it was made.
func TestChangeProfileStoreFails(t *testing.T) {
	failure := errors.New("connection refused")
	for n := 1; n <= 2; n++ {
		for _, made := range []bool{false, true} {
			a := newAccounts()
			s := logInAda(t, a, nil)
			failing, calls := failAt(a.Store, n, made, failure)
			a.Store = failing
			change := func() error {
				_, err := a.ChangeProfile(t.Context(), s, func(u *signup.User) error { u.FirstName = "Augusta"; return nil })
				return err
			}
			if err := change(); !errors.Is(err, failure) || *calls != n {
				t.Errorf("failing at call %d, ChangeProfile returned %v after %d calls, want the failure", n, err, *calls)
			}
			if err := change(); err != nil || getUser(t, a.Store, s.Key).FirstName != "Augusta" {
				t.Errorf("again, after a failure at call %d, ChangeProfile returned %v or didn't change the name, want nil", n, err)
			}
		}
	}
}
