package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gosignup/signup"
)

// Update implements signup.Store, in one round trip.
func (s *Store) Update(ctx context.Context, u *signup.User) error {
	v, ok := parseVersion(*u, s.alias)
	if !ok {
		return s.conflict(ctx, "update", *u, nil)
	}
	doc, body, err := encode(*u)
	if err != nil {
		return err
	}
	version, f := s.replace(ctx, "update", doc, body, v)
	switch {
	case f == nil:
		u.Version = signup.Version(version)
		return nil
	case f.noIndex() && f.attempts <= 1:
		return s.conflict(ctx, "update", *u, f)
	case !f.isRefusal() && !f.isOpen():
		return f
	}
	stored, err := s.settleChange(ctx, f, *u)
	switch {
	case err == nil && stored.WriteToken == doc.WriteToken:
		return s.confirm(ctx, f, doc, body, u, stored)
	case f.status != http.StatusConflict:
		return f
	case errors.Is(err, signup.ErrNotFound):
		return gone("update")
	case err != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("esstore: update: %w", err)
	case err == nil && stored.version.String() != string(u.Version), f.attempts <= 1:
		return fmt.Errorf("esstore: update: %w", signup.ErrConflict)
	}
	return f
}

// conflict returns the error for a Version that can't be the stored user's: its
// form is wrong, or else its index is gone, as f tells.
func (s *Store) conflict(ctx context.Context, op string, u signup.User, f *failure) error {
	stored, err := s.get(ctx, u.Key())
	switch {
	case errors.Is(err, signup.ErrNotFound):
		return gone(op)
	case err != nil:
		return err
	case f != nil && stored.version.String() == string(u.Version):
		return f // it is there, but the alias of its own is missing
	}
	return fmt.Errorf("esstore: %s: %w", op, signup.ErrConflict)
}

func gone(op string) error {
	return fmt.Errorf("esstore: %s: %w", op, signup.ErrNotFound)
}
