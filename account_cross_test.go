package signup_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/gosignup/signup"
)

// proofs are what a user got at one time, by which the user or a thief may come again.
type proofs struct {
	session         signup.Session
	tokens          map[signup.Purpose]string
	challenge, code string
}

// proofs returns those of the user of an address.
func (t *addressTest) proofs(email string) proofs {
	t.Helper()
	p := proofs{session: t.logIn(email), tokens: map[signup.Purpose]string{}}
	u := getUser(t, t.a.Store, p.session.Key)
	for purpose := range userPurposes {
		extra := ""
		if purpose == signup.PurposeChangeEmail {
			extra = thirdKey
		}
		token, _, err := t.a.NewToken(purpose, u, extra, tokenLife)
		if err != nil {
			t.Fatalf("newToken returned %v, want nil", err)
		}
		p.tokens[purpose] = token
	}
	var err error
	if p.challenge, err = t.a.SendLogIn(t.Context(), email, signup.Client{}); err != nil {
		t.Fatalf("SendLogIn returned %v, want nil", err)
	}
	p.code = t.o.take()[0].Code
	return p
}

// versions returns the Version of each document, by its key.
func (t *addressTest) versions() map[string]string {
	versions := map[string]string{}
	for key, u := range t.documents() { // also of placeholders
		versions[key] = string(u.Version)
	}
	return versions
}

// wantVoid checks that none of p is accepted, and that nothing is changed by it.
func (t *addressTest) wantVoid(what string, p proofs) {
	t.Helper()
	ctx, a := t.Context(), t.a
	before := t.versions()
	for name, use := range map[string]func(token string) error{
		"PeekToken":            func(token string) error { _, _, err := a.PeekToken(ctx, token); return err },
		"VerifyEmail":          func(token string) error { _, err := a.VerifyEmail(ctx, token); return err },
		"ResetPassword":        func(token string) error { _, err := a.ResetPassword(ctx, token, newPassword); return err },
		"ConfirmEmailChange":   func(token string) error { _, err := a.ConfirmEmailChange(ctx, token); return err },
		"UndoEmailChange":      func(token string) error { _, err := a.UndoEmailChange(ctx, token); return err },
		"LogInByToken":         func(token string) error { _, err := a.LogInByToken(ctx, token, signup.Client{}); return err },
		"LogInByCode":          func(token string) error { _, err := a.LogInByCode(ctx, token, p.code, signup.Client{}); return err },
		"CompleteRegistration": func(token string) error { _, err := t.complete(token); return err },
	} {
		for purpose, token := range p.tokens {
			if err := use(token); err != signup.ErrToken {
				t.Errorf("%s: %s by a token for %s returned %v, want ErrToken", what, name, purpose, err)
			}
		}
	}
	if _, err := a.LogInByCode(ctx, p.challenge, p.code, signup.Client{}); err != signup.ErrToken {
		t.Errorf("%s: LogInByCode returned %v, want ErrToken", what, err)
	}
	for name, use := range map[string]func(s signup.Session) error{
		"Resume":         func(s signup.Session) error { _, err := a.Resume(ctx, s); return err },
		"Reauthenticate": func(s signup.Session) error { _, err := a.Reauthenticate(ctx, s, goodPassword); return err },
		"ChangeOwnPassword": func(s signup.Session) error {
			_, err := a.ChangeOwnPassword(ctx, s, goodPassword, newPassword)
			return err
		},
		"ChangeProfile": func(s signup.Session) error {
			_, err := a.ChangeProfile(ctx, s, func(u *signup.User) error { u.FirstName = "Thief"; return nil })
			return err
		},
		"SendEmailChange":  func(s signup.Session) error { return a.SendEmailChange(ctx, s, thirdKey) },
		"EndDevice":        func(s signup.Session) error { return a.EndDevice(ctx, s, "another") },
		"EndOtherSessions": func(s signup.Session) error { _, err := a.EndOtherSessions(ctx, s); return err },
		"Devices":          func(s signup.Session) error { _, err := a.Devices(ctx, s); return err },
		"Events":           func(s signup.Session) error { _, err := a.Events(ctx, s); return err },
		"ExportData":       func(s signup.Session) error { _, err := a.ExportData(ctx, s); return err },
		"Deactivate":       func(s signup.Session) error { return a.Deactivate(ctx, s) },
		"DeleteAccount":    func(s signup.Session) error { return a.DeleteAccount(ctx, s) },
	} {
		if err := use(p.session); !errors.Is(err, signup.ErrEnded) {
			t.Errorf("%s: %s returned %v, want ErrEnded", what, name, err)
		}
	}
	if after := t.versions(); !maps.Equal(after, before) {
		t.Errorf("%s: the Store was changed, want nothing changed", what)
	}
	if mails := t.o.take(); len(mails) != 0 {
		t.Errorf("%s: got the mails %v, want none", what, mails)
	}
}

