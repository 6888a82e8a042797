package storetest

import (
	"context"
	"fmt"

	"github.com/gosignup/signup"
)

func deletes(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	other, err := create(ctx, s, "id-2", "other@example.org")
	if err := first(err, removes(ctx, s, u), hasNot(ctx, s, u.Key()), has(ctx, s, other)); err != nil {
		return err
	}
	next, err := create(ctx, s, "id-3", "ada@example.org")
	if err := first(err, has(ctx, s, next), removes(ctx, s, next)); err != nil {
		return err
	}
	again := newUser("id-1", "ada@example.org") // which is a new user
	return first(creates(ctx, s, &again), has(ctx, s, again))
}

func deleteOfChanged(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	changed := copyOf(u)
	changed.FirstName = "Augusta"
	if err := updates(ctx, s, &changed); err != nil {
		return err
	}
	return first(is("Delete with an older Version", s.Delete(ctx, u), signup.ErrConflict), has(ctx, s, changed))
}

func deleteOfMissing(ctx context.Context, s signup.Store) error {
	stored, never, gone, err := missing(ctx, s)
	if err != nil {
		return err
	}
	for _, u := range append(never, gone) {
		call := fmt.Sprintf("Delete of a missing user with the key %q and the Version %q", u.Key(), u.Version)
		if err := first(is(call, s.Delete(ctx, u), signup.ErrNotFound), hasNot(ctx, s, u.Key())); err != nil {
			return err
		}
	}
	return has(ctx, s, stored)
}

func deleteOfSuccessor(ctx context.Context, s signup.Store) error {
	for i, id := range []string{"id-other", "id-1"} { // another user, and the same
		email := fmt.Sprintf("ada%d@example.org", i)
		u, err := create(ctx, s, fmt.Sprintf("id-%d", i), email)
		if err := first(err, removes(ctx, s, u)); err != nil {
			return err
		}
		next, err := create(ctx, s, id, email)
		if err := first(
			err,
			is("Delete of the predecessor", s.Delete(ctx, u), signup.ErrConflict),
			is("Update of the predecessor", s.Update(ctx, &u), signup.ErrConflict),
			has(ctx, s, next),
		); err != nil {
			return err
		}
	}
	return nil
}

func oneDelete(ctx context.Context, s signup.Store) error {
	users := map[int][]signup.User{}
	return race{
		prepare: copies(ctx, s, users, func(u *signup.User, _ int) { u.FirstName = "Augusta" }),
		call: func(n, i int) error {
			if n%2 == 0 && i%2 == 0 {
				return s.Update(ctx, &users[n][i])
			}
			return s.Delete(ctx, users[n][i])
		},
		judge: func(n int, errs []error) error {
			winner, err := oneOf("Update and Delete", errs, signup.ErrConflict, signup.ErrNotFound)
			if err != nil {
				return err
			}
			defer delete(users, n)
			if n%2 == 0 && winner%2 == 0 {
				return has(ctx, s, users[n][winner])
			}
			return hasNot(ctx, s, users[n][winner].Key())
		},
	}.run(ctx)
}
