package signup_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A discreetChange returns Accounts in a situation of adaEmail, and a session of another
// user.
func (s situation) discreetChange(t testing.TB) (*signup.Accounts, *trace, signup.Session) {
	t.Helper()
	a, tr := s.discreet(t)
	return a, tr, sessionOf(t, a, "bob@example.org")
}

// sessionOf returns a session of a new user of an address.
func sessionOf(t testing.TB, a *signup.Accounts, email string) signup.Session {
	t.Helper()
	u := stored(t, a, email)
	update(t, a, u.Key(), func(u *signup.User) {
		u.PasswordHash, u.EmailVerifiedAt = hashBy(t, cheap, goodPassword), time.Now()
	})
	s, err := a.LogIn(t.Context(), email, goodPassword, signup.Client{})
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	return s
}

// A user that asks for a change of address doesn't learn whether the new one has a user.
func TestDiscreetEmailChange(t *testing.T) {
	for _, s := range situations {
		a, tr, session := s.discreetChange(t)
		for n, want := range []string{"<nil> after get +1 get +1 mail mail", "<nil> after get +1"} {
			var err error
			calls := tr.of(func() { err = a.SendEmailChange(t.Context(), session, adaEmail) })
			if got := fmt.Sprint(err, " after ", calls); got != want {
				t.Errorf("call %d of SendEmailChange for the situation %q returned %s, want %s", n+1, s.name, got, want)
			}
			mails := tr.take()
			if n == 1 {
				if len(mails) != 0 {
					t.Errorf("the second call for the situation %q sent the mails %v, want none", s.name, mails)
				}
				continue
			}
			if len(mails) != 2 || mails[0].Notice != signup.NoticeEmailChangeRequested || mails[0].To != "bob@example.org" {
				t.Fatalf("for the situation %q, got the mails %v, want two, the first one to the present address", s.name, mails)
			}
			m, has := mails[1], s.registered != "" && !s.held
			if m.To != adaEmail || (m.Notice == signup.NoticeAlreadyRegistered) != has || (m.Token == "") != has || (m.User.ID == session.ID) == has {
				t.Errorf("for the situation %q, got the mail %v, with a token: %t; want a notice without a token to the user of the address: %t",
					s.name, m, m.Token != "", has)
			}
			if s.held {
				if _, err := a.ConfirmEmailChange(t.Context(), m.Token); !errors.Is(err, signup.ErrExists) {
					t.Errorf("for the situation %q, ConfirmEmailChange returned %v, want ErrExists", s.name, err)
				}
			}
		}
	}
}

// A mail to the new address that fails is reported in the same way.
func TestDiscreetEmailChangeFailure(t *testing.T) {
	var first error
	for _, s := range situations {
		a, tr, session := s.discreetChange(t)
		mails := 0
		tr.fail = func(context.Context) error {
			if mails++; mails == 2 {
				return errors.New("no mail server")
			}
			return nil
		}
		err := a.SendEmailChange(t.Context(), session, adaEmail)
		if first == nil {
			first = err
		}
		if err == nil || err.Error() != first.Error() {
			t.Errorf("SendEmailChange for the situation %q, with a Send that fails, returned %v, want %v", s.name, err, first)
		}
	}
}

// Without Discreet, the address of another user is ErrExists each time.
func TestNotDiscreetEmailChange(t *testing.T) {
	a, tr, session := situations[1].discreetChange(t)
	a = &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: a.Secrets, Send: tr.send}
	for range 2 {
		if err := a.SendEmailChange(t.Context(), session, adaEmail); !errors.Is(err, signup.ErrExists) || len(tr.take()) != 0 {
			t.Errorf("SendEmailChange returned %v, want ErrExists and no mail", err)
		}
	}
}

// Users can't fill the mailbox of another person by asking for changes to the address.
func TestMailIntervalOfNewAddress(t *testing.T) {
	a, o := mailAccounts()
	a.Limits.MailInterval = time.Hour
	for _, email := range []string{adaEmail, "bob@example.org"} {
		s := sessionOf(t, a, email)
		for _, to := range []string{secondKey, "COUNTESS@example.com", secondKey} {
			if err := a.SendEmailChange(t.Context(), s, to); err != nil {
				t.Errorf("SendEmailChange returned %v, want nil", err)
			}
		}
	}
	if mails := o.take(); len(mails) != 2 || mails[1].To != secondKey {
		t.Errorf("got the mails %v, want one to the new address, and the notice about it", mails)
	}
}
