package signup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// A situation is what may be stored under the address adaEmail.
type situation struct {
	name string
	user func(*signup.User) // nil: no user
	// registered, verified and reset are the notices that Register,
	// SendEmailVerification and SendPasswordReset send, or "" if they send a token.
	registered, verified, reset signup.Notice
	logsIn                      bool // with the right password
	held                        bool // there is no user, and none can register
}

func verifiedAda(u *signup.User) { u.Private, u.EmailVerifiedAt = "", u.CreatedAt }

// placeholderWith returns a placeholder under the address of u.
func placeholderWith(u signup.User, private signup.Private) signup.User {
	return signup.User{ID: u.ID, Email: u.Email, Placeholder: true, Private: private}
}

var situations = []situation{
	{"unknown", nil, "", signup.NoticeNoAccount, signup.NoticeNoAccount, false, false},
	{"known", verifiedAda, signup.NoticeAlreadyRegistered, signup.NoticeAlreadyVerified, "", true, false},
	{"unverified", func(u *signup.User) { u.Private = "" }, signup.NoticeAlreadyRegistered, "", "", true, false},
	{"inactive", func(u *signup.User) { verifiedAda(u); u.Active = false }, signup.NoticeAlreadyRegistered, signup.NoticeNoAccount, signup.NoticeNoAccount, false, false},
	{"no password", func(u *signup.User) { verifiedAda(u); u.PasswordHash = "" }, signup.NoticeAlreadyRegistered, signup.NoticeAlreadyVerified, "", false, false},
	{"placeholder", func(u *signup.User) { *u = placeholderWith(*u, "") }, signup.NoticeAlreadyRegistered, signup.NoticeNoAccount, signup.NoticeNoAccount, false, true},
	{"tombstone", func(u *signup.User) { verifiedAda(u); u.Placeholder = true }, signup.NoticeAlreadyRegistered, signup.NoticeNoAccount, signup.NoticeNoAccount, false, true},
	{"moved to another address", func(u *signup.User) {
		*u = placeholderWith(*u, `{"moved_to":"countess@example.com","moved_at":1,"undo_until":4102444800000,"next_stamp":"stamp-2"}`)
	}, signup.NoticeAlreadyRegistered, signup.NoticeNoAccount, signup.NoticeNoAccount, false, true},
	{"deletion begun", func(u *signup.User) { *u = placeholderWith(*u, `{"deleted":{}}`) }, "", signup.NoticeNoAccount, signup.NoticeNoAccount, false, false},
}

// discreet returns traced Accounts that hide which addresses have users, in a situation.
func (s situation) discreet(t testing.TB) (*signup.Accounts, *trace) {
	a, tr := traced()
	a.Discreet, a.EmailVerification = true, signup.VerifyBeforeRegistration
	if s.user != nil {
		createAda(t, tr.memory, s.user)
	}
	return a, tr
}

// A discreetCall returns all that a client learns.
type discreetCall struct {
	name   string
	notice func(situation) signup.Notice
	token  signup.Purpose
	call   func(t testing.TB, a *signup.Accounts, c signup.Client) string
}

