package signup_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// In each interval, a change of address sends one mail to each new address, and one to
// the present address, whose token undoes each of the changes.
func TestMailIntervalEmailChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		test := newAddressTest(t)
		test.a.Limits.MailInterval = 0
		s := test.logIn(adaEmail)
		bob := stored(t, test.a, "bob@example.org")
		send := func(what, to string, want ...signup.Purpose) []signup.Mail {
			t.Helper()
			s.At = now()
			if err := test.a.SendEmailChange(t.Context(), s, to); err != nil {
				t.Errorf("%s: SendEmailChange returned %v, want nil", what, err)
			}
			mails := test.o.take()
			if len(mails) != len(want) {
				t.Fatalf("%s: got the mails %v, want those for %v", what, mails, want)
			}
			for i, p := range want {
				if mails[i].Purpose != p {
					t.Errorf("%s: got the mails %v, want those for %v", what, mails, want)
				}
			}
			return mails
		}
		first := send("first", secondKey, signup.PurposeUndoEmail, signup.PurposeChangeEmail)
		send("again", secondKey)
		second := send("to another address", thirdKey, signup.PurposeChangeEmail)
		if err := test.a.SendEmailChange(t.Context(), s, bob.Email); !errors.Is(err, signup.ErrExists) {
			t.Errorf("to an address with a user, SendEmailChange returned %v, want ErrExists", err)
		}
		time.Sleep(3 * time.Minute)
		send("after the interval", secondKey, signup.PurposeUndoEmail, signup.PurposeChangeEmail)

		// A new stamp voids the token, so that there is another one.
		next, err := test.a.EndOtherSessions(t.Context(), s)
		if err != nil {
			t.Fatalf("EndOtherSessions returned %v, want nil", err)
		}
		old := s
		s = next
		third := send("with a new stamp", "lovelace@example.com", signup.PurposeUndoEmail, signup.PurposeChangeEmail)
		for name, token := range map[string]string{"first": first[1].Token, "second": second[0].Token} {
			if _, err := test.a.ConfirmEmailChange(t.Context(), token); err != signup.ErrToken {
				t.Errorf("ConfirmEmailChange by the %s token returned %v, want ErrToken", name, err)
			}
		}
		test.wantUndo("with a new stamp", third[0].Token, nil)
		wantSession(t, test.a, old, signup.ErrEnded)
	})
}

// A mail that wasn't sent doesn't count.
func TestMailIntervalEmailChangeFailure(t *testing.T) {
	failure := errors.New("no mail server")
	for n, want := range map[int]int{1: 2, 2: 1} { // the mail to the present address isn't sent twice
		test := newAddressTest(t)
		test.a.Limits.MailInterval = 0
		s := test.logIn(adaEmail)
		failAtMail(n, failure)(test, &s)
		if err := test.a.SendEmailChange(t.Context(), s, secondKey); !errors.Is(err, failure) {
			t.Errorf("SendEmailChange returned %v, want %v", err, failure)
		}
		test.o.take()
		if err := test.a.SendEmailChange(t.Context(), s, secondKey); err != nil {
			t.Errorf("SendEmailChange again returned %v, want nil", err)
		}
		if mails := test.o.take(); len(mails) != want {
			t.Errorf("after a failure at mail %d, got the mails %v, want %d", n, mails, want)
		}
	}
}
