package signup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// A use of a token whose only Update is made and reported as a conflict succeeds, with its
// event and its notice, and the token is used.
func TestTokenConflictsWithItself(t *testing.T) {
	for name, c := range map[string]struct {
		token  func(t *addressTest) string
		use    func(a *signup.Accounts, ctx context.Context, token string) (signup.User, error)
		again  error // of a second use
		notice signup.Notice
	}{
		"VerifyEmail": {func(t *addressTest) string { return issued(t, t.a, signup.PurposeVerifyEmail, t.before) }, (*signup.Accounts).VerifyEmail, nil, ""},
		"ResetPassword": {func(t *addressTest) string { return issued(t, t.a, signup.PurposeResetPassword, t.before) },
			func(a *signup.Accounts, ctx context.Context, token string) (signup.User, error) {
				return a.ResetPassword(ctx, token, newPassword)
			}, signup.ErrToken, signup.NoticePasswordChanged},
		"ConfirmEmailChange of the spelling": {func(t *addressTest) string {
			token, _, _ := t.a.NewToken(signup.PurposeChangeEmail, t.before, "ADA@example.org", tokenLife)
			return token
		}, (*signup.Accounts).ConfirmEmailChange, signup.ErrToken, signup.NoticeEmailChanged},
		"UndoEmailChange": {func(t *addressTest) string { return issued(t, t.a, signup.PurposeUndoEmail, t.before) }, (*signup.Accounts).UndoEmailChange, signup.ErrToken, signup.NoticeEmailChangeUndone},
		"LogInByToken":    {func(t *addressTest) string { return issued(t, t.a, signup.PurposeLogIn, t.before) }, logInAndResume, signup.ErrToken, ""},
	} {
		test := newAddressTest(t)
		token := c.token(test)
		var events []signup.Event
		test.a.After = func(_ context.Context, e signup.Event) { events = append(events, e) }
		memory := test.a.Store
		test.a.Store, _ = conflictAfter(memory, 1)
		u, err := c.use(test.a, t.Context(), token)
		if err != nil || !u.Equal(getUser(t, memory, adaKey)) {
			t.Errorf("%s returned %v, %v; want the user as stored and nil", name, u, err)
		}
		if len(events) != 1 || events[0].Kind == signup.EventLogInRefused {
			t.Errorf("%s: got the events %v, want that of the change once", name, events)
		}
		if mails := test.o.take(); (len(mails) == 1) != (c.notice != "") || len(mails) == 1 && mails[0].Notice != c.notice {
			t.Errorf("%s: got the mails %v, want the notice %q", name, mails, c.notice)
		}
		if _, err := c.use(test.a, t.Context(), token); !errors.Is(err, c.again) {
			t.Errorf("%s again returned %v, want %v", name, err, c.again)
		}
	}
}

// logInAndResume logs in by token, and returns the user of the session.
func logInAndResume(a *signup.Accounts, ctx context.Context, token string) (signup.User, error) {
	s, err := a.LogInByToken(ctx, token, signup.Client{})
	if err != nil {
		return signup.User{}, err
	}
	return a.Resume(ctx, s)
}

// A log-in whose Update is reported as a conflict doesn't survive a reset in between.
func TestLogInConflictsWithItselfBesideReset(t *testing.T) {
	test := newAddressTest(t)
	token := issued(t, test.a, signup.PurposeLogIn, test.before)
	memory, updates := test.a.Store, 0
	test.a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
		if updates++; updates > 1 {
			return memory.Update(ctx, u)
		}
		v := *u
		if err := memory.Update(ctx, &v); err != nil {
			return err
		}
		if _, err := test.a.SetPassword(ctx, adaEmail, newPassword); err != nil {
			t.Errorf("SetPassword returned %v, want nil", err)
		}
		return signup.ErrConflict
	}}
	if s, err := test.a.LogInByToken(t.Context(), token, signup.Client{}); err != signup.ErrToken {
		t.Errorf("LogInByToken returned %v, %v; want ErrToken", s, err)
	}
}
