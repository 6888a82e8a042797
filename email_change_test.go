package signup_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// Asking for a change sends two mails and stores nothing.
func TestSendEmailChange(t *testing.T) {
	test := newAddressTest(t)
	s := test.logIn(adaEmail)
	before := getUser(t, test.a.Store, adaKey)
	start := time.Now().Truncate(time.Second)
	if err := test.a.SendEmailChange(t.Context(), s, " Countess@Example.com "); err != nil {
		t.Fatalf("SendEmailChange returned %v, want nil", err)
	}
	mails := test.o.take()
	if len(mails) != 2 {
		t.Fatalf("got the mails %v, want 2", mails)
	}
	for i, want := range []struct {
		to      string
		purpose signup.Purpose
		notice  signup.Notice
		life    time.Duration
	}{
		{adaEmail, signup.PurposeUndoEmail, signup.NoticeEmailChangeRequested, tokenLife + undoLife},
		{"Countess@Example.com", signup.PurposeChangeEmail, "", tokenLife},
	} {
		m := mails[i]
		if m.To != want.to || m.Purpose != want.purpose || m.Notice != want.notice || !m.User.Equal(before) {
			t.Errorf("got the mail %v to %q, want %s and %q to %q", m, m.To, want.purpose, want.notice, want.to)
		}
		if life := m.Expires.Sub(start); life < want.life || life > want.life+time.Minute {
			t.Errorf("%s: got a token that expires after %v, want %v", want.purpose, life, want.life)
		}
		if p, u, err := test.a.PeekToken(t.Context(), m.Token); p != want.purpose || !u.Equal(before) || err != nil {
			t.Errorf("%s: PeekToken returned %q, %v, %v; want the user", want.purpose, p, u, err)
		}
	}
	if after := getUser(t, test.a.Store, adaKey); after.Version != before.Version || len(test.documents()) != 1 {
		t.Error("SendEmailChange stored something, want nothing")
	}
}

func TestSendEmailChangeRefused(t *testing.T) {
	failure := errors.New("queue is full")
	for name, c := range map[string]struct {
		email  string
		change func(t *addressTest, s *signup.Session)
		want   error
		code   string
		mails  int
	}{
		"no address":        {email: "countess", code: signup.CodeInvalid},
		"empty":             {code: signup.CodeRequired},
		"same":              {email: " " + adaEmail, code: signup.CodeUnchanged},
		"taken":             {email: "bob@example.org", want: signup.ErrExists},
		"stale":             {email: secondKey, change: func(_ *addressTest, s *signup.Session) { s.At = s.At.Add(-6 * time.Minute) }, want: signup.ErrStale},
		"ended":             {email: secondKey, change: func(t *addressTest, _ *signup.Session) { _ = t.a.EndAllSessions(t.Context(), adaEmail) }, want: signup.ErrEnded},
		"zero session":      {email: secondKey, change: func(_ *addressTest, s *signup.Session) { *s = signup.Session{} }, want: signup.ErrEnded},
		"no Send":           {email: secondKey, change: func(t *addressTest, _ *signup.Session) { t.a.Send = nil }, want: signup.ErrNotConfigured},
		"no Secrets":        {email: secondKey, change: func(t *addressTest, _ *signup.Session) { t.a.Secrets = nil }, want: signup.ErrNotConfigured},
		"first mail fails":  {email: secondKey, change: failAtMail(1, failure), want: failure},
		"second mail fails": {email: secondKey, change: failAtMail(2, failure), want: failure, mails: 1},
	} {
		test := newAddressTest(t)
		stored(t, test.a, "bob@example.org")
		s := test.logIn(adaEmail)
		if c.change != nil {
			c.change(test, &s)
		}
		err := test.a.SendEmailChange(t.Context(), s, c.email)
		checkNoSecrets(t, err)
		var invalid *signup.ValidationError
		switch {
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		case c.code != "" && (!errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != signup.FieldEmail || invalid.Fields[0].Code != c.code):
			t.Errorf("%s: got %v, want a *ValidationError with the code %s", name, err, c.code)
		}
		if mails := test.o.take(); len(mails) != c.mails {
			t.Errorf("%s: got the mails %v, want %d", name, mails, c.mails)
		}
	}
}

