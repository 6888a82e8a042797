package signup_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// Each call asks Before, adds to the history and calls After as documented.
func TestEvents(t *testing.T) {
	for _, e := range eventCalls {
		t.Run(e.name, func(t *testing.T) {
			c := e.start(t)
			old := history(t, c.Accounts, adaKey)
			u, _ := c.Store.Get(t.Context(), adaKey)
			begin := time.Now().Truncate(time.Millisecond)
			if err := e.call(t.Context(), c); !errors.Is(err, e.err) {
				t.Errorf("the call returned %v, want %v", err, e.err)
			}
			seen := c.log.seen
			before, after := c.log.take()
			key, _ := signup.CanonicalEmail(e.address())
			added := history(t, c.Accounts, key)
			if !e.gone {
				added = added[len(old):]
			}
			if got := brief(before); got != e.before {
				t.Errorf("Before got %q, want %q", got, e.before)
			}
			if got := brief(after); got != e.after {
				t.Errorf("After got %q, want %q", got, e.after)
			}
			if got := brief(added); got != e.history {
				t.Errorf("the history got %q, want %q", got, e.history)
			}
			if e.history != "" && !slices.Equal(added, after) {
				t.Errorf("the history got %v and After %v, want the same", added, after)
			}
			for _, u := range seen {
				if u.PasswordHash != "" || u.Private != "" || u.Version != "" || u.Email != e.address() {
					t.Errorf("Before got the user %v with a hash: %t, Private: %t, Version: %t; want none of them, and the address",
						u, u.PasswordHash != "", u.Private != "", u.Version != "")
				}
			}
			checkEvents(t, slices.Concat(before, after), begin)
			if u.ID == "" {
				u, _ = c.Store.Get(t.Context(), adaKey)
			}
			for _, got := range slices.Concat(before, after) {
				if got.UserID != "" && got.UserID != u.ID && e.err == nil {
					t.Errorf("an event has the ID %q, want the user's, %q", got.UserID, u.ID)
				}
			}
		})
	}
}

// checkEvents reports events that have an address or a time that isn't between begin
// and now.
func checkEvents(t testing.TB, events []signup.Event, begin time.Time) {
	t.Helper()
	for _, e := range events {
		text, err := json.Marshal(e)
		if err != nil || strings.Contains(string(text), "@") || strings.Contains(string(text), "$") {
			t.Errorf("an event is %s as JSON, %v; want no address and no hash", text, err)
		}
		var decoded signup.Event
		if err := json.Unmarshal(text, &decoded); err != nil || decoded != e {
			t.Errorf("decoding %s returned %v, %v; want %v", text, decoded, err, e)
		}
		if e.At.Before(begin) || e.At.After(time.Now()) || e.At != e.At.UTC().Truncate(time.Millisecond) {
			t.Errorf("the event %s is at %v, want from %v to now, in UTC, to the millisecond", e.Kind, e.At, begin)
		}
	}
}

// An error of Before is returned as it is, and nothing is stored or sent.
func TestBeforeRefuses(t *testing.T) {
	for _, e := range eventCalls {
		if e.before == "" || e.err != nil {
			continue
		}
		for name, refusal := range map[string]error{
			"an error": errors.New("closed"), "a FieldError": signup.FieldError{Field: "email_address", Code: "closed", Message: "Closed."},
		} {
			t.Run(e.name+" with "+name, func(t *testing.T) {
				c := e.start(t)
				c.log.refuse = refusal
				old, oldErr := c.Store.Get(t.Context(), adaKey)
				if err := e.call(t.Context(), c); err != refusal {
					t.Errorf("the call returned %v, want %v", err, refusal)
				}
				before, after := c.log.take()
				if brief(before) != e.before || len(after) != 0 {
					t.Errorf("Before got %q and After %q, want %q and none", brief(before), brief(after), e.before)
				}
				if mails := c.mails.take(); len(mails) != 0 {
					t.Errorf("got the mails %v, want none", mails)
				}
				now, nowErr := c.Store.Get(t.Context(), adaKey)
				if key, _ := signup.CanonicalEmail(e.address()); key != adaKey {
					if _, err := c.Store.Get(t.Context(), key); !errors.Is(err, signup.ErrNotFound) {
						t.Errorf("Get of the new address returned %v, want ErrNotFound", err)
					}
				}
				if now.Version != old.Version || !errors.Is(nowErr, oldErr) {
					t.Errorf("Get returned %v, %v; want the user as before, %v, %v", now, nowErr, old, oldErr)
				}
				c.log.refuse = nil
				if err := e.call(t.Context(), c); err != nil {
					t.Errorf("without a refusal, the call returned %v, want nil", err)
				}
			})
		}
	}
}

// If Before refuses a log-in with ErrBadCredentials, it looks like a wrong password.
func TestBeforeRefusesDiscreetly(t *testing.T) {
	for _, e := range eventCalls {
		if !slices.Contains([]string{"LogIn", "Authenticate", "LogInByToken", "LogInByCode"}, e.name) {
			continue
		}
		c := e.start(t)
		c.log.refuse = signup.ErrBadCredentials
		err := e.call(t.Context(), c)
		if _, after := c.log.take(); err != signup.ErrBadCredentials || brief(after) != "log_in_refused/wrong" {
			t.Errorf("%s returned %v, and After got %q; want ErrBadCredentials, log_in_refused/wrong", e.name, err, brief(after))
		}
	}
}

// What Before changes in the user that it gets has no effect.
func TestBeforeChangesNothing(t *testing.T) {
	a := newAccounts()
	a.Fields = []signup.ProfileField{{Name: "role"}}
	a.Before = func(_ context.Context, _ signup.Event, u signup.User) error {
		u.Profile["role"] = "admin"
		return nil
	}
	u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword, Profile: map[string]string{"role": "user"}})
	if err != nil || u.Profile["role"] != "user" {
		t.Errorf("Register returned %v, %v, with the role %q; want the role user", u, err, u.Profile["role"])
	}
}

// After's context isn't canceled with the call's.
func TestAfterContext(t *testing.T) {
	type name struct{}
	a := newAccounts()
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), name{}, "value"))
	calls := 0
	a.Before = func(context.Context, signup.Event, signup.User) error { return nil }
	a.After = func(ctx context.Context, _ signup.Event) {
		calls++
		cancel()
		if ctx.Err() != nil || ctx.Value(name{}) != "value" {
			t.Errorf("After got a context with the error %v and the value %v, want nil and the call's", ctx.Err(), ctx.Value(name{}))
		}
	}
	if _, err := a.Register(ctx, adaRegistration("")); err != nil || calls != 1 {
		t.Errorf("Register returned %v and called After %d times, want nil, 1", err, calls)
	}
}
