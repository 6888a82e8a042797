package signup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
)

var errClosed = errors.New("the sign-up is closed")

// invitedOnly is Accounts.Before of a closed sign-up.
func invitedOnly(_ context.Context, e signup.Event, _ signup.User) error {
	if e.Kind == signup.EventRegistered && e.Reason != signup.ReasonInvitation {
		return errClosed
	}
	return nil
}

// A closed sign-up admits the users that were invited, and no others. It does so in the
// same way for each address. Users log in as before.
func TestClosedSignUp(t *testing.T) {
	for _, mode := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeLogIn, signup.VerifyBeforeRegistration} {
		for _, discreet := range []bool{false, true} {
			if discreet && mode != signup.VerifyBeforeRegistration {
				continue
			}
			a, tr := traced()
			a.EmailVerification, a.Discreet, a.Before = mode, discreet, invitedOnly
			if calls := tr.of(func() {
				if _, err := a.Register(t.Context(), adaRepeated(goodPassword)); err != errClosed {
					t.Errorf("mode %d, discreet %t: Register returned %v, want the error of Before", mode, discreet, err)
				}
			}); len(tr.take()) != 0 || discreet && calls != "" {
				t.Errorf("mode %d, discreet %t: Register calls %q, want no mail", mode, discreet, calls)
			}
			if err := a.Invite(t.Context(), adaEmail, 0); err != nil {
				t.Fatalf("Invite returned %v, want nil", err)
			}
			token := tr.token(t, signup.PurposeInvite)
			for range 2 {
				if u, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: goodPassword}); err != nil || u.EmailVerifiedAt.IsZero() {
					t.Errorf("mode %d, discreet %t: CompleteRegistration returned %v, %v; want a verified user", mode, discreet, u, err)
				}
			}
			if _, err := a.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{}); err != nil {
				t.Errorf("mode %d, discreet %t: LogIn returned %v, want nil", mode, discreet, err)
			}
		}
	}
}

// A mail that was sent before the sign-up was closed doesn't register a user.
func TestClosedSignUpLater(t *testing.T) {
	a, tr := situations[0].discreet(t)
	if _, err := a.Register(t.Context(), adaRepeated(goodPassword)); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	token := tr.token(t, signup.PurposeRegister)
	a.Before = invitedOnly
	if _, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: goodPassword}); err != errClosed {
		t.Errorf("CompleteRegistration returned %v, want the error of Before", err)
	}
	if len(snapshot(t, tr.memory)) != 0 {
		t.Error("a user was stored, want none")
	}
}

// With Discreet, a closed sign-up doesn't show which addresses have users.
func TestClosedSignUpDiscreet(t *testing.T) {
	for _, c := range discreetCalls[:2] {
		first := ""
		for _, s := range situations {
			a, tr := s.discreet(t)
			a.Before = invitedOnly
			got := ""
			calls := tr.of(func() { got = c.call(t, a, signup.Client{}) })
			if got += " after " + calls; first == "" {
				first = got
			}
			if got != first || calls != "" {
				t.Errorf("%s for the situation %q returns %s, want %s", c.name, s.name, got, first)
			}
		}
	}
}
