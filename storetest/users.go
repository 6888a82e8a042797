package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

// newUser returns a user with most fields set. The rules about fields set all of
// them.
func newUser(id, email string) signup.User {
	at := time.Date(2014, time.December, 6, 22, 55, 0, 123e6, time.UTC)
	return signup.User{
		ID:            id,
		Email:         email,
		FirstName:     "Ada",
		LastName:      "Lovelace",
		PasswordHash:  signup.Hash("$2a$04$" + strings.Repeat("x", 53) + id), // as a bcrypt hash looks
		Active:        true,
		CreatedAt:     at,
		UpdatedAt:     at.Add(time.Hour),
		Profile:       map[string]string{"company": "Analytical Engines", "locale": "en-GB"},
		SecurityStamp: "stamp of " + id,
		Private:       signup.Private("private of " + id),
	}
}

// copyOf returns a copy of u that shares nothing with it.
func copyOf(u signup.User) signup.User {
	u.Profile = maps.Clone(u.Profile)
	return u
}

// create stores a new user in a store where that must succeed.
func create(ctx context.Context, s signup.Store, id, email string) (signup.User, error) {
	u := newUser(id, email)
	return u, creates(ctx, s, &u)
}

func creates(ctx context.Context, s signup.Store, u *signup.User) error {
	if err := s.Create(ctx, u); err != nil {
		return fmt.Errorf("Create of the user %s at %q: got the error %w, want nil", u.ID, u.Email, err)
	}
	return nil
}

func updates(ctx context.Context, s signup.Store, u *signup.User) error {
	if err := s.Update(ctx, u); err != nil {
		return fmt.Errorf("Update of the user %s at %q with the stored Version: got the error %w, want nil", u.ID, u.Email, err)
	}
	return nil
}

func removes(ctx context.Context, s signup.Store, u signup.User) error {
	if err := s.Delete(ctx, u); err != nil {
		return fmt.Errorf("Delete of the user %s at %q with the stored Version: got the error %w, want nil", u.ID, u.Email, err)
	}
	return nil
}

func get(ctx context.Context, s signup.Store, key string) (signup.User, error) {
	u, err := s.Get(ctx, key)
	if err != nil {
		return u, fmt.Errorf("Get(%q) of a stored user: got the error %w, want nil", key, err)
	}
	return u, nil
}

// has returns an error unless the user stored under want's key is want.
func has(ctx context.Context, s signup.Store, want signup.User) error {
	got, err := get(ctx, s, want.Key())
	if err != nil {
		return err
	}
	if d := differences(got, want); d != "" {
		return fmt.Errorf("Get(%q) returned another user than the stored one\n%s", want.Key(), d)
	}
	if got.Version == "" {
		return fmt.Errorf("Get(%q): got an empty Version, want one", want.Key())
	}
	return nil
}

// hasNot returns an error unless no user is stored under key.
func hasNot(ctx context.Context, s signup.Store, key string) error {
	u, err := s.Get(ctx, key)
	if err == nil {
		return fmt.Errorf("Get(%q): got %s, want ErrNotFound", key, show(u))
	}
	return is(fmt.Sprintf("Get(%q)", key), err, signup.ErrNotFound)
}

// unchanged returns an error unless the caller's user after a call is the one
// before it, except for the Version.
func unchanged(call string, after, before signup.User) error {
	after.Version = before.Version
	if !reflect.DeepEqual(after, before) {
		return fmt.Errorf("%s changed the caller's user: got %s, want %s", call, show(after), show(before))
	}
	return nil
}

// contract holds the errors that the contract names.
var contract = []error{
	signup.ErrExists, signup.ErrReplayed, signup.ErrNotFound, signup.ErrConflict, signup.ErrInvalid, signup.ErrBusy,
}

// is returns an error unless err is one of targets and, if that is an error of
// the contract, no other error of the contract.
func is(call string, err error, targets ...error) error {
	for _, target := range targets {
		if !errors.Is(err, target) {
			continue
		}
		for _, other := range contract {
			if other != target && errors.Is(err, other) {
				return fmt.Errorf("%s: got the error %q, which is both %q and %q; want an error that is %[3]q alone", call, err, target, other)
			}
		}
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s: got nil, want an error that is %q", call, targets)
	}
	return fmt.Errorf("%s: got the error %q, want one that is %q", call, err, targets)
}

// first returns the first of errs that isn't nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
