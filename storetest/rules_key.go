package storetest

import (
	"context"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
)

func getNothing(ctx context.Context, s signup.Store) error {
	if _, err := create(ctx, s, "id-1", "ada@example.org"); err != nil {
		return err
	}
	for _, key := range []string{
		"", "missing@example.org", "ada@example.or", "ADA@example.org", "id-1", ".", "..", "../_settings",
		"../../_cluster/settings", "_search", "*", "a?refresh=true", "a#b", "%2e%2e", "a/b@example.org",
		"ünï@example.org", "\x00", "\xff", strings.Repeat("x", 4096), "ada@example.org\x00",
	} {
		if err := hasNot(ctx, s, key); err != nil {
			return err
		}
	}
	return nil
}

func hostileKeys(ctx context.Context, s signup.Store) error {
	// The longest address has 64 + 1 + 189 bytes.
	domain := strings.Repeat(strings.Repeat("d", 61)+".", 3) + "org"
	longest := strings.Repeat("x", 254-1-len(domain)) + "@" + domain
	emails := []string{
		"a/b@example.org", "a?b#c%2F@example.org", "a?refresh=true@example.org",
		"_doc@example.org", "*@example.org", "{}@example.org", "'or'1'='1@example.org", "a+b&c=d@example.org",
		"$ne@example.org", "ünï@example.org", "日本@例え.example", longest, longest[1:],
	}
	users := make([]signup.User, len(emails))
	for i, email := range emails {
		var err error
		if users[i], err = create(ctx, s, fmt.Sprintf("id-%d", i), email); err != nil {
			return fmt.Errorf("%q: %w", email, err)
		}
	}
	for i := range users {
		if err := has(ctx, s, users[i]); err != nil {
			return err
		}
		users[i].FirstName = "changed"
		if err := updates(ctx, s, &users[i]); err != nil {
			return err
		}
	}
	for _, u := range users {
		if err := first(has(ctx, s, u), removes(ctx, s, u), hasNot(ctx, s, u.Key())); err != nil {
			return fmt.Errorf("%q: %w", u.Email, err)
		}
	}
	return nil
}

const (
	olderKey  = "key.of.older.rules@example.org"
	olderRule = "older rules"
)

func keyIsKept(ctx context.Context, s signup.Store) error {
	u := newUser("id-1", "Ada@example.org")
	u.SetKey(olderKey, olderRule)
	if err := first(creates(ctx, s, &u), has(ctx, s, u), hasNot(ctx, s, "ada@example.org")); err != nil {
		return err
	}
	// The address is free under its key of today.
	next := newUser("id-2", "Ada@example.org")
	if err := first(creates(ctx, s, &next), has(ctx, s, next), has(ctx, s, u)); err != nil {
		return err
	}
	got, err := get(ctx, s, olderKey)
	if err != nil {
		return err
	}
	got.FirstName = "Augusta"
	return first(
		updates(ctx, s, &got), has(ctx, s, got), has(ctx, s, next),
		removes(ctx, s, got), hasNot(ctx, s, olderKey), has(ctx, s, next),
	)
}

func ruleIsKept(ctx context.Context, s signup.Store) error {
	for i, c := range []struct{ key, rule string }{
		{"", signup.EmailRule},               // the key of today
		{"", olderRule},                      // the same key, by an older rule
		{olderKey, olderRule},                // another key
		{"", "2/" + strings.Repeat("x", 98)}, // of a newer program
		{olderKey, "\u00fc rule"},            // as any text
	} {
		u := newUser(fmt.Sprintf("id-%d", i), fmt.Sprintf("ada%d@example.org", i))
		key := u.Email
		if c.key != "" {
			key = fmt.Sprintf("%d.%s", i, c.key)
		}
		u.SetKey(key, c.rule)
		if err := ruleOfUserIsKept(ctx, s, u); err != nil {
			return fmt.Errorf("of a user whose key is of the rule %q: %w", c.rule, err)
		}
	}
	return nil
}

