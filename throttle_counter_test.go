package signup_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// If the Counter fails, each call is refused as for lack of capacity, before any hash and
// any mail. The Counter's own sentinel isn't passed on.
func TestCounterFails(t *testing.T) {
	calls := append([]limitedCall(nil), limitedCalls...)
	s := signup.Session{}
	for _, g := range guesses {
		calls = append(calls, limitedCall{g.name, func(a *signup.Accounts, _ signup.Client) error { return g.call(a, s, goodPassword) }})
	}
	calls = append(calls, limitedCall{"SendEmailChange", func(a *signup.Accounts, _ signup.Client) error {
		return a.SendEmailChange(context.Background(), s, secondKey)
	}})
	for _, mode := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeRegistration} {
		for _, failure := range []error{errors.New("the counter is down"), signup.ErrInvalid, signup.ErrBusy, context.DeadlineExceeded} {
			a, tr, session := tracedAda(t, nil)
			s = session
			b := &signup.Accounts{Store: a.Store, Counter: a.Counter, Hasher: a.Hasher, Secrets: a.Secrets, Send: a.Send, EmailVerification: mode}
			tr.failCount = failure
			for _, c := range calls {
				for _, client := range []signup.Client{{Origin: "192.0.2.1"}, {}} {
					if client.Origin == "" && (c.name == "Register" || c.name == "CompleteRegistration" || c.name == "LogInByToken") {
						continue // nothing is counted for some of them
					}
					if mode == signup.VerifyBeforeRegistration && c.name == "a repeated Register" {
						continue
					}
					var err error
					made := tr.of(func() { err = c.call(b, client) })
					if !errors.Is(err, signup.ErrBusy) || errors.Is(err, signup.ErrInvalid) || errors.Is(err, context.DeadlineExceeded) ||
						!strings.Contains(err.Error(), failure.Error()) {
						t.Errorf("%s with a Counter that returns %v returned %v, want only ErrBusy, with that text", c.name, failure, err)
					}
					if strings.Contains(made, "hash") || strings.Contains(made, "mail") {
						t.Errorf("%s with a Counter that fails calls %q, want no hash and no mail", c.name, made)
					}
				}
			}
			h := signup.NewLoginHandler(b, nil, quiet)
			if res := post(h, adaBody); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
				t.Errorf("the log-in handler with a Counter that fails responds %d, Retry-After %q; want 503 and a time", res.StatusCode, res.Header.Get("Retry-After"))
			}
		}
	}
}

// The error of a context that is done is passed on.
func TestCounterCanceled(t *testing.T) {
	a, tr, _ := tracedAda(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	tr.counter = counterFunc(func(ctx context.Context, _ string, _ int, _ time.Duration) (int, error) {
		cancel()
		return 0, ctx.Err()
	})
	if _, err := a.Authenticate(ctx, adaEmail, goodPassword); !errors.Is(err, context.Canceled) || errors.Is(err, signup.ErrBusy) {
		t.Errorf("Authenticate canceled in the Counter returned %v, want context.Canceled", err)
	}
}

// A count that can't be taken back doesn't fail the log-in. The log has the reason.
func TestTakeBackFails(t *testing.T) {
	l, logged := newLog(t)
	a, tr, _ := tracedAda(t, func(a *signup.Accounts) { a.Logger = l })
	tr.counter = counterFunc(func(ctx context.Context, _ string, n int, _ time.Duration) (int, error) {
		if n > 0 {
			return 1, nil
		}
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 5*time.Second || ctx.Err() != nil {
			t.Errorf("the count is taken back with the deadline %v, %t, and %v; want one of a few seconds, and nil", deadline, ok, ctx.Err())
		}
		return 0, errors.New("the counter is down")
	})
	if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err != nil {
		t.Errorf("Authenticate returned %v, want nil", err)
	}
	if records := logged.records(t); len(records) != 1 || records[0]["msg"] != "signup: count not taken back" || records[0]["error"] != "the counter is down" {
		t.Errorf("the log has %v, want one record with the error", records)
	}
}

func TestLimitsChecked(t *testing.T) {
	const tooLong = signup.MaxCountWindow + 1
	for _, c := range []struct {
		limits signup.Limits
		ok     bool
	}{
		{signup.Limits{}, true},
		{signup.Limits{PerAccount: 100, PerDevice: 100, PerOrigin: 1_000_000, Window: tooLong - 1, MailInterval: tooLong - 1}, true},
		{signup.Limits{PerAccount: 1, PerDevice: 1, PerOrigin: 1, Window: 1, MailInterval: 1}, true},
		{signup.Limits{PerAccount: 101}, false},
		{signup.Limits{PerAccount: -1}, false},
		{signup.Limits{PerDevice: 101}, false},
		{signup.Limits{PerDevice: -1}, false},
		{signup.Limits{PerOrigin: 1_000_001}, false},
		{signup.Limits{PerOrigin: -1}, false},
		{signup.Limits{Window: tooLong}, false},
		{signup.Limits{Window: -1}, false},
		{signup.Limits{MailInterval: tooLong}, false},
		{signup.Limits{MailInterval: -1}, false},
	} {
		a := newAccounts()
		a.Limits = c.limits
		_, err := a.Authenticate(t.Context(), adaEmail, goodPassword)
		if ok := err == signup.ErrBadCredentials; ok != c.ok || !c.ok && !strings.Contains(err.Error(), "Limits.") {
			t.Errorf("with %+v, Authenticate returned %v, want accepted: %t", c.limits, err, c.ok)
		}
	}
}
