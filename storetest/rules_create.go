package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
)

func createSetsVersion(ctx context.Context, s signup.Store) error {
	u := newUser("id-1", "ada@example.org")
	if err := creates(ctx, s, &u); err != nil {
		return err
	}
	if u.Version == "" {
		return errors.New("after Create: got an empty u.Version, want one")
	}
	for i, before := range []signup.Version{"as before", u.Version} {
		next := newUser(fmt.Sprintf("id-next-%d", i), fmt.Sprintf("next%d@example.org", i))
		next.Version = before
		if err := creates(ctx, s, &next); err != nil {
			return fmt.Errorf("of a new user with the Version %q: %w", before, err)
		}
		if next.Version == "" || next.Version == before {
			return fmt.Errorf("after Create of a new user with the Version %q: got the Version %q, want a new one", before, next.Version)
		}
		next.FirstName = "Augusta"
		if err := first(updates(ctx, s, &next), has(ctx, s, next)); err != nil {
			return err
		}
	}
	u.FirstName = "Augusta"
	return first(updates(ctx, s, &u), has(ctx, s, u))
}

func createNeedsKeyAndID(ctx context.Context, s signup.Store) error {
	for _, u := range []signup.User{
		newUser("id-1", ""), newUser("id-1", "no address"), newUser("", "ada@example.org"), {},
	} {
		if err := is("Create of "+show(u), s.Create(ctx, &u), signup.ErrInvalid); err != nil {
			return err
		}
	}
	return first(hasNot(ctx, s, "ada@example.org"), hasNot(ctx, s, ""))
}

func duplicate(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	other := newUser("id-2", "ada@example.org")
	err = first(is("Create of a duplicate", s.Create(ctx, &other), signup.ErrExists), has(ctx, s, u))
	for _, id := range []string{"ID-1", "id-1 ", "id-", "id-10"} {
		other.ID = id
		err = first(err, is("Create of a duplicate with the ID "+id, s.Create(ctx, &other), signup.ErrExists))
	}
	if err := first(err, has(ctx, s, u)); err != nil {
		return err
	}

	long := strings.Repeat("i", 63)
	invited := newUser(long+"1", "invited@example.org")
	invited.PasswordHash = ""
	other = newUser(long+"2", invited.Email)
	return first(
		creates(ctx, s, &invited),
		is("Create of a duplicate of a user without a hash", s.Create(ctx, &other), signup.ErrExists),
		has(ctx, s, invited),
	)
}

func duplicateInOtherSpelling(ctx context.Context, s signup.Store) error {
	for i, spellings := range [][]string{
		{"ada@example.org", "ADA@example.org", "Ada@EXAMPLE.ORG"},
		{"\u00fcn\u00ef@bücher.example", "u\u0308ni\u0308@B\u00dcCHER.example", "\u00dcN\u00cf@xn--bcher-kva.example"},
	} {
		u, err := create(ctx, s, fmt.Sprintf("id-%d", i), spellings[0])
		if err != nil {
			return err
		}
		for n, spelling := range spellings[1:] {
			other := newUser(fmt.Sprintf("id-%d-%d", i, n), spelling)
			err := is("Create of "+spelling+" beside "+u.Email, s.Create(ctx, &other), signup.ErrExists)
			if err := first(err, has(ctx, s, u)); err != nil {
				return err
			}
		}
	}
	return nil
}

// oneWinner finds a store that looks for the user and then writes, with nothing
// in between but the step from RUnlock to Lock: in 100 of 100 runs without the
// race detector and in 60 of 60 with it, on two busy processors.
// TestRacesAreFound measures it.
func oneWinner(ctx context.Context, s signup.Store) error {
	users := map[int][]signup.User{}
	return race{
		prepare: func(n, size int) error {
			u := newUser("", fmt.Sprintf("ada%d@example.org", n))
			users[n] = racers(u, size, func(u *signup.User, i int) { u.ID = fmt.Sprintf("id-%d-%d", n, i) })
			return nil
		},
		call: func(n, i int) error { return s.Create(ctx, &users[n][i]) },
		judge: func(n int, errs []error) error {
			winner, err := oneOf("Create", errs, signup.ErrExists)
			if err != nil {
				return err
			}
			defer delete(users, n)
			return has(ctx, s, users[n][winner])
		},
	}.run(ctx)
}

func repeatedCreate(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	return repeat(ctx, s, u)
}

// repeat repeats the Create of the stored user, in several forms.
func repeat(ctx context.Context, s signup.Store, stored signup.User) error {
	same := newUser(stored.ID, stored.Email)
	current := copyOf(stored)
	other, err := filled(signup.User{ID: stored.ID, Email: strings.ToUpper(stored.Email)}, 4, dataFields()...)
	if err != nil {
		return err
	}
	older := newUser(stored.ID, stored.Email)
	older.Version = "as before"
	for _, again := range []signup.User{same, current, other, older} {
		before := copyOf(again)
		if err := first(
			is("Create of a stored user once more", s.Create(ctx, &again), signup.ErrReplayed),
			unchanged("a repeated Create", again, before),
			has(ctx, s, stored),
		); err != nil {
			return err
		}
		if again.Version != before.Version {
			return fmt.Errorf("a repeated Create: got the Version %q, want %q as before", again.Version, before.Version)
		}
	}
	if current, err = get(ctx, s, stored.Key()); err == nil && current.Version != stored.Version {
		return fmt.Errorf("Get after a repeated Create: got the Version %q, want %q as before", current.Version, stored.Version)
	}
	return first(err, updates(ctx, s, &stored), has(ctx, s, stored))
}

func repeatedCreateAfterChange(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	u.PasswordHash = signup.Hash("changed")
	u.Active = false
	if err := first(updates(ctx, s, &u), repeat(ctx, s, u)); err != nil {
		return err
	}
	if u, err = get(ctx, s, u.Key()); err != nil {
		return err
	}
	u.Placeholder = true
	return first(updates(ctx, s, &u), repeat(ctx, s, u))
}

func repeatedCreateAtOnce(ctx context.Context, s signup.Store) error {
	users := map[int][]signup.User{}
	return race{
		prepare: func(n, size int) error {
			u := newUser(fmt.Sprintf("id-%d", n), fmt.Sprintf("ada%d@example.org", n))
			users[n] = racers(u, size, func(*signup.User, int) {})
			return nil
		},
		call: func(n, i int) error { return s.Create(ctx, &users[n][i]) },
		judge: func(n int, errs []error) error {
			winner, err := oneOf("Create of the same user", errs, signup.ErrReplayed)
			if err != nil {
				return err
			}
			defer delete(users, n)
			for i, u := range users[n] {
				if i != winner && u.Version != "" {
					return fmt.Errorf("a repeated Create: got the Version %q, want %q as before", u.Version, "")
				}
			}
			return first(has(ctx, s, users[n][winner]), updates(ctx, s, &users[n][winner]))
		},
	}.run(ctx)
}
