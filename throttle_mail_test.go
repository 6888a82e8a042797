package signup_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// In each interval, one mail is sent for one purpose to one address. The calls in between
// return nil, and don't ask the Store. It is the same for an address without a user.
func TestMailInterval(t *testing.T) {
	for _, c := range sendCalls {
		for _, known := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				a, tr := traced()
				first := "+1 get"
				if known {
					createAda(t, tr.memory, nil)
					first += " mail"
				}
				for range 2 {
					for _, want := range []string{first, "+1", "+1"} {
						var err error
						if calls := tr.of(func() { err = c.call(a, t.Context(), adaEmail, signup.Client{}) }); err != nil || calls != want {
							t.Errorf("%s for a known address (%t) returned %v after %q, want nil after %q", c.name, known, err, calls, want)
						}
					}
					time.Sleep(3 * time.Minute)
				}
			})
		}
	}
}

// The purposes and addresses have counts of their own.
func TestMailIntervalApart(t *testing.T) {
	a, tr := traced()
	createAda(t, tr.memory, nil)
	stored(t, a, "bob@example.org")
	for range 3 {
		for _, email := range []string{"ADA@example.org", "ada@example.org", "bob@example.org"} {
			for _, c := range sendCalls {
				if err := c.call(a, t.Context(), email, signup.Client{}); err != nil {
					t.Errorf("%s returned %v, want nil", c.name, err)
				}
			}
		}
	}
	sent := map[signup.Purpose]int{}
	for _, m := range tr.take() {
		sent[m.Purpose]++
	}
	for _, c := range sendCalls {
		if sent[c.purpose] != 2 {
			t.Errorf("%d mails for %s were sent, want one to each of two addresses", sent[c.purpose], c.purpose)
		}
	}
}

// A mail that wasn't sent doesn't count.
func TestMailIntervalFailure(t *testing.T) {
	for _, c := range sendCalls {
		a, tr := traced()
		createAda(t, tr.memory, nil)
		failure := errors.New("no mail server")
		tr.fail = func(ctx context.Context) error {
			tr.fail = nil
			if err := c.call(a, ctx, adaEmail, signup.Client{}); err != nil || len(tr.take()) != 0 {
				t.Errorf("%s during the first call returned %v or sent a mail, want nil and none", c.name, err)
			}
			return failure
		}
		if err := c.call(a, t.Context(), adaEmail, signup.Client{}); !errors.Is(err, failure) {
			t.Errorf("%s returned %v, want Send's error", c.name, err)
		}
		for range 2 {
			if err := c.call(a, t.Context(), adaEmail, signup.Client{}); err != nil {
				t.Errorf("%s after a failure returned %v, want nil", c.name, err)
			}
		}
		if mails := tr.take(); len(mails) != 1 {
			t.Errorf("%s after a failure sent %d mails, want 1", c.name, len(mails))
		}
	}
}

// The mail of a sign-up counts like that of SendEmailVerification.
func TestMailIntervalRegister(t *testing.T) {
	a, tr := traced()
	a.EmailVerification = signup.VerifyBeforeLogIn
	for range 2 {
		if _, err := a.Register(t.Context(), adaRepeated(goodPassword)); err != nil {
			t.Errorf("Register returned %v, want nil", err)
		}
		if err := a.SendEmailVerification(t.Context(), adaEmail, signup.Client{}); err != nil {
			t.Errorf("SendEmailVerification returned %v, want nil", err)
		}
	}
	if mails := tr.take(); len(mails) != 1 {
		t.Errorf("%d mails were sent, want 1", len(mails))
	}
}

// With VerifyBeforeRegistration, a sign-up sends one mail, and an address with a user is
// ErrExists each time, which doesn't hinder other mails to it.
func TestMailIntervalBeforeRegistration(t *testing.T) {
	a, tr := traced()
	a.EmailVerification = signup.VerifyBeforeRegistration
	for range 2 {
		if u, err := a.Register(t.Context(), signup.Registration{Email: "bob@example.org"}); err != nil || u.Email != "bob@example.org" || u.ID != "" {
			t.Errorf("Register returned %v, %v; want a User with only the Email, and nil", u, err)
		}
	}
	if mails := tr.take(); len(mails) != 1 {
		t.Errorf("%d mails were sent, want 1", len(mails))
	}
	createAda(t, tr.memory, nil)
	for range 2 {
		if _, err := a.Register(t.Context(), signup.Registration{Email: adaEmail}); !errors.Is(err, signup.ErrExists) {
			t.Errorf("Register of an address with a user returned %v, want ErrExists", err)
		}
	}
	if err := a.SendEmailVerification(t.Context(), adaEmail, signup.Client{}); err != nil || len(tr.take()) != 1 {
		t.Errorf("SendEmailVerification returned %v or sent no mail, want nil and one", err)
	}
}
