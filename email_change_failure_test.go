package signup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// A call that a failing Store stops at any of its calls leaves the user with one address,
// and a repetition succeeds.
func TestEmailChangeStoreFails(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *addressTest) (token string)
		call    func(a *signup.Accounts, ctx context.Context, token string) (signup.User, error)
		from    string
		to      string
	}{
		"change": {func(t *addressTest) string { _, change := t.ask(adaEmail, secondKey); return change },
			(*signup.Accounts).ConfirmEmailChange, adaKey, secondKey},
		"change back": {func(t *addressTest) string {
			t.change(adaEmail, secondKey)
			_, change := t.ask(secondKey, adaEmail)
			return change
		}, (*signup.Accounts).ConfirmEmailChange, secondKey, adaKey},
		"undo before the change": {func(t *addressTest) string { undo, _ := t.ask(adaEmail, secondKey); return undo },
			(*signup.Accounts).UndoEmailChange, adaKey, adaKey},
		"undo": {func(t *addressTest) string { return t.change(adaEmail, secondKey) }, (*signup.Accounts).UndoEmailChange, secondKey, adaKey},
		"undo twice": {func(t *addressTest) string {
			undo := t.change(adaEmail, secondKey)
			t.change(secondKey, thirdKey)
			return undo
		}, (*signup.Accounts).UndoEmailChange, thirdKey, adaKey},
	} {
		for _, failure := range []error{signup.ErrBusy, errors.New("connection refused"), context.DeadlineExceeded} {
			for n := 1; n < 40; n++ {
				for _, made := range []bool{false, true} { // whether a write that fails has been made
					test := newAddressTest(t)
					token := c.prepare(test)
					memory := test.a.Store
					failing, calls := failAt(memory, n, made, failure)
					test.a.Store = failing
					_, err := c.call(test.a, t.Context(), token)
					test.a.Store = memory
					if *calls < n {
						if err != nil || n < 3 {
							t.Errorf("%s returned %v without a failure after %d calls, want nil", name, err, *calls)
						}
						n = 40
						break
					}
					checkNoSecrets(t, err)
					if !errors.Is(err, failure) && (err != nil || !made) { // a Create of what is there makes nothing
						t.Errorf("%s, failing at call %d, returned %v; want %v", name, n, err, failure)
					}
					test.wantStill(name, c.from, c.to)
					test.o.take()
					u, err := c.call(test.a, t.Context(), token)
					// After an undo that succeeded, the token is void.
					undone := err == signup.ErrToken && getUser(t, memory, c.to).PasswordHash == ""
					if (err != nil || u.Key() != c.to) && !undone {
						t.Errorf("%s again, after a failure at call %d, returned %v; want nil, or ErrToken after an undo", name, n, err)
					}
					test.wantAt(name+" again", c.to)
				}
			}
		}
	}
}

// wantStill checks that the user logs in with one of two keys and no other.
func (t *addressTest) wantStill(what, one, other string) {
	t.Helper()
	if u, ok := signup.LogsIn(t.documents(), other); ok && u.ID == t.before.ID {
		one = other
	}
	t.wantAt(what, one)
}

// A change that stopped after its commit is finished by the first call that reads the
// new address.
func TestEmailChangeFinishedByReader(t *testing.T) {
	for name, read := range map[string]func(t *addressTest) error{
		"Authenticate": func(t *addressTest) error {
			_, err := t.a.Authenticate(t.Context(), secondKey, goodPassword)
			return err
		},
		"LogIn": func(t *addressTest) error {
			_, err := t.a.LogIn(t.Context(), secondKey, goodPassword, signup.Client{})
			return err
		},
		"SetPassword":       func(t *addressTest) error { _, err := t.a.SetPassword(t.Context(), secondKey, newPassword); return err },
		"EndAllSessions":    func(t *addressTest) error { return t.a.EndAllSessions(t.Context(), secondKey) },
		"SendPasswordReset": func(t *addressTest) error { return t.a.SendPasswordReset(t.Context(), secondKey, signup.Client{}) },
	} {
		test := newAddressTest(t)
		undo, change := test.ask(adaEmail, secondKey)
		test.stopAfterCommit(change)
		if err := test.register(secondKey); !errors.Is(err, signup.ErrExists) {
			t.Errorf("%s: before, Register returned %v, want ErrExists", name, err)
		}
		if err := read(test); err != nil {
			t.Errorf("%s of the new address returned %v, want nil", name, err)
		}
		if u := getUser(t, test.a.Store, secondKey); u.Placeholder || u.ID != test.before.ID {
			t.Errorf("%s: the new address is a placeholder: %t, want the user", name, u.Placeholder)
		}
		test.o.take()
		test.wantUndo(name, undo, nil)
		test.wantAt(name, adaKey)
	}
}

// stopAfterCommit uses the token change, and stops before the last step.
func (t *addressTest) stopAfterCommit(change string) {
	t.Helper()
	memory, failure := t.a.Store, errors.New("stopped")
	committed := false
	t.a.Store = fakestore.Store{
		Store: memory,
		OnUpdate: func(ctx context.Context, u *signup.User) error {
			if committed {
				return failure
			}
			committed = u.Placeholder
			return memory.Update(ctx, u)
		},
	}
	if _, err := t.a.ConfirmEmailChange(t.Context(), change); !errors.Is(err, failure) {
		t.Errorf("ConfirmEmailChange returned %v, want %v", err, failure)
	}
	t.a.Store = memory
	if u := getUser(t, memory, secondKey); !u.Placeholder {
		t.Error("the change was finished, want a placeholder")
	}
}
