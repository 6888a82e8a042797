package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// finishers are the calls that finish a deletion of the user of adaEmail. Each returns
// the ID that the address has then, if any.
var finishers = map[string]func(t *testing.T, a *signup.Accounts, s signup.Session) (string, error){
	"DeleteAccount": func(t *testing.T, a *signup.Accounts, s signup.Session) (string, error) {
		return "", a.DeleteAccount(t.Context(), s)
	},
	"DeleteAccount with an old proof": func(t *testing.T, a *signup.Accounts, s signup.Session) (string, error) {
		return "", a.DeleteAccount(t.Context(), stale(s))
	},
	"DeleteUser": func(t *testing.T, a *signup.Accounts, _ signup.Session) (string, error) {
		return "", a.DeleteUser(t.Context(), adaEmail)
	},
	"Register": func(t *testing.T, a *signup.Accounts, _ signup.Session) (string, error) {
		u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword})
		return u.ID, err
	},
	"Register with a key": func(t *testing.T, a *signup.Accounts, _ signup.Session) (string, error) {
		u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword, IdempotencyKey: "0123456789abcdef"})
		return u.ID, err
	},
	"Create": func(t *testing.T, a *signup.Accounts, _ signup.Session) (string, error) {
		u := signup.User{Email: adaEmail, PasswordHash: hashBy(t, cheap, goodPassword), Active: true}
		err := a.Create(t.Context(), &u)
		return u.ID, err
	},
	"Create with the same ID": func(t *testing.T, a *signup.Accounts, _ signup.Session) (string, error) {
		u := signup.User{ID: "ada", Email: adaEmail, PasswordHash: hashBy(t, cheap, goodPassword), Active: true}
		err := a.Create(t.Context(), &u)
		return u.ID, err
	},
	"CompleteRegistration": func(t *testing.T, a *signup.Accounts, _ signup.Session) (string, error) {
		b, o := mailOnlyAccounts()
		b.Store = a.Store
		token := registrationToken(t, b, o)
		if _, u, err := b.PeekToken(t.Context(), token); err != nil || u.ID != "" {
			t.Errorf("PeekToken returned %v, %v; want no user and nil", u, err)
		}
		u, err := b.CompleteRegistration(t.Context(), token, signup.Registration{Password: goodPassword})
		return u.ID, err
	},
}

// crash deletes a user by c with a Store that fails at its n-th call, and reports whether
// it has so many calls. The Accounts that it returns have the Store without the failure.
func crash(t *testing.T, c deleteCall, n int, made bool, failure error) (a *signup.Accounts, o *outbox, s signup.Session, crashed bool) {
	a, o = mailAccounts()
	holdAddresses(t, a)
	s = logInAda(t, a, func(u *signup.User) { u.Private = heldPrivate })
	tokens, memory := tokensOf(t, a, s), a.Store
	failing, calls := failAt(memory, n, made, failure)
	a.Store = failing
	err := c.call(t.Context(), a, s)
	a.Store = memory
	if *calls < n {
		if err != nil {
			t.Errorf("%s returned %v without a failure, want nil", c.name, err)
		}
		return a, o, s, false
	}
	checkNoSecrets(t, err)
	if !errors.Is(err, failure) || len(o.take()) > 0 {
		t.Errorf("failing at call %d, %s returned %v or sent a mail, want %v and none", n, c.name, err, failure)
	}
	if u, err := memory.Get(t.Context(), s.Key); err == nil && !u.Active { // the tombstone
		want := signup.User{ID: "ada", Email: adaEmail, Placeholder: true, UpdatedAt: u.UpdatedAt,
			Private: `{"deleted":{"held":["lovelace@example.com","gone@example.com"]}}`}
		if !u.Equal(want) {
			t.Errorf("failing at call %d, %s left %v with names or data, want a tombstone with the ID and the addresses", n, c.name, u)
		}
		checkNoLogIn(t, a, "a tombstone", s, tokens)
	}
	return a, o, s, true
}

// After a failure at any call of the Store, each finisher leaves nothing of the account,
// and the address can be registered.
func TestDeleteStoreFails(t *testing.T) {
	failure := errors.New("connection refused")
	for _, c := range deleteCalls {
		for name, finish := range finishers {
			tombstones := 0
			for n := 1; ; n++ {
				if a, _, _, crashed := crash(t, c, n, false, failure); !crashed {
					if u, err := a.Store.Get(t.Context(), "ada@example.org"); err == nil {
						t.Errorf("%s left %v, want nothing", c.name, u)
					}
					break
				}
				for _, made := range []bool{false, true} {
					a, _, s, _ := crash(t, c, n, made, failure)
					tombstones += checkFinished(t, a, s, c.name+", then "+name, finish)
				}
			}
			if tombstones < 4 {
				t.Errorf("%s left %d tombstones to %s, want 4 at least", c.name, tombstones, name)
			}
		}
	}
}

