package signup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A changingHasher calls before at each Verify and Hash: a change that happens while a log-in
// waits for its turn.
type changingHasher struct {
	signup.Bcrypt
	before func()
}

func (h *changingHasher) Hash(password string) (signup.Hash, error) {
	if h.before != nil {
		h.before()
	}
	return h.Bcrypt.Hash(password)
}

func (h *changingHasher) Verify(hash signup.Hash, password string) bool {
	if h.before != nil {
		h.before()
	}
	return h.Bcrypt.Verify(hash, password)
}

// A log-in returns the user as it is after the wait, and only if the password is
// still the user's.
func TestLoginSeesChangesDuringTheWait(t *testing.T) {
	const other = "another correct horse battery"
	hashed := func(hasher signup.Hasher, password string) signup.Hash {
		h, err := hasher.Hash(password)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		return h
	}
	store := memstore.New()
	update := func(change func(*signup.User)) func(signup.User) error {
		return func(u signup.User) error {
			change(&u)
			return store.Update(t.Context(), &u)
		}
	}
	remove := func(u signup.User) error { return store.Delete(t.Context(), u) }
	replace := func(change func(*signup.User)) func(signup.User) error {
		return func(u signup.User) error {
			if err := remove(u); err != nil {
				return err
			}
			change(&u)
			return store.Create(t.Context(), &u)
		}
	}
	for _, c := range []struct {
		name   string
		change func(signup.User) error
		stale  bool // the stored hash needs a rehash
		want   error
	}{
		{"nothing", func(signup.User) error { return nil }, false, nil},
		{"name", update(func(u *signup.User) { u.FirstName = "Augusta" }), false, nil},
		{"rehash of the same password", update(func(u *signup.User) { u.PasswordHash = hashed(cheap, goodPassword) }), false, nil},
		{"password", update(func(u *signup.User) { u.PasswordHash = hashed(cheap, other) }), false, signup.ErrBadCredentials},
		{"password removed", update(func(u *signup.User) { u.PasswordHash = "" }), false, signup.ErrBadCredentials},
		{"deactivated", update(func(u *signup.User) { u.Active = false }), false, signup.ErrBadCredentials},
		{"deactivated, with another hash", update(func(u *signup.User) {
			u.Active, u.PasswordHash = false, hashed(cheap, goodPassword)
		}), false, signup.ErrBadCredentials},
		{"placeholder", update(func(u *signup.User) { u.Placeholder = true }), false, signup.ErrBadCredentials},
		{"deleted", remove, false, signup.ErrBadCredentials},
		{"registered anew", replace(func(u *signup.User) { u.ID = "another" }), false, signup.ErrBadCredentials},

		{"stale, nothing", func(signup.User) error { return nil }, true, nil},
		{"stale, name", update(func(u *signup.User) { u.FirstName = "Augusta" }), true, nil},
		{"stale, password", update(func(u *signup.User) { u.PasswordHash = hashed(cheap, other) }), true, signup.ErrBadCredentials},
		{"stale, deactivated", update(func(u *signup.User) { u.Active = false }), true, signup.ErrBadCredentials},
		{"stale, deleted", remove, true, signup.ErrBadCredentials},
		{"stale, registered anew with the same hash", replace(func(u *signup.User) { u.ID = "another" }), true, signup.ErrBadCredentials},
	} {
		t.Run(c.name, func(t *testing.T) {
			hasher := &changingHasher{Bcrypt: cheap}
			a := &signup.Accounts{Store: store, Hasher: hasher}
			u := signup.User{ID: "ada", Email: adaEmail, Active: true, PasswordHash: hashed(cheap, goodPassword)}
			if c.stale {
				u.PasswordHash = hashed(signup.Bcrypt{Cost: cheap.Cost + 1}, goodPassword)
			}
			if err := store.Create(t.Context(), &u); err != nil {
				t.Fatalf("Create returned %v, want nil", err)
			}
			t.Cleanup(func() {
				if u, err := store.Get(context.Background(), u.Key()); err == nil {
					_ = store.Delete(context.Background(), u)
				}
			})
			changed := false
			hasher.before = func() {
				if changed {
					return
				}
				changed = true
				if err := c.change(u); err != nil {
					t.Errorf("the change returned %v, want nil", err)
				}
			}
			got, err := a.Authenticate(t.Context(), adaEmail, goodPassword)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("Authenticate returned %v, %v; want %v", got, err, c.want)
			}
			stored, _ := store.Get(t.Context(), u.Key())
			if err == nil && (!got.Equal(stored) || got.Version != stored.Version) {
				t.Errorf("Authenticate returned %+v, want the user as stored, %+v", got, stored)
			}
		})
	}
}

// A log-in whose hash changes at every attempt ends, and says nothing about the
// password.
func TestLoginEndsIfTheHashKeepsChanging(t *testing.T) {
	store := memstore.New()
	hasher := &changingHasher{Bcrypt: cheap}
	a := &signup.Accounts{Store: store, Hasher: hasher}
	registered, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword})
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	hasher.before = func() {
		u, err := store.Get(t.Context(), registered.Key())
		if err != nil {
			t.Fatalf("Get returned %v, want nil", err)
		}
		if u.PasswordHash, err = cheap.Hash(goodPassword); err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		if err := store.Update(t.Context(), &u); err != nil {
			t.Errorf("Update returned %v, want nil", err)
		}
	}
	if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("Authenticate returned %v, want ErrBusy", err)
	}
}
