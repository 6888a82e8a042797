package signup_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// With Discreet, an address that a user has left can be registered when it isn't held any
// more, and not before.
func TestDiscreetRegisterLeftAddress(t *testing.T) {
	for _, c := range []struct {
		name   string
		leave  func(t *addressTest)
		notice signup.Notice // of a registration at once
	}{
		{"changed", func(t *addressTest) { t.change(adaEmail, secondKey) }, signup.NoticeAlreadyRegistered},
		{"deletion stopped on the way", func(t *addressTest) {
			store := t.a.Store
			t.a.Store = fakestore.Store{Store: store, OnDelete: func(context.Context, signup.User) error { return errLost }}
			if err := t.a.DeleteUser(t.Context(), adaEmail); !errors.Is(err, errLost) {
				t.Fatalf("DeleteUser returned %v, want the error of the Store", err)
			}
			t.a.Store = store
		}, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			test := newAddressTest(t)
			test.a.EmailVerification = signup.VerifyBeforeRegistration
			update(t, test.a, adaKey, func(u *signup.User) { u.EmailVerifiedAt = u.CreatedAt })
			test.a.Discreet = true
			c.leave(test)
			register := func(want signup.Notice) (token string) {
				t.Helper()
				calls := &callStore{Store: test.a.Store}
				a := &signup.Accounts{
					Store: calls, Hasher: cheap, Secrets: test.a.Secrets, Send: test.o.send, EmailVerification: signup.VerifyBeforeRegistration, Discreet: true,
				}
				_, err := a.Register(t.Context(), signup.Registration{Email: adaEmail})
				mails := test.o.take()
				if err != nil || calls.gets != 1 || len(mails) != 1 || mails[0].Notice != want || (mails[0].Token == "") != (want != "") {
					t.Fatalf("%s: Register returned %v after %d Gets and sent %v; want nil, 1, and the notice %q or a token", c.name, err, calls.gets, mails, want)
				}
				return mails[0].Token
			}
			token := register(c.notice)
			if c.notice != "" {
				time.Sleep(undoLife)
				token = register("")
			}
			u, err := test.a.CompleteRegistration(t.Context(), token, signup.Registration{Password: newPassword})
			if err != nil || u.ID == test.before.ID || u.Key() != adaKey {
				t.Errorf("%s: CompleteRegistration returned %v, %v; want a new user", c.name, u, err)
			}
		})
	}
}

// A token for a registration doesn't take an address that is held for a user.
func TestCompleteRegistrationOfHeldAddress(t *testing.T) {
	test := newAddressTest(t)
	b, o := mailAccounts() // without the user
	b.EmailVerification = signup.VerifyBeforeRegistration
	if _, err := b.Register(t.Context(), signup.Registration{Email: adaEmail}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	token := o.token(t, signup.PurposeRegister)
	undo := test.change(adaEmail, secondKey)
	before := fmt.Sprint(test.documents()[adaKey].Version)
	if _, err := test.a.CompleteRegistration(t.Context(), token, signup.Registration{Password: newPassword}); err != signup.ErrToken {
		t.Errorf("CompleteRegistration of an address that is held returned %v, want ErrToken", err)
	}
	if after := fmt.Sprint(test.documents()[adaKey].Version); after != before {
		t.Error("CompleteRegistration changed what holds the address, want no change")
	}
	test.wantUndo("after the registration", undo, nil)
}