// failAtMail makes the n-th mail fail.
func failAtMail(n int, failure error) func(*addressTest, *signup.Session) {
	return func(t *addressTest, _ *signup.Session) {
		calls := 0
		t.o.fail = func(context.Context) error {
			if calls++; calls == n {
				return failure
			}
			return nil
		}
	}
}

// A change keeps everything except the address, the stamp and the sessions.
func TestConfirmEmailChange(t *testing.T) {
	test := newAddressTest(t)
	s := test.logIn(adaEmail)
	cookie := test.a.DeviceCookie(s)
	_, other := test.ask(adaEmail, thirdKey)
	_, change := test.ask(adaEmail, "Countess@Example.com")
	before := getUser(t, test.a.Store, adaKey)
	start := now()
	u, err := test.a.ConfirmEmailChange(t.Context(), change)
	if err != nil {
		t.Fatalf("ConfirmEmailChange returned %v, want nil", err)
	}
	if got := getUser(t, test.a.Store, secondKey); !got.Equal(u) || got.Version != u.Version {
		t.Errorf("got %v, want the user as stored", u)
	}
	if u.Email != "Countess@Example.com" || u.SecurityStamp == before.SecurityStamp || u.EmailVerifiedAt.Before(start) || u.UpdatedAt.Before(start) ||
		!strings.HasSuffix(string(u.Private), `,"other":[1, 2]}`) || strings.Contains(string(u.Private), "moved_to") {
		t.Error("got another user, want the new address, verified, with a new stamp and all of Private")
	}
	same := u
	same.Email, same.SecurityStamp, same.EmailVerifiedAt, same.UpdatedAt, same.Private = before.Email, before.SecurityStamp, before.EmailVerifiedAt, before.UpdatedAt, before.Private
	if !same.Equal(before) {
		t.Error("other fields have changed, want them kept")
	}
	mails := test.o.take()
	if len(mails) != 1 || mails[0].To != adaEmail || mails[0].Notice != signup.NoticeEmailChanged || mails[0].Purpose != signup.PurposeUndoEmail || mails[0].User.Email != adaEmail {
		t.Errorf("got the mails %v, want one to the old address with a token that undoes the change", mails)
	}
	test.wantAt("afterwards", secondKey)
	test.wantLogIn("afterwards", adaEmail, signup.ErrBadCredentials)
	test.wantLogIn("afterwards", secondKey, nil)
	wantSession(t, test.a, s, signup.ErrEnded)
	again, err := test.a.LogIn(t.Context(), secondKey, goodPassword, signup.Client{Cookie: cookie})
	if err != nil || again.Device != s.Device {
		t.Errorf("LogIn with the device cookie returned %v and another device, want that of before", err)
	}
	wantSession(t, test.a, s, signup.ErrEnded)

	// People click twice. The token of another change is void.
	if v, err := test.a.ConfirmEmailChange(t.Context(), change); err != nil || v.ID != u.ID || v.Email != u.Email {
		t.Errorf("a second use returned %v, %v; want the user", v, err)
	}
	if _, err := test.a.ConfirmEmailChange(t.Context(), other); err != signup.ErrToken {
		t.Errorf("the use of another token returned %v, want ErrToken", err)
	}
	if mails := test.o.take(); len(mails) != 0 {
		t.Errorf("got the mails %v after that, want none", mails)
	}
	test.change(secondKey, thirdKey)
	if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != signup.ErrToken {
		t.Errorf("after another change, a use returned %v, want ErrToken", err)
	}
	test.wantAt("after another change", thirdKey)
}

// Another spelling of the address is one Update, without an undo.
func TestEmailChangeOfSpelling(t *testing.T) {
	test := newAddressTest(t)
	if err := test.a.SendEmailChange(t.Context(), test.logIn(adaEmail), "ADA@example.org"); err != nil {
		t.Fatalf("SendEmailChange returned %v, want nil", err)
	}
	u, err := test.a.ConfirmEmailChange(t.Context(), test.o.token(t, signup.PurposeChangeEmail))
	if err != nil || u.Email != "ADA@example.org" || u.SecurityStamp == "stamp-1" || u.EmailVerifiedAt.IsZero() || u.Placeholder {
		t.Errorf("ConfirmEmailChange returned %v, %v; want the other spelling, verified, with a new stamp", u, err)
	}
	test.o.checkNoticeTo(t, signup.NoticeEmailChanged, adaEmail)
	test.wantAt("afterwards", adaKey)
}