var discreetCalls = []discreetCall{
	{"Register", func(s situation) signup.Notice { return s.registered }, signup.PurposeRegister, func(t testing.TB, a *signup.Accounts, c signup.Client) string {
		u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, IdempotencyKey: replayKey, Client: c})
		return fmt.Sprint(u.Equal(signup.User{Email: adaEmail}), u.Key() == "ada@example.org", err)
	}},
	{"NewHandler", func(s situation) signup.Notice { return s.registered }, signup.PurposeRegister, func(t testing.TB, a *signup.Accounts, c signup.Client) string {
		return dump(t, postFrom(signup.NewHandler(a, originOptions), "X-Origin", c.Origin, adaBody))
	}},
	{"SendEmailVerification", func(s situation) signup.Notice { return s.verified }, signup.PurposeVerifyEmail, func(t testing.TB, a *signup.Accounts, c signup.Client) string {
		return fmt.Sprint(a.SendEmailVerification(t.Context(), adaEmail, c))
	}},
	{"SendPasswordReset", func(s situation) signup.Notice { return s.reset }, signup.PurposeResetPassword, func(t testing.TB, a *signup.Accounts, c signup.Client) string {
		return fmt.Sprint(a.SendPasswordReset(t.Context(), adaEmail, c))
	}},
	{"SendLogIn", func(s situation) signup.Notice { return s.reset }, signup.PurposeLogIn, func(t testing.TB, a *signup.Accounts, c signup.Client) string {
		challenge, err := a.SendLogIn(t.Context(), adaEmail, c)
		return fmt.Sprint(len(challenge), strings.Trim(challenge, base64url) == "", err)
	}},
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// Each call returns the same and does the same for every situation of the address, also
// when it is limited. Only the mail differs.
func TestDiscreet(t *testing.T) {
	for _, c := range discreetCalls {
		for _, client := range []signup.Client{{}, {Origin: "192.0.2.1"}} {
			var first [2]string // what is returned and called, at first and when limited
			for i, s := range situations {
				a, tr := s.discreet(t)
				for n := range first {
					var got string
					calls := tr.of(func() { got = c.call(t, a, client) })
					got += " after " + calls
					if i == 0 {
						first[n] = got
					} else if got != first[n] {
						t.Errorf("call %d of %s for the situation %q returns %s, want as for %q: %s", n+1, c.name, s.name, got, situations[0].name, first[n])
					}
					mails := tr.take()
					if want := 1 - n; len(mails) != want {
						t.Fatalf("call %d of %s for the situation %q sent %d mails, want %d", n+1, c.name, s.name, len(mails), want)
					}
					if n == 0 {
						c.checkMail(t, s, mails[0])
					}
				}
			}
			want := []string{" after +1 get mail", " after +1"}
			if client.Origin != "" {
				want = []string{" after +1 +1 get mail", " after +1 +1"}
			}
			for n := range first {
				if !strings.HasSuffix(first[n], want[n]) {
					t.Errorf("call %d of %s returns %s, want it%s", n+1, c.name, first[n], want[n])
				}
			}
		}
	}
}

func (c discreetCall) checkMail(t testing.TB, s situation, m signup.Mail) {
	t.Helper()
	notice := c.notice(s)
	if m.Notice != notice || (m.Token == "") != (notice != "") || (m.Purpose == c.token) != (notice == "") || m.Expires.IsZero() != (notice != "") || m.To != adaEmail || m.User.Email != adaEmail {
		t.Errorf("%s for the situation %q sent %v, with a token: %t, to the address: %t; want the notice %q, or a token without one, to the address",
			c.name, s.name, m, m.Token != "", m.To == adaEmail, notice)
	}
	if hidden := notice == signup.NoticeNoAccount || s.held; hidden && (m.User.ID != "" || m.User.FirstName != "") {
		t.Errorf("%s for the situation %q sent a mail with the user, want only the Email", c.name, s.name)
	}
}

// The notice about an unknown address goes to it as typed, in its stored form.
func TestDiscreetAddress(t *testing.T) {
	a, tr := situations[0].discreet(t)
	if err := a.SendPasswordReset(t.Context(), " Bob@BÜCHER.example ", signup.Client{}); err != nil {
		t.Fatalf("SendPasswordReset returned %v, want nil", err)
	}
	if mails := tr.take(); len(mails) != 1 || mails[0].To != "Bob@bücher.example" || mails[0].User.Email != mails[0].To {
		t.Errorf("%d mails were sent, want one, to the address as NormalizeEmail returns it", len(mails))
	}
}

// A mail that fails is reported and taken back in the same way in each situation.
func TestDiscreetFailure(t *testing.T) {
	for _, c := range discreetCalls {
		var first string
		for i, s := range situations {
			a, tr := s.discreet(t)
			tr.fail = func(context.Context) error { return errors.New("no mail server") }
			var got string
			calls := tr.of(func() { got = c.call(t, a, signup.Client{}) })
			got += " after " + calls
			if i == 0 {
				first = got
			}
			if got != first || !strings.HasPrefix(calls, "+1 get mail -") {
				t.Errorf("%s for the situation %q, with a Send that fails, returns %s, want %s, and the count taken back", c.name, s.name, got, first)
			}
		}
	}
}

// Without Discreet, an address with a user gets 409 each time.
func TestNotDiscreet(t *testing.T) {
	a, tr := situations[1].discreet(t)
	a.Discreet = false
	h := signup.NewHandler(a, quiet)
	for range 2 {
		_ = checkPlain(t, post(h, adaBody), http.StatusConflict)
	}
	if mails := tr.take(); len(mails) != 0 {
		t.Errorf("%d mails were sent, want none", len(mails))
	}
}
