package sqlstore

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/gosignup/signup"
)

// Create implements [signup.Store], with one statement. If the key is held, it takes one
// more to find out which user holds it, and a third one if that is u.
func (s *Store) Create(ctx context.Context, u *signup.User) error {
	if err := checkNew("create", *u); err != nil {
		return err
	}
	version := rand.Text()
	w := &write{base: &s.base, op: "create", key: u.Key(), id: u.ID, version: version}
	w.send = func(st *statements) (string, []any, error) {
		values, err := data(st.dialect, *u)
		return st.insert, append([]any{w.key, u.KeyRule(), u.ID, version}, values...), err
	}
	if err := w.run(ctx); err != nil {
		return err
	}
	u.Version = signup.Version(version)
	return nil
}

// Get implements [signup.Store], with one statement.
func (s *Store) Get(ctx context.Context, key string) (signup.User, error) {
	var u signup.User
	err := reading{"get", settleTimeout, false}.repeat(ctx, func() (err error) {
		u, err = s.get(ctx, key)
		return err
	})
	return u, err
}

func (s *Store) get(ctx context.Context, key string) (signup.User, error) {
	if !isStorable(key) {
		return signup.User{}, fmt.Errorf("sqlstore: get: %w", signup.ErrNotFound)
	}
	st, f := s.ready(ctx, "get")
	if f != nil {
		return signup.User{}, f
	}
	return s.read(ctx, st, "get", key)
}

// Update implements [signup.Store], with one statement. If that changes nothing, it
// takes one more to find out why. It leaves the column more, and columns that this
// version of the package doesn't know, as they are.
func (s *Store) Update(ctx context.Context, u *signup.User) error {
	if err := check("update", *u); err != nil {
		return err
	}
	version := rand.Text()
	w, err := s.change(ctx, "update", *u)
	if err != nil {
		return err
	}
	w.version = version
	w.send = func(st *statements) (string, []any, error) {
		values, err := data(st.dialect, *u)
		return st.update, append(append([]any{version}, values...), w.key, w.id, w.from), err
	}
	if err := w.run(ctx); err != nil {
		return err
	}
	u.Version = signup.Version(version)
	return nil
}

// Delete implements [signup.Store], with one statement. If that removes nothing, it
// takes one more to find out why. After a lost connection, Delete returns nil if the
// user is gone, also if another call has removed it.
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	w, err := s.change(ctx, "delete", u)
	if err != nil {
		return err
	}
	w.send = func(st *statements) (string, []any, error) {
		return st.remove, []any{w.key, w.id, w.from}, nil
	}
	return w.run(ctx)
}

// change returns the write of an Update or Delete of u.
func (s *Store) change(ctx context.Context, op string, u signup.User) (*write, error) {
	w := &write{base: &s.base, op: op, key: u.Key(), id: u.ID, from: string(u.Version)}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlstore: %s: %w", op, err)
	}
	if w.key == "" || !isStorable(w.key) {
		return nil, w.because(signup.ErrNotFound)
	}
	if !isStorable(w.id) {
		w.id = "" // no user has it
	}
	if !isStorable(w.from) || w.from == "" {
		w.from = "none" // rand.Text returns upper-case letters and digits
	}
	return w, nil
}
