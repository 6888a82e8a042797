package signup_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// wantUndone checks the user after an undo, and the notice of the undo.
func (t *addressTest) wantUndone(what string, u signup.User, err error) {
	t.Helper()
	if err != nil || u.ID != t.before.ID || u.Email != adaEmail || u.PasswordHash != "" || u.SecurityStamp == t.before.SecurityStamp || u.EmailVerifiedAt.IsZero() {
		t.Errorf("%s: got %v, %v; want the user at the old address, verified, without a password and with a new stamp", what, u, err)
	}
	if got := getUser(t, t.a.Store, adaKey); !got.Equal(u) || got.Version != u.Version {
		t.Errorf("%s: got %v, want the user as stored", what, u)
	}
	t.o.checkNoticeTo(t, signup.NoticeEmailChangeUndone, adaEmail)
	t.wantAt(what, adaKey)
	t.wantLogIn(what, adaEmail, signup.ErrBadCredentials)
}

// An undo before the change cancels it.
func TestUndoEmailChangeBefore(t *testing.T) {
	test := newAddressTest(t)
	undo, change := test.ask(adaEmail, secondKey)
	u, err := test.a.UndoEmailChange(t.Context(), undo)
	test.wantUndone("before the change", u, err)
	if signup.WithoutEvents(u).Private != signup.WithoutEvents(test.before).Private {
		t.Error("got another Private, want no devices in it")
	}
	if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != signup.ErrToken {
		t.Errorf("ConfirmEmailChange after the undo returned %v, want ErrToken", err)
	}
	test.wantUndo("twice", undo, signup.ErrToken)
}

// An undo after the change moves the account back, by the token of either mail.
func TestUndoEmailChangeAfter(t *testing.T) {
	for name, later := range map[string]bool{"first mail": false, "second mail": true} {
		test := newAddressTest(t)
		undo, change := test.ask(adaEmail, secondKey)
		if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != nil {
			t.Fatalf("ConfirmEmailChange returned %v, want nil", err)
		}
		if mails := test.o.take(); later {
			undo = mails[0].Token
		}
		thief := test.logIn(secondKey)
		update(t, test.a, secondKey, func(u *signup.User) { u.FirstName = "Augusta" })
		if p, _, err := test.a.PeekToken(t.Context(), undo); p != signup.PurposeUndoEmail || err != nil {
			t.Errorf("%s: PeekToken returned %q, %v; want %s", name, p, err, signup.PurposeUndoEmail)
		}
		u, err := test.a.UndoEmailChange(t.Context(), undo)
		test.wantUndone(name, u, err)
		if u.FirstName != "Augusta" || len(u.Profile) != 1 {
			t.Errorf("%s: got the name %q, want the later change kept", name, u.FirstName)
		}
		wantSession(t, test.a, thief, signup.ErrEnded)
		if _, _, err := test.a.PeekToken(t.Context(), undo); err != signup.ErrToken {
			t.Errorf("%s: PeekToken afterwards returned %v, want ErrToken", name, err)
		}
		test.wantUndo(name+" twice", undo, signup.ErrToken)
		if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != signup.ErrToken {
			t.Errorf("%s: ConfirmEmailChange after the undo returned %v, want ErrToken", name, err)
		}
		test.wantAt(name, adaKey)
		// The user resets the password, and may change to the same address again.
		if _, err := test.a.SetPassword(t.Context(), adaEmail, goodPassword); err != nil {
			t.Errorf("%s: SetPassword returned %v, want nil", name, err)
		}
		test.wantUndo(name+" again", test.change(adaEmail, secondKey), nil)
		test.wantAt(name+" again", adaKey)
	}
}

// The owner gets the account back from any later address, and has the last word.
func TestUndoEmailChangeOfThief(t *testing.T) {
	test := newAddressTest(t)
	owner := test.change(adaEmail, secondKey)
	undo, change := test.ask(secondKey, thirdKey)
	thief := []string{undo}
	if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != nil {
		t.Fatalf("ConfirmEmailChange returned %v, want nil", err)
	}
	thief = append(thief, test.o.take()[0].Token)
	undo, change = test.ask(thirdKey, "thief@example.org")
	thief = append(thief, undo)
	u, err := test.a.UndoEmailChange(t.Context(), owner)
	test.wantUndone("from the third address", u, err)
	for _, undo := range thief {
		test.wantUndo("by the thief", undo, signup.ErrToken)
	}
	if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != signup.ErrToken {
		t.Errorf("ConfirmEmailChange by the thief returned %v, want ErrToken", err)
	}
	test.wantAt("after the thief's attempts", adaKey)
}

