package signup_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// released has what leaves a document under the address secondKey that doesn't hold it.
var released = map[string]func(t *addressTest){
	"former address, after the time for an undo": func(t *addressTest) {
		t.change(adaEmail, secondKey)
		t.change(secondKey, thirdKey)
		time.Sleep(undoLife)
	},
	"former address, after a deletion that was abandoned": func(t *addressTest) {
		t.change(adaEmail, secondKey)
		t.change(secondKey, thirdKey)
		t.stop(failDeletes, func() error { return t.a.DeleteUser(t.Context(), thirdKey) })
		time.Sleep(undoLife)
	},
	"change that was abandoned": func(t *addressTest) {
		_, change := t.ask(adaEmail, secondKey)
		t.stop(failUpdates, func() error { _, err := t.a.ConfirmEmailChange(t.Context(), change); return err })
		time.Sleep(time.Minute)
	},
	"deletion that was abandoned": func(t *addressTest) {
		stored(t, t.a, secondKey)
		t.stop(failDeletes, func() error { return t.a.DeleteUser(t.Context(), secondKey) })
	},
}

// stop calls f with a Store that fails, as returned by failing.
func (t *addressTest) stop(failing func(memory signup.Store, failure error) signup.Store, f func() error) {
	t.Helper()
	memory, failure := t.a.Store, errors.New("stopped")
	t.a.Store = failing(memory, failure)
	if err := f(); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	t.a.Store = memory
	if u := getUser(t, memory, secondKey); !u.Placeholder {
		t.Fatal("got a user, want a placeholder")
	}
}

// An address that isn't held any more is free for each way to register, also if a
// document is left under it.
func TestReleasedAddress(t *testing.T) {
	for name, release := range released {
		for way, register := range map[string]func(t *addressTest) (signup.User, error){
			"Register": func(t *addressTest) (signup.User, error) {
				return t.a.Register(t.Context(), signup.Registration{Email: secondKey, Password: newPassword})
			},
			"Register with VerifyBeforeRegistration": func(t *addressTest) (signup.User, error) {
				t.a.EmailVerification = signup.VerifyBeforeRegistration
				return t.complete(t.sendRegistration())
			},
			"Register with Discreet": func(t *addressTest) (signup.User, error) {
				t.a.EmailVerification, t.a.Discreet = signup.VerifyBeforeRegistration, true
				return t.complete(t.sendRegistration())
			},
			"Invite": func(t *addressTest) (signup.User, error) {
				if err := t.a.Invite(t.Context(), secondKey, 0); err != nil {
					return signup.User{}, err
				}
				return t.complete(t.o.token(t, signup.PurposeInvite))
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				test := newAddressTest(t)
				release(test)
				test.o.take()
				u, err := register(test)
				if err != nil || u.ID == test.before.ID || u.Key() != secondKey {
					t.Errorf("%s, %s: got %v, %v; want another user", name, way, u, err)
				}
			})
		}
	}
}

// So it is if the token was mailed before.
func TestReleasedAddressInvitedBefore(t *testing.T) {
	for name, release := range released {
		synctest.Test(t, func(t *testing.T) {
			test := newAddressTest(t)
			if err := test.a.Invite(t.Context(), secondKey, 30*24*time.Hour); err != nil {
				t.Fatalf("Invite returned %v, want nil", err)
			}
			token := test.o.token(t, signup.PurposeInvite)
			release(test)
			if p, u, err := test.a.PeekToken(t.Context(), token); p != signup.PurposeInvite || u.ID != "" || err != nil {
				t.Errorf("%s: PeekToken returned %q, %v, %v; want invite, no user and nil", name, p, u, err)
			}
			if u, err := test.complete(token); err != nil || u.ID == test.before.ID || u.Key() != secondKey {
				t.Errorf("%s: CompleteRegistration returned %v, %v; want another user", name, u, err)
			}
		})
	}
}

// An address that is held is free for none of them.
func TestHeldAddressInvitedBefore(t *testing.T) {
	test := newAddressTest(t)
	if err := test.a.Invite(t.Context(), secondKey, 0); err != nil {
		t.Fatalf("Invite returned %v, want nil", err)
	}
	token := test.o.token(t, signup.PurposeInvite)
	undo := test.change(adaEmail, secondKey)
	if _, err := test.complete(token); err != signup.ErrToken {
		t.Errorf("with a user, CompleteRegistration returned %v, want ErrToken", err)
	}
	test.change(secondKey, thirdKey)
	if _, err := test.complete(token); err != signup.ErrToken {
		t.Errorf("with a former address, CompleteRegistration returned %v, want ErrToken", err)
	}
	if err := test.a.Invite(t.Context(), secondKey, 0); !errors.Is(err, signup.ErrExists) {
		t.Errorf("with a former address, Invite returned %v, want ErrExists", err)
	}
	test.a.EmailVerification, test.a.Discreet = signup.VerifyBeforeRegistration, true
	if _, err := test.a.Register(t.Context(), signup.Registration{Email: secondKey}); err != nil {
		t.Errorf("with Discreet, Register returned %v, want nil", err)
	}
	test.o.checkNoticeTo(t, signup.NoticeAlreadyRegistered, secondKey)
	test.wantUndo("after these", undo, nil)
	test.wantAt("after these", adaKey)
}

// sendRegistration asks for a registration of secondKey, and returns its token.
func (t *addressTest) sendRegistration() string {
	t.Helper()
	if _, err := t.a.Register(t.Context(), signup.Registration{Email: secondKey}); err != nil {
		t.Errorf("Register returned %v, want nil", err)
	}
	mails := t.o.take()
	if len(mails) != 1 {
		t.Fatalf("got the mails %v, want one", mails)
	}
	return mails[0].Token
}

func (t *addressTest) complete(token string) (signup.User, error) {
	return t.a.CompleteRegistration(t.Context(), token, signup.Registration{Password: newPassword})
}