// checkNoticeTo reports if the mails so far aren't one notice to an address.
func (o *outbox) checkNoticeTo(t testing.TB, notice signup.Notice, to string) {
	t.Helper()
	if mails := o.take(); len(mails) != 1 || mails[0].Notice != notice || mails[0].To != to || mails[0].Token != "" {
		t.Errorf("got the mails %v, want the notice %s", mails, notice)
	}
}

// What happens between the mail and the use of its token decides.
func TestConfirmEmailChangeLater(t *testing.T) {
	for name, c := range map[string]struct {
		happen func(t *addressTest)
		want   error
	}{
		"names changed":      {func(t *addressTest) { update(t, t.a, adaKey, func(u *signup.User) { u.FirstName = "Augusta" }) }, nil},
		"new address taken":  {func(t *addressTest) { stored(t, t.a, secondKey) }, signup.ErrExists},
		"new password":       {func(t *addressTest) { _, _ = t.a.SetPassword(t.Context(), adaEmail, newPassword) }, signup.ErrToken},
		"sessions ended":     {func(t *addressTest) { _ = t.a.EndAllSessions(t.Context(), adaEmail) }, signup.ErrToken},
		"inactive":           {func(t *addressTest) { update(t, t.a, adaKey, func(u *signup.User) { u.Active = false }) }, signup.ErrToken},
		"deleted":            {func(t *addressTest) { remove(t, t.a, getUser(t, t.a.Store, adaKey)) }, signup.ErrToken},
		"changed by another": {func(t *addressTest) { t.change(adaEmail, thirdKey) }, signup.ErrToken},
		"expired":            {func(*addressTest) { time.Sleep(tokenLife) }, signup.ErrToken},
		"Private malformed":  {func(t *addressTest) { update(t, t.a, adaKey, func(u *signup.User) { u.Private = "malformed" }) }, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			test := newAddressTest(t)
			_, change := test.ask(adaEmail, secondKey)
			c.happen(test)
			u, err := test.a.ConfirmEmailChange(t.Context(), change)
			checkNoSecrets(t, err)
			if name == "Private malformed" {
				if err == nil || errors.Is(err, signup.ErrToken) || getUser(t, test.a.Store, adaKey).Private != "malformed" {
					t.Errorf("%s: got %v, want an error and no change", name, err)
				}
				return
			}
			if !errors.Is(err, c.want) || (u.ID != "") != (err == nil) {
				t.Errorf("%s: got %v, %v; want %v", name, u, err, c.want)
			}
			if err == nil && u.FirstName != "Augusta" {
				t.Errorf("%s: got the name %q, want the change kept", name, u.FirstName)
			}
		})
	}
}

// Of many users that change to one address at once, one succeeds.
func TestConfirmEmailChangeRace(t *testing.T) {
	const users = 8
	a, o := mailAccounts()
	var changes []string
	for i := range users {
		u := stored(t, a, string(rune('a'+i))+"@example.org")
		token, _, err := a.NewToken(signup.PurposeChangeEmail, u, secondKey, time.Hour)
		if err != nil {
			t.Fatalf("newToken returned %v, want nil", err)
		}
		changes = append(changes, token, token)
	}
	results := make([]error, len(changes))
	var wg sync.WaitGroup
	for i, token := range changes {
		wg.Go(func() { _, results[i] = a.ConfirmEmailChange(t.Context(), token) })
	}
	wg.Wait()
	won := 0
	for i := 0; i < len(results); i += 2 {
		switch {
		case results[i] == nil && results[i+1] == nil:
			won++
		case !errors.Is(results[i], signup.ErrExists) || !errors.Is(results[i+1], signup.ErrExists):
			t.Errorf("the two uses of a token returned %v and %v, want nil or ErrExists", results[i], results[i+1])
		}
	}
	if won != 1 || len(o.take()) != 1 {
		t.Errorf("%d users have the address, want 1, and 1 mail", won)
	}
}
