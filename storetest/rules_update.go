package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/gosignup/signup"
)

func update(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	created := u.Version
	u.Email = "ADA@example.org" // the same key
	u.FirstName, u.LastName = "Augusta", ""
	u.PasswordHash = signup.Hash("changed")
	u.Active = false
	u.CreatedAt = u.CreatedAt.Add(time.Minute)
	u.UpdatedAt = u.UpdatedAt.Add(time.Minute)
	u.Profile = map[string]string{"locale": "fr"}
	if err := updates(ctx, s, &u); err != nil {
		return err
	}
	if u.Version == "" || u.Version == created {
		return fmt.Errorf("Update: got the Version %q after %q, want a new one", u.Version, created)
	}
	if err := has(ctx, s, u); err != nil {
		return err
	}
	u.Profile = nil
	return first(updates(ctx, s, &u), has(ctx, s, u))
}

func lostUpdate(ctx context.Context, s signup.Store) error {
	mine, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	theirs, err := get(ctx, s, mine.Key())
	if err != nil {
		return err
	}
	theirs.PasswordHash = signup.Hash("theirs")
	if err := updates(ctx, s, &theirs); err != nil {
		return err
	}
	mine.FirstName = "Augusta"
	return first(is("Update with an older Version", s.Update(ctx, &mine), signup.ErrConflict), has(ctx, s, theirs))
}

// oneUpdate finds a store that compares the Version and then writes, with
// nothing in between but the step from RUnlock to Lock: in 100 of 100 runs
// without the race detector and in 60 of 60 with it, on two busy processors.
// TestRacesAreFound measures it.
func oneUpdate(ctx context.Context, s signup.Store) error {
	return oneUpdateOf(ctx, s, func(u *signup.User, i int) { u.FirstName = fmt.Sprintf("name %d", i) })
}

func oneEqualUpdate(ctx context.Context, s signup.Store) error {
	return oneUpdateOf(ctx, s, func(u *signup.User, _ int) { u.FirstName = "Augusta" })
}

func oneUpdateOf(ctx context.Context, s signup.Store, change func(*signup.User, int)) error {
	users := map[int][]signup.User{}
	return race{
		prepare: copies(ctx, s, users, change),
		call:    func(n, i int) error { return s.Update(ctx, &users[n][i]) },
		judge: func(n int, errs []error) error {
			winner, err := oneOf("Update", errs, signup.ErrConflict)
			if err != nil {
				return err
			}
			defer delete(users, n)
			return has(ctx, s, users[n][winner])
		},
	}.run(ctx)
}

// copies returns a function that prepares a race: it stores the n-th user, and
// sets users[n] to changed copies.
func copies(ctx context.Context, s signup.Store, users map[int][]signup.User, change func(*signup.User, int)) func(n, size int) error {
	return func(n, size int) error {
		u, err := create(ctx, s, fmt.Sprintf("id-%d", n), fmt.Sprintf("ada%d@example.org", n))
		if err != nil {
			return err
		}
		users[n] = racers(u, size, change)
		return nil
	}
}

func updateOfMissing(ctx context.Context, s signup.Store) error {
	stored, never, gone, err := missing(ctx, s)
	if err != nil {
		return err
	}
	for _, u := range append(never, gone) {
		before := copyOf(u)
		if err := first(
			is(fmt.Sprintf("Update of a missing user with the key %q and the Version %q", u.Key(), u.Version), s.Update(ctx, &u), signup.ErrNotFound),
			unchanged("a failing Update", u, before),
			hasNot(ctx, s, u.Key()),
		); err != nil {
			return err
		}
	}
	return has(ctx, s, stored)
}

// missing stores two users and deletes one of them. It returns both, and users
// that were never stored.
func missing(ctx context.Context, s signup.Store) (stored signup.User, never []signup.User, gone signup.User, err error) {
	if stored, err = create(ctx, s, "id-1", "stored@example.org"); err != nil {
		return
	}
	if gone, err = create(ctx, s, "id-2", "gone@example.org"); err != nil {
		return
	}
	if err = removes(ctx, s, gone); err != nil {
		return
	}
	for _, version := range []signup.Version{"", stored.Version, gone.Version, "no version"} {
		u := newUser("id-1", "never@example.org")
		u.Version = version
		never = append(never, u)
	}
	withoutVersion := copyOf(gone)
	withoutVersion.Version = ""
	never = append(never, withoutVersion, signup.User{}, signup.User{ID: "id-1", Version: stored.Version})
	return
}

func updateKeepsKeyAndID(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	otherKey, otherID, noID := copyOf(u), copyOf(u), copyOf(u)
	otherKey.Email = "augusta@example.org"
	otherID.ID = "id-2"
	noID.ID = ""
	return first(
		is("Update with another address", s.Update(ctx, &otherKey), signup.ErrNotFound),
		is("Update with another ID", s.Update(ctx, &otherID), signup.ErrConflict),
		is("Delete with another ID", s.Delete(ctx, otherID), signup.ErrConflict),
		is("Delete without ID", s.Delete(ctx, noID), signup.ErrConflict),
		hasNot(ctx, s, otherKey.Key()),
		has(ctx, s, u),
	)
}
