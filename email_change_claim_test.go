package signup_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// stopAfterClaim calls a call that moves the user, and stops it before its commit.
func (t *addressTest) stopAfterClaim(call func() error) {
	t.Helper()
	memory, failure := t.a.Store, errors.New("stopped")
	t.a.Store = fakestore.Store{
		Store: memory,
		OnUpdate: func(ctx context.Context, u *signup.User) error {
			if u.Private.IsTombstone() {
				return failure
			}
			return memory.Update(ctx, u)
		},
	}
	if err := call(); !errors.Is(err, failure) {
		t.Errorf("the call returned %v, want %v", err, failure)
	}
	t.a.Store = memory
}

// The placeholder of a change that stopped before its commit keeps the address for a
// minute. Then it makes way for another user, also if the change goes on afterwards.
func TestEmailChangeAbandoned(t *testing.T) {
	for name, take := range map[string]func(t *addressTest) error{
		"Register": func(t *addressTest) error { return t.register(secondKey) },
		"Create": func(t *addressTest) error {
			return t.a.Create(t.Context(), &signup.User{Email: secondKey, Active: true})
		},
		"Register without storing": func(t *addressTest) error {
			a := &signup.Accounts{Store: t.a.Store, Secrets: t.a.Secrets, Send: t.a.Send, Hasher: cheap, EmailVerification: signup.VerifyBeforeRegistration}
			if _, err := a.Register(t.Context(), signup.Registration{Email: secondKey}); err != nil {
				return err
			}
			_, err := a.CompleteRegistration(t.Context(), t.o.token(t, signup.PurposeRegister), signup.Registration{Password: newPassword})
			return err
		},
		"ConfirmEmailChange": func(t *addressTest) error {
			bob, err := t.a.Store.Get(t.Context(), "bob@example.org")
			if errors.Is(err, signup.ErrNotFound) {
				bob = stored(t, t.a, "bob@example.org")
			}
			token, _, err := t.a.NewToken(signup.PurposeChangeEmail, bob, secondKey, time.Hour)
			if err == nil {
				_, err = t.a.ConfirmEmailChange(t.Context(), token)
			}
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			test := newAddressTest(t)
			_, change := test.ask(adaEmail, secondKey)
			confirm := func() error { _, err := test.a.ConfirmEmailChange(t.Context(), change); return err }
			test.stopAfterClaim(confirm)
			test.wantAt(name, adaKey)
			if err := take(test); !errors.Is(err, signup.ErrExists) {
				t.Errorf("%s at once returned %v, want ErrExists", name, err)
			}
			time.Sleep(time.Minute)
			test.o.take()
			if err := take(test); err != nil {
				t.Errorf("%s after a minute returned %v, want nil", name, err)
			}
			if err := confirm(); !errors.Is(err, signup.ErrExists) {
				t.Errorf("%s: afterwards, ConfirmEmailChange returned %v, want ErrExists", name, err)
			}
			test.wantAt(name, adaKey)
			test.wantLogIn(name, adaEmail, nil)
		})
	}
}

// An undo that stopped before its commit leaves the old address to the owner, and can be
// repeated.
func TestUndoEmailChangeStopped(t *testing.T) {
	for name, later := range map[string]func(t *addressTest){
		"nothing else": func(*addressTest) {},
		"a move on":    func(t *addressTest) { t.change(secondKey, thirdKey) },
	} {
		synctest.Test(t, func(t *testing.T) {
			test := newAddressTest(t)
			undo := test.change(adaEmail, secondKey)
			test.stopAfterClaim(func() error { _, err := test.a.UndoEmailChange(t.Context(), undo); return err })
			test.wantAt(name, secondKey)
			later(test)
			time.Sleep(time.Hour)
			if err := test.register(adaEmail); !errors.Is(err, signup.ErrExists) {
				t.Errorf("%s: Register with the old address returned %v, want ErrExists", name, err)
			}
			u, err := test.a.UndoEmailChange(t.Context(), undo)
			test.wantUndone(name, u, err)
		})
	}
}
