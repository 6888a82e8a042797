package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// A deleteCall deletes the user of s.
type deleteCall struct {
	name string
	call func(ctx context.Context, a *signup.Accounts, s signup.Session) error
	gone error // of a repetition after the deletion
}

var deleteCalls = []deleteCall{
	{"DeleteAccount", func(ctx context.Context, a *signup.Accounts, s signup.Session) error { return a.DeleteAccount(ctx, s) }, signup.ErrEnded},
	{"DeleteUser", func(ctx context.Context, a *signup.Accounts, _ signup.Session) error {
		return a.DeleteUser(ctx, " ADA@example.org")
	}, signup.ErrNotFound},
}

const heldPrivate = `{"held":[{"key":"lovelace@example.com","until":1700000000123},{"key":"gone@example.com","until":1700000000456}]}`

// holdAddresses stores what heldPrivate holds for the user of adaEmail, and a document
// of another user under another address.
func holdAddresses(t testing.TB, a *signup.Accounts) {
	t.Helper()
	for _, u := range []signup.User{
		{ID: "ada", Email: "lovelace@example.com", FirstName: "Ada", Placeholder: true, Private: "moved"},
		{ID: "bob", Email: "bob@example.com", Placeholder: true},
	} {
		if err := a.Store.Create(context.Background(), &u); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
	}
}

// Nothing of the account is left in the Store, and the address is free.
func TestDelete(t *testing.T) {
	for _, c := range deleteCalls {
		t.Run(c.name, func(t *testing.T) {
			a, o := mailAccounts()
			holdAddresses(t, a)
			s := logInAda(t, a, func(u *signup.User) { u.Private = heldPrivate })
			before, tokens := getUser(t, a.Store, s.Key), tokensOf(t, a, s)
			if err := c.call(t.Context(), a, s); err != nil {
				t.Fatalf("got %v, want nil", err)
			}
			texts := strings.ToLower(allTexts(a.Store))
			for _, text := range []string{"ada", "lovelace", s.Key, s.Device, "analytical"} {
				if strings.Contains(texts, strings.ToLower(text)) {
					t.Errorf("%q is left in the Store, want nothing of the account", text)
				}
			}
			if !strings.Contains(texts, "bob@example.com") {
				t.Error("the other user is gone, want it left alone")
			}
			checkNoLogIn(t, a, "deleted", s, tokens)
			mails := o.take()
			switch {
			case c.name == "DeleteUser" && len(mails) > 0:
				t.Errorf("got the mails %v, want none", mails)
			case c.name == "DeleteAccount":
				o.mails = mails
				o.checkNotice(t, signup.NoticeDeleted)
				want := signup.User{ID: "ada", Email: adaEmail, FirstName: "Ada", LastName: "Lovelace", Profile: before.Profile}
				if len(mails) == 1 && !mails[0].User.Equal(want) {
					t.Error("the mail has another User, want its ID, Email, names and Profile alone")
				}
			}
			if err := c.call(t.Context(), a, s); !errors.Is(err, c.gone) {
				t.Errorf("again, got %v, want %v", err, c.gone)
			}
			u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword})
			if err != nil || u.ID == "ada" {
				t.Errorf("Register returned %v, %v; want another ID and nil", u, err)
			}
			wantSession(t, a, s, signup.ErrEnded)
			wantSession(t, a, logIn(t, a, signup.Client{}), nil)
		})
	}
}

