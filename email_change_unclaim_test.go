package signup_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// A change of address that is refused in the middle leaves nothing under the new address.
func TestEmailChangeRefusedLeavesNothing(t *testing.T) {
	refused := errors.New("not on Sundays")
	for name, c := range map[string]struct {
		// happen is called when the new address is claimed.
		happen func(t *addressTest) error
		want   error
	}{
		"deleted":      {func(t *addressTest) error { return t.a.DeleteUser(t.Context(), adaEmail) }, signup.ErrToken},
		"deactivated":  {func(t *addressTest) error { return t.a.SetActive(t.Context(), adaEmail, false) }, signup.ErrToken},
		"new password": {func(t *addressTest) error { _, err := t.a.SetPassword(t.Context(), adaEmail, newPassword); return err }, signup.ErrToken},
		"moved on":     {func(t *addressTest) error { return t.confirm(thirdKey) }, signup.ErrToken},
		"changed, and refused by Before": {func(t *addressTest) error {
			t.a.Before = func(context.Context, signup.Event, signup.User) error { return refused }
			update(t, t.a, adaKey, func(u *signup.User) { u.FirstName = "Augusta" })
			return nil
		}, refused},
	} {
		test := newAddressTest(t)
		_, change := test.ask(adaEmail, secondKey)
		test.whenClaimed(func() {
			if err := c.happen(test); err != nil {
				t.Errorf("%s: got %v, want nil", name, err)
			}
		})
		if _, err := test.a.ConfirmEmailChange(t.Context(), change); !errors.Is(err, c.want) {
			t.Errorf("%s: ConfirmEmailChange returned %v, want %v", name, err, c.want)
		}
		if u, err := test.a.Store.Get(t.Context(), secondKey); !errors.Is(err, signup.ErrNotFound) {
			t.Errorf("%s: Get of the new address returned %v, %v; want ErrNotFound", name, u, err)
		}
		if name != "deleted" {
			key := adaKey
			if name == "moved on" {
				key = thirdKey
			}
			test.wantAt(name, key)
		}
	}
}

// confirm changes the address of adaEmail to another one.
func (t *addressTest) confirm(to string) error {
	token, _, err := t.a.NewToken(signup.PurposeChangeEmail, getUser(t, t.a.Store, adaKey), to, tokenLife)
	if err == nil {
		_, err = t.a.ConfirmEmailChange(t.Context(), token)
	}
	return err
}

// whenClaimed calls f once, after a placeholder for secondKey was created.
func (t *addressTest) whenClaimed(f func()) {
	memory, called := t.a.Store, false
	t.a.Store = fakestore.Store{Store: memory, OnCreate: func(ctx context.Context, u *signup.User) error {
		err := memory.Create(ctx, u)
		if u.Key() == secondKey && !called {
			called = true
			f()
		}
		return err
	}}
}

// A refused change doesn't remove the placeholder of another call, which makes the change.
func TestEmailChangeRefusedBesideAnother(t *testing.T) {
	test := newAddressTest(t)
	_, change := test.ask(adaEmail, secondKey)
	refused, calls := errors.New("once"), 0
	test.a.Before = func(context.Context, signup.Event, signup.User) error {
		if calls++; calls == 2 { // of the second call
			return refused
		}
		return nil
	}
	test.whenClaimed(func() {
		if _, err := test.a.ConfirmEmailChange(t.Context(), change); !errors.Is(err, refused) {
			t.Errorf("the second call returned %v, want %v", err, refused)
		}
	})
	if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != nil {
		t.Errorf("the first call returned %v, want nil", err)
	}
	test.wantAt("afterwards", secondKey)
}

// A change and a deletion at once leave nothing, or the user deleted at the new address.
func TestEmailChangeBesideDeletion(t *testing.T) {
	for range 300 {
		test := newAddressTest(t)
		s := test.logIn(adaEmail)
		tokens := map[string]string{}
		for _, to := range []string{secondKey, thirdKey} {
			tokens[to], _, _ = test.a.NewToken(signup.PurposeChangeEmail, getUser(t, test.a.Store, adaKey), to, tokenLife)
		}
		var wg sync.WaitGroup
		for to, token := range tokens {
			wg.Go(func() {
				if _, err := test.a.ConfirmEmailChange(t.Context(), token); err != nil && err != signup.ErrToken {
					t.Errorf("ConfirmEmailChange to %s returned %v, want nil or ErrToken", to, err)
				}
			})
		}
		wg.Go(func() {
			if err := test.a.DeleteAccount(t.Context(), s); err != nil && !errors.Is(err, signup.ErrEnded) {
				t.Errorf("DeleteAccount returned %v, want nil or ErrEnded", err)
			}
		})
		wg.Wait()
		for _, key := range []string{secondKey, thirdKey} { // where the user may have arrived
			if err := test.a.DeleteUser(t.Context(), key); err != nil && !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("DeleteUser returned %v, want nil or ErrNotFound", err)
			}
		}
		for key, u := range test.documents() {
			t.Errorf("after the deletion, %s has %v with Private %s; want nothing", key, u, u.Private)
		}
	}
}