// Tokens, codes and sessions from before a change of address don't survive it, nor its
// undo, a deletion, and the registration of either address anew.
func TestProofsAcrossChanges(t *testing.T) {
	test := newAddressTest(t)
	r := signup.Registration{Email: adaEmail, Password: goodPassword, IdempotencyKey: replayKey}
	remove(t, test.a, test.before)
	first, err := test.a.Register(t.Context(), r)
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	test.before = first
	register := func(what string, r signup.Registration, want error) {
		t.Helper()
		if _, err := test.a.Register(t.Context(), r); !errors.Is(err, want) {
			t.Errorf("%s: Register of %s returned %v, want %v", what, r.Email, err, want)
		}
	}
	atFirst := test.proofs(adaEmail)
	cookie := test.a.DeviceCookie(atFirst.session)

	test.change(adaEmail, secondKey)
	voided := atFirst
	undo := voided.tokens[signup.PurposeUndoEmail]
	delete(voided.tokens, signup.PurposeUndoEmail)
	test.wantVoid("after the change", voided)
	register("after the change", r, signup.ErrExists)
	atSecond := test.proofs(secondKey)

	test.wantUndo("after the change", undo, nil)
	voided.tokens[signup.PurposeUndoEmail] = undo
	test.wantVoid("of the first address, after the undo", voided)
	test.wantVoid("of the second address, after the undo", atSecond)
	register("after the undo", signup.Registration{Email: secondKey, Password: goodPassword}, signup.ErrExists)

	if err := test.a.DeleteUser(t.Context(), adaEmail); err != nil {
		t.Fatalf("DeleteUser returned %v, want nil", err)
	}
	if left := test.versions(); len(left) != 0 {
		t.Errorf("after the deletion, got %v, want nothing", left)
	}
	test.wantVoid("of the first address, after the deletion", voided)
	test.wantVoid("of the second address, after the deletion", atSecond)

	// The first registration is repeated, so that the ID is the same.
	register("after the deletion", r, nil)
	register("after the deletion", signup.Registration{Email: secondKey, Password: goodPassword}, nil)
	if u := getUser(t, test.a.Store, adaKey); u.ID != first.ID {
		t.Errorf("got another ID, want that of the first registration")
	}
	test.wantVoid("of the first address, registered anew", voided)
	test.wantVoid("of the second address, registered anew", atSecond)
	s, err := test.a.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{Cookie: cookie})
	if err != nil || s.Device == atFirst.session.Device {
		t.Errorf("LogIn with the device cookie from before returned %v, the old device: %t; want a new one", err, s.Device == atFirst.session.Device)
	}
}

// The user of the new address can't void the undo, except by deactivation and deletion.
func TestUndoEmailChangeCantBePrevented(t *testing.T) {
	for name, prevent := range map[string]func(a *signup.Accounts, ctx context.Context, s signup.Session) error{
		"EndOtherSessions": func(a *signup.Accounts, ctx context.Context, s signup.Session) error {
			_, err := a.EndOtherSessions(ctx, s)
			return err
		},
		"EndAllSessions": func(a *signup.Accounts, ctx context.Context, s signup.Session) error {
			return a.EndAllSessions(ctx, s.Key)
		},
		"ChangeOwnPassword": func(a *signup.Accounts, ctx context.Context, s signup.Session) error {
			_, err := a.ChangeOwnPassword(ctx, s, goodPassword, newPassword)
			return err
		},
		"SetPassword": func(a *signup.Accounts, ctx context.Context, s signup.Session) error {
			_, err := a.SetPassword(ctx, s.Key, newPassword)
			return err
		},
		"SetActive, twice": func(a *signup.Accounts, ctx context.Context, s signup.Session) error {
			return errors.Join(a.SetActive(ctx, s.Key, false), a.SetActive(ctx, s.Key, true))
		},
		"another spelling": func(a *signup.Accounts, ctx context.Context, s signup.Session) error {
			u, err := a.Store.Get(ctx, s.Key)
			if err != nil {
				return err
			}
			token, _, err := a.NewToken(signup.PurposeChangeEmail, u, "COUNTESS@example.com", tokenLife)
			if err == nil {
				_, err = a.ConfirmEmailChange(ctx, token)
			}
			return err
		},
	} {
		test := newAddressTest(t)
		undo := test.change(adaEmail, secondKey)
		if err := prevent(test.a, t.Context(), test.logIn(secondKey)); err != nil {
			t.Errorf("%s returned %v, want nil", name, err)
		}
		test.o.take()
		test.wantUndo("after "+name, undo, nil)
		test.wantAt("after "+name, adaKey)
	}
}
