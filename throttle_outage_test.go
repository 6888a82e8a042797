package signup_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// If the Counter takes nothing back for a while, the log has one record when that begins
// and one when it ends.
func TestTakeBackOutageIsLoggedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, logged := newLog(t)
		a, tr, _ := tracedAda(t, func(a *signup.Accounts) { a.Logger = l })
		tr.counter = counterFunc(func(_ context.Context, _ string, n int, _ time.Duration) (int, error) {
			if n > 0 {
				return 1, nil
			}
			return 0, errors.New("the counter is down")
		})
		for range 100 {
			if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err != nil {
				t.Errorf("Authenticate returned %v, want nil", err)
			}
			time.Sleep(time.Second)
		}
		const begins = "signup: count not taken back the counter is down"
		records := func() (all []string) {
			for _, r := range logged.records(t) {
				if r["failed"] != nil {
					all = append(all, fmt.Sprint(r["msg"], " ", r["failed"], " in ", time.Duration(r["duration"].(float64))))
					continue
				}
				all = append(all, fmt.Sprint(r["msg"], " ", r["error"]))
			}
			return all
		}
		if got := records(); len(got) != 1 || got[0] != begins {
			t.Errorf("the log has %q, want one record, %q", got, begins)
		}
		time.Sleep(time.Minute)
		if got := records(); len(got) != 2 || got[1] != "signup: counts not taken back 100 in 1m39s" {
			t.Errorf("the log has %q, want another record of 100 failures in 1m39s", got)
		}
	})
}

// If the Counter is down, the log of a handler has one record when that begins, with the
// cause, and one when it ends.
func TestCounterOutageIsLoggedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, logged := newLog(t)
		a, tr, _ := tracedAda(t, nil)
		tr.failCount = errors.New("the counter is down")
		h := signup.NewLoginHandler(a, nil, &signup.HandlerOptions{Logger: l})
		for range 1000 {
			if res := post(h, adaBody); res.StatusCode != 503 {
				t.Errorf("got status %d, want 503", res.StatusCode)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		checkWarnings(t, logged, "WARN signup: log-in overload begins, authenticate: signup: busy: Counter: the counter is down",
			"WARN signup: log-in overload ends, 1000 in 999ms")
	})
}