// checkFinished checks what finish does after a crash. It returns 1 if there was a
// tombstone, or 0.
func checkFinished(t *testing.T, a *signup.Accounts, s signup.Session, what string, finish func(*testing.T, *signup.Accounts, signup.Session) (string, error)) int {
	t.Helper()
	before, err := a.Store.Get(t.Context(), s.Key)
	if err == nil && before.Active { // the deletion hasn't begun
		return 0
	}
	gone := err != nil
	id, err := finish(t, a, s)
	if want := errors.Is(err, signup.ErrEnded) || errors.Is(err, signup.ErrNotFound); err != nil && (!gone || !want) {
		t.Errorf("%s: got %v, with the account gone: %t; want nil, or ErrEnded or ErrNotFound if it is", what, err, gone)
		return 0
	}
	texts := allTexts(a.Store)
	if strings.Contains(texts, "lovelace") || strings.Contains(texts, "deleted") || id == "" && strings.Contains(texts, "ada") {
		t.Errorf("%s: something of the account is left in the Store, want nothing", what)
	}
	wantSession(t, a, s, signup.ErrEnded)
	if id == "" {
		u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword})
		if err != nil || u.ID == s.ID {
			t.Errorf("%s: then Register returned %v, %v; want another ID and nil", what, u, err)
		}
	}
	wantSession(t, a, logIn(t, a, signup.Client{}), nil)
	if gone {
		return 0
	}
	return 1
}

// A deletion that is canceled after it has begun is finished, and sends its notice.
func TestDeleteAccountCanceled(t *testing.T) {
	test := newAddressTest(t)
	test.change(adaEmail, secondKey)
	s := test.logIn(secondKey)
	ctx, cancel := context.WithCancel(t.Context())
	memory := test.a.Store
	test.a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
		defer cancel()
		return memory.Update(ctx, u)
	}}
	if err := test.a.DeleteAccount(ctx, s); err != nil {
		t.Errorf("DeleteAccount returned %v, want nil", err)
	}
	if left := test.documents(); len(left) != 0 {
		t.Errorf("got %v stored after that, want nothing", left)
	}
	test.o.checkNoticeTo(t, signup.NoticeDeleted, secondKey)
}

// A deletion that DeleteAccount finishes sends its notice.
func TestDeleteAccountFinishedNotice(t *testing.T) {
	for _, c := range deleteCalls {
		a, o, s, _ := crash(t, c, 3, false, errors.New("connection refused"))
		if err := a.DeleteAccount(t.Context(), s); err != nil {
			t.Fatalf("after %s, DeleteAccount returned %v, want nil", c.name, err)
		}
		o.checkNotice(t, signup.NoticeDeleted)
	}
}

// A failure at any call of a registration that finishes a deletion is no harm: a
// repetition succeeds.
func TestRegisterFinishesDeletionStoreFails(t *testing.T) {
	failure := errors.New("connection refused")
	for n := 1; ; n++ {
		for _, made := range []bool{false, true} {
			a, _, s, _ := crash(t, deleteCalls[0], 3, false, failure)
			memory := a.Store
			failing, calls := failAt(memory, n, made, failure)
			a.Store = failing
			r := signup.Registration{Email: adaEmail, Password: goodPassword, IdempotencyKey: "0123456789abcdef"}
			_, err := a.Register(t.Context(), r)
			if *calls < n {
				if err != nil {
					t.Errorf("Register returned %v without a failure, want nil", err)
				}
				return
			}
			// A Create that is refused isn't made, and so doesn't fail.
			if !errors.Is(err, failure) && (err != nil || !made) {
				t.Errorf("failing at call %d, Register returned %v, want %v", n, err, failure)
			}
			a.Store = memory
			if u, err := a.Register(t.Context(), r); err != nil || u.ID == s.ID {
				t.Errorf("again, after a failure at call %d, Register returned %v, %v; want another ID and nil", n, u, err)
			}
			wantSession(t, a, s, signup.ErrEnded)
		}
	}
}