// The user of an address in between can undo the later changes, and the owner that.
func TestUndoEmailChangeInBetween(t *testing.T) {
	test := newAddressTest(t)
	first := test.change(adaEmail, secondKey)
	second := test.change(secondKey, thirdKey)
	test.wantUndo("from the second address", second, nil)
	test.wantAt("from the second address", secondKey)
	test.wantUndo("from the first address", first, nil)
	test.wantAt("from the first address", adaKey)
	test.wantUndo("from the second address", second, signup.ErrToken)
}

// After the time for it, a change can't be undone, and the old address is free.
func TestUndoEmailChangeExpired(t *testing.T) {
	for life, want := range map[time.Duration]error{undoLife - 2*time.Second: nil, undoLife: signup.ErrToken} {
		synctest.Test(t, func(t *testing.T) {
			test := newAddressTest(t)
			undo := test.change(adaEmail, secondKey)
			if err := test.register(adaEmail); !errors.Is(err, signup.ErrExists) {
				t.Errorf("Register with the old address returned %v, want ErrExists", err)
			}
			time.Sleep(life)
			if p, _, err := test.a.PeekToken(t.Context(), undo); !errors.Is(err, want) {
				t.Errorf("after %v, PeekToken returned %q, %v; want %v", life, p, err, want)
			}
			test.wantUndo("after "+life.String(), undo, want)
			if want != nil {
				if err := test.register(adaEmail); err != nil {
					t.Errorf("Register with the old address returned %v, want nil", err)
				}
				test.wantUndo("after a sign-up", undo, signup.ErrToken)
				test.wantLogIn("after a sign-up", secondKey, nil)
			}
		})
	}
}

// The next change removes the tombstones that have expired, and keeps the others.
func TestEmailChangeRemovesExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		test := newAddressTest(t)
		test.change(adaEmail, secondKey)
		time.Sleep(undoLife)
		second := test.change(secondKey, thirdKey)
		documents := test.documents()
		if _, ok := documents[adaKey]; ok || len(documents) != 2 {
			t.Errorf("got %d documents, want the user and one tombstone", len(documents))
		}
		test.wantUndo("from the second address", second, nil)
		test.wantAt("from the second address", secondKey)
	})
}

// What voids an undo.
func TestUndoEmailChangeRefused(t *testing.T) {
	for name, happen := range map[string]func(t *addressTest){
		"inactive": func(t *addressTest) { update(t, t.a, secondKey, func(u *signup.User) { u.Active = false }) },
		"deleted":  func(t *addressTest) { remove(t, t.a, getUser(t, t.a.Store, secondKey)) },
		"registered anew": func(t *addressTest) {
			remove(t, t.a, getUser(t, t.a.Store, secondKey))
			stored(t, t.a, secondKey)
		},
	} {
		test := newAddressTest(t)
		undo := test.change(adaEmail, secondKey)
		happen(test)
		test.wantUndo(name, undo, signup.ErrToken)
	}
}

// Many addresses may be held for an undo, and not more.
func TestEmailChangeTooMany(t *testing.T) {
	test := newAddressTest(t)
	at := func(i int) string { return string(rune('a'+i)) + "@example.com" }
	undo := test.change(adaEmail, at(0))
	for i := range 15 {
		test.change(at(i), at(i+1))
	}
	if err := test.a.SendEmailChange(t.Context(), test.logIn(at(15)), at(16)); !errors.Is(err, signup.ErrBusy) || len(test.o.take()) != 0 {
		t.Errorf("with 16 addresses held, SendEmailChange returned %v, want ErrBusy and no mail", err)
	}
	test.wantUndo("through 16 changes", undo, nil)
	test.wantAt("through 16 changes", adaKey)
}

func TestUndoLife(t *testing.T) {
	for life, ok := range map[time.Duration]bool{
		0: true, time.Hour: true, 29 * 24 * time.Hour: true, time.Hour - 1: false, 29*24*time.Hour + 1: false, -time.Hour: false,
	} {
		test := newAddressTest(t)
		test.a.UndoLife, test.a.TokenLife = life, 24*time.Hour
		err := test.a.SendEmailVerification(t.Context(), adaEmail, signup.Client{})
		if (err == nil) != ok {
			t.Errorf("UndoLife %v: got %v, want success: %t", life, err, ok)
		}
		if test.o.take(); ok {
			test.ask(adaEmail, secondKey)
		}
	}
}