// ruleOfUserIsKept creates u, updates it in several ways, and removes it.
func ruleOfUserIsKept(ctx context.Context, s signup.Store, u signup.User) error {
	email, key, rule := u.Email, u.Key(), u.KeyRule()
	if err := first(creates(ctx, s, &u), has(ctx, s, u)); err != nil {
		return err
	}
	for n, assemble := range assemblies(key == email) {
		v, err := assemble(ctx, s, u)
		if err != nil {
			return err
		}
		if n%2 == 0 {
			v.Email = strings.ToUpper(email[:n+1]) + email[n+1:]
		}
		before := copyOf(v)
		if err := first(updates(ctx, s, &v), unchanged("Update", v, before)); err != nil {
			return err
		}
		u = v
		u.SetKey(key, rule)
		if err := has(ctx, s, u); err != nil {
			return fmt.Errorf("after Update number %d: %w", n, err)
		}
	}
	// A new user under the key has a rule of its own.
	next := newUser("id-next-"+u.ID, email)
	next.SetKey(key, "next rule")
	return first(removes(ctx, s, u), creates(ctx, s, &next), has(ctx, s, next))
}

// assemblies returns the ways in which a caller of Update may have got u. A User
// that was made by hand from a Version has the key of its address if no other
// was set, and so must be left out if the stored key is another one.
func assemblies(ownKey bool) []func(context.Context, signup.Store, signup.User) (signup.User, error) {
	byHand := func(rule string) func(context.Context, signup.Store, signup.User) (signup.User, error) {
		return func(_ context.Context, _ signup.Store, u signup.User) (signup.User, error) {
			v := newUser(u.ID, u.Email)
			v.Version = u.Version
			if rule != "" {
				v.SetKey(u.Key(), rule)
			}
			return v, nil
		}
	}
	all := []func(context.Context, signup.Store, signup.User) (signup.User, error){
		func(_ context.Context, _ signup.Store, u signup.User) (signup.User, error) { return copyOf(u), nil },
		func(ctx context.Context, s signup.Store, u signup.User) (signup.User, error) {
			return get(ctx, s, u.Key())
		},
		byHand(signup.EmailRule),
		byHand("a rule of the caller"),
	}
	if ownKey {
		all = append(all, byHand(""))
	}
	return all
}

func oneIDUnderTwoKeys(ctx context.Context, s signup.Store) error {
	from := newUser("id-1", "from@example.org")
	to := newUser("id-1", "to@example.org")
	to.Placeholder, to.FirstName = true, ""
	err := first(creates(ctx, s, &from), creates(ctx, s, &to), has(ctx, s, from), has(ctx, s, to))
	if err != nil {
		return fmt.Errorf("one ID under two keys: %w", err)
	}
	for _, again := range []signup.User{from, to} {
		err = first(err, is("Create of the same user once more", s.Create(ctx, &again), signup.ErrReplayed))
	}
	stranger := newUser("id-2", to.Email)
	crossed := copyOf(to)
	crossed.Version = from.Version
	err = first(
		err,
		is("Create of another user at the second key", s.Create(ctx, &stranger), signup.ErrExists),
		is("Update with the Version from the other key", s.Update(ctx, &crossed), signup.ErrConflict),
		is("Delete with the Version from the other key", s.Delete(ctx, crossed), signup.ErrConflict),
		has(ctx, s, from), has(ctx, s, to),
	)
	from.LastName, from.UpdatedAt = "King", from.UpdatedAt.AddDate(1, 0, 0)
	err = first(err, updates(ctx, s, &from), has(ctx, s, from), has(ctx, s, to))
	to.Placeholder, to.FirstName = false, "Augusta"
	err = first(err, updates(ctx, s, &to), has(ctx, s, from), has(ctx, s, to))
	if err := first(err, removes(ctx, s, from), hasNot(ctx, s, from.Key()), has(ctx, s, to)); err != nil {
		return fmt.Errorf("one ID under two keys: %w", err)
	}
	next := newUser("id-1", from.Email)
	return first(creates(ctx, s, &next), removes(ctx, s, to), hasNot(ctx, s, to.Key()), has(ctx, s, next))
}