// A document under a held address is deleted only if it is a placeholder of the same
// user.
func TestDeleteLeavesOthers(t *testing.T) {
	for name, other := range map[string]signup.User{
		"another user's placeholder": {ID: "eve", Email: "lovelace@example.com", Placeholder: true},
		"another user":               {ID: "eve", Email: "lovelace@example.com", Active: true},
		"the same ID, a user":        {ID: "ada", Email: "lovelace@example.com", Active: true},
	} {
		for _, c := range deleteCalls {
			a := newAccounts()
			if err := a.Store.Create(t.Context(), &other); err != nil {
				t.Fatalf("Create returned %v, want nil", err)
			}
			s := logInAda(t, a, func(u *signup.User) { u.Private = heldPrivate })
			if err := c.call(t.Context(), a, s); err != nil {
				t.Errorf("%s: %s returned %v, want nil", name, c.name, err)
			}
			if u := getUser(t, a.Store, "lovelace@example.com"); u.Version != other.Version {
				t.Errorf("%s: %s changed the other user, want it left alone", name, c.name)
			}
			if _, err := a.Store.Get(t.Context(), s.Key); !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("%s: after %s, Get returned %v, want ErrNotFound", name, c.name, err)
			}
		}
	}
}

func TestDeleteAccountErrors(t *testing.T) {
	checkEnded(t, true, func(a *signup.Accounts, s signup.Session) error { return a.DeleteAccount(t.Context(), s) })
}

func TestDeleteUserErrors(t *testing.T) {
	a := newAccounts()
	s := logInAda(t, a, nil)
	for _, email := range []string{"", "ada", "bob@example.org"} {
		if err := a.DeleteUser(t.Context(), email); !errors.Is(err, signup.ErrNotFound) {
			t.Errorf("DeleteUser of %q returned %v, want ErrNotFound", email, err)
		}
	}
	update(t, a, s.Key, func(u *signup.User) { u.Placeholder = true })
	if err := a.DeleteUser(t.Context(), adaEmail); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("DeleteUser of a placeholder returned %v, want ErrNotFound", err)
	}
	getUser(t, a.Store, s.Key)

	// Inactive, and with a malformed Private.
	update(t, a, s.Key, func(u *signup.User) { u.Placeholder, u.Active, u.Private = false, false, "x" })
	if err := a.DeleteUser(t.Context(), adaEmail); err != nil {
		t.Errorf("DeleteUser of an inactive user returned %v, want nil", err)
	}
	if texts := allTexts(a.Store); strings.Contains(texts, "ada") {
		t.Error("the user is left in the Store, want nothing")
	}
	if err := (&signup.Accounts{}).DeleteUser(t.Context(), adaEmail); err == nil || errors.Is(err, signup.ErrNotFound) {
		t.Errorf("without a Store, DeleteUser returned %v, want an error of the configuration", err)
	}
}

// A user that is registered anew during a DeleteUser is left alone.
func TestDeleteUserRegisteredAnew(t *testing.T) {
	a := newAccounts()
	logInAda(t, a, nil)
	memory := a.Store
	a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
		v := getUser(t, memory, u.Key())
		if err := memory.Delete(ctx, v); err != nil {
			return err
		}
		v.ID = "ada anew"
		if err := memory.Create(ctx, &v); err != nil {
			return err
		}
		return memory.Update(ctx, u)
	}}
	if err := a.DeleteUser(t.Context(), adaEmail); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("DeleteUser returned %v, want ErrNotFound", err)
	}
	if u := getUser(t, memory, "ada@example.org"); u.ID != "ada anew" || !u.Active {
		t.Errorf("stored %v, want the new user as it was", u)
	}
}

// A deletion that conflicts with itself is finished.
func TestDeleteConflictsWithItself(t *testing.T) {
	for _, c := range deleteCalls {
		a := newAccounts()
		holdAddresses(t, a)
		s := logInAda(t, a, func(u *signup.User) { u.Private = heldPrivate })
		memory := a.Store
		a.Store, _ = conflictAfter(memory, 1)
		if err := c.call(t.Context(), a, s); err != nil {
			t.Errorf("%s returned %v, want nil", c.name, err)
		}
		if texts := allTexts(memory); strings.Contains(texts, "ada") || strings.Contains(texts, "lovelace") {
			t.Errorf("after %s, something of the account is left in the Store, want nothing", c.name)
		}
	}
}
