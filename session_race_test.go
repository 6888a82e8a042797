package signup_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A thousand log-ins and changes of one account at once lose nothing.
func TestSessionCrowd(t *testing.T) {
	const callers = 500 // of each call
	a := sessionAccounts(t)
	a = &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: a.Secrets, HashLimits: signup.HashLimits{MaxWait: time.Minute}}
	update(t, a, "ada@example.org", func(u *signup.User) { u.Private, u.Profile = `{"other":[1, 2]}`, map[string]string{"changes": "0"} })
	// Their devices are known, so that none is forgotten.
	var cookies []string
	var known []signup.Session
	for range signup.MaxDevices {
		s := logIn(t, a, signup.Client{})
		cookies, known = append(cookies, a.DeviceCookie(s)), append(known, s)
	}
	begin := make(chan struct{})
	var changes, logIns atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			<-begin
			s, err := a.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{Cookie: cookies[i%len(cookies)], Label: fmt.Sprint(i)})
			if err != nil {
				t.Errorf("LogIn returned %v, want nil", err)
				return
			}
			logIns.Add(1)
			wantSession(t, a, s, nil)
		})
		wg.Go(func() {
			<-begin
			err := signup.ErrConflict
			for errors.Is(err, signup.ErrConflict) {
				err = countUp(t, a.Store, "ada@example.org")
			}
			if err != nil {
				t.Errorf("a change of the profile returned %v, want nil", err)
				return
			}
			changes.Add(1)
		})
	}
	close(begin)
	wg.Wait()
	u, _ := a.Store.Get(t.Context(), "ada@example.org")
	if got := u.Profile["changes"]; got != fmt.Sprint(changes.Load()) {
		t.Errorf("the profile counts %s changes, want %d", got, changes.Load())
	}
	list := devices(t, a, known[0])
	if len(list) != signup.MaxDevices || logIns.Load() != callers {
		t.Errorf("got %d devices after %d log-ins, want %d after %d", len(list), logIns.Load(), signup.MaxDevices, callers)
	}
	for _, d := range list {
		if d.Label == "" {
			t.Errorf("the device %s has no label, want that of its last log-in", d.ID)
		}
	}
	for _, s := range known {
		wantSession(t, a, s, nil)
	}
	if want := `,"other":[1, 2]}`; string(u.Private[len(u.Private)-len(want):]) != want {
		t.Error("the unknown member is lost, want it kept")
	}
}

// Of many calls that end all other sessions of one Session, one succeeds.
func TestEndOtherSessionsOnce(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	var won, refused atomic.Int64
	var next signup.Session
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			got, err := a.EndOtherSessions(t.Context(), s)
			switch {
			case err == nil:
				won.Add(1)
				next = got // the race detector sees it if two win
			case errors.Is(err, signup.ErrEnded):
				refused.Add(1)
			default:
				t.Errorf("EndOtherSessions returned %v, want nil or ErrEnded", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || refused.Load() != 199 {
		t.Errorf("%d calls succeeded and %d were refused, want 1 and 199", won.Load(), refused.Load())
	}
	wantSession(t, a, next, nil)
}
