package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/gosignup/signup"
)

func doneContext(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	expired, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
	defer cancel()
	for _, done := range []context.Context{cancelled, expired} {
		next, again, changed := newUser("id-2", "next@example.org"), copyOf(u), copyOf(u)
		changed.FirstName = "Augusta"
		_, err = s.Get(done, u.Key())
		if err := first(
			is("Get", err, done.Err()),
			is("Create", s.Create(done, &next), done.Err()),
			is("Create of a stored user", s.Create(done, &again), done.Err(), signup.ErrReplayed),
			is("Update", s.Update(done, &changed), done.Err()),
			is("Delete", s.Delete(done, u), done.Err()),
			has(ctx, s, u),
			hasNot(ctx, s, next.Key()),
		); err != nil {
			return fmt.Errorf("with a context that is done: %w", err)
		}
	}
	return nil
}

func noAliasing(ctx context.Context, s signup.Store) error {
	u := newUser("id-1", "ada@example.org")
	want := copyOf(u)
	if err := creates(ctx, s, &u); err != nil {
		return err
	}
	scribble := func(u signup.User) {
		u.Profile["company"] = "X"
	}
	scribble(u)
	if err := has(ctx, s, want); err != nil {
		return fmt.Errorf("after the caller changed the Profile that it had given to Create: %w", err)
	}
	got, err := get(ctx, s, u.Key())
	if err != nil {
		return err
	}
	scribble(got)
	if err := has(ctx, s, want); err != nil {
		return fmt.Errorf("after the caller changed the Profile that Get had returned: %w", err)
	}
	changed := copyOf(want)
	changed.Version = got.Version
	if err := updates(ctx, s, &changed); err != nil {
		return err
	}
	scribble(changed)
	if err := has(ctx, s, want); err != nil {
		return fmt.Errorf("after the caller changed the Profile that it had given to Update: %w", err)
	}
	return nil
}

func argumentsUnchanged(ctx context.Context, s signup.Store) error {
	east := time.FixedZone("east", 5*3600)
	precise := func(u *signup.User) {
		u.UpdatedAt = u.UpdatedAt.In(east).Add(456 * time.Microsecond)
		u.EmailVerifiedAt = u.UpdatedAt.Add(789)
		u.Profile["empty"] = ""
	}
	u := newUser("id-1", "Ada@example.org")
	precise(&u)
	before := copyOf(u)
	if err := first(creates(ctx, s, &u), unchanged("Create", u, before)); err != nil {
		return err
	}
	u.Email = "ADA@example.org"
	before = copyOf(u)
	if err := first(updates(ctx, s, &u), unchanged("Update", u, before)); err != nil {
		return err
	}
	before = copyOf(u)
	return first(removes(ctx, s, u), unchanged("Delete", u, before))
}

func failureChangesNothing(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	duplicate := newUser("id-2", u.Email)
	duplicate.Version = "as before"
	invalid := newUser("id-2", "next@example.org")
	invalid.Version, invalid.Private = "as before", allBytes(signup.MaxPrivate+1)
	stale := copyOf(u)
	stale.Version = "as before"
	missing := newUser("id-1", "missing@example.org")
	missing.Version = u.Version
	for _, c := range []struct {
		name string
		call func(context.Context, *signup.User) error
		u    signup.User
	}{
		{"Create of a duplicate", s.Create, duplicate},
		{"Create of an invalid user", s.Create, invalid},
		{"Update with another Version", s.Update, stale},
		{"Update of a missing user", s.Update, missing},
	} {
		before := copyOf(c.u)
		if err := c.call(ctx, &c.u); err == nil {
			return fmt.Errorf("%s: got nil, want an error", c.name)
		}
		if err := unchanged(c.name, c.u, before); err != nil {
			return err
		}
		if c.u.Version != before.Version {
			return fmt.Errorf("%s: got the Version %q in the caller's user, want %q as before", c.name, c.u.Version, before.Version)
		}
	}
	return nil
}

func readYourWrites(ctx context.Context, s signup.Store) error {
	return first(atOnce(8, func(i int) error {
		email := fmt.Sprintf("ada%d@example.org", i)
		for round := range 5 {
			u, err := create(ctx, s, fmt.Sprintf("id-%d-%d", i, round), email)
			if err != nil {
				return err
			}
			for n := range 3 {
				if err := has(ctx, s, u); err != nil {
					return err
				}
				u.FirstName = fmt.Sprintf("name %d", n)
				if err := updates(ctx, s, &u); err != nil {
					return err
				}
			}
			if err := first(has(ctx, s, u), removes(ctx, s, u), hasNot(ctx, s, u.Key())); err != nil {
				return err
			}
		}
		return nil
	})...)
}

func manyUsers(ctx context.Context, s signup.Store) error {
	user := func(i, n int) (id, email string) {
		return fmt.Sprintf("id-%d-%d", i, n), fmt.Sprintf("ada-%d-%d@example.org", i, n)
	}
	const each = 8
	err := first(atOnce(crowd, func(i int) error {
		for n := range each {
			id, email := user(i, n)
			if _, err := create(ctx, s, id, email); err != nil {
				return err
			}
		}
		return nil
	})...)
	if err != nil {
		return err
	}
	return first(atOnce(crowd, func(i int) error {
		for n := range each {
			if err := has(ctx, s, newUser(user(i, n))); err != nil {
				return err
			}
		}
		return nil
	})...)
}
