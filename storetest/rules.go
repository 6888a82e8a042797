package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/gosignup/signup"
)

// crowd is how many goroutines do a thing at once.
const crowd = 64

// newUser returns a user with every field set.
func newUser(id, email string) signup.User {
	at := time.Date(2014, time.December, 6, 22, 55, 0, 123e6, time.UTC)
	return signup.User{
		ID:           id,
		Email:        email,
		FirstName:    "Ada",
		LastName:     "Lovelace",
		PasswordHash: signup.Hash("$2a$04$" + strings.Repeat("x", 53) + id), // as a bcrypt hash looks
		Active:       true,
		CreatedAt:    at,
		UpdatedAt:    at.Add(time.Hour),
		Profile:      map[string]string{"company": "Analytical Engines", "locale": "en-GB"},
	}
}

// create stores a new user in a store where that must succeed.
func create(ctx context.Context, s signup.Store, id, email string) (signup.User, error) {
	u := newUser(id, email)
	if err := s.Create(ctx, &u); err != nil {
		return u, fmt.Errorf("Create of a new user: %w", err)
	}
	return u, nil
}

// has returns an error unless the user stored under want's key is want.
func has(ctx context.Context, s signup.Store, want signup.User) error {
	got, err := s.Get(ctx, want.Key())
	if err != nil {
		return fmt.Errorf("Get(%q): %w", want.Key(), err)
	}
	if !got.Equal(want) {
		return fmt.Errorf("Get(%q) returned\n%s\ninstead of\n%s", want.Key(), show(got), show(want))
	}
	if got.Version == "" {
		return fmt.Errorf("Get(%q) returned a user without Version", want.Key())
	}
	return nil
}

func hasNot(ctx context.Context, s signup.Store, key string) error {
	if u, err := s.Get(ctx, key); !errors.Is(err, signup.ErrNotFound) {
		return fmt.Errorf("Get(%q) returned %s and the error %v, instead of ErrNotFound", key, show(u), err)
	}
	return nil
}

// show tells all of u that Equal compares; the hashes here are no secrets.
func show(u signup.User) string {
	return fmt.Sprintf("{ID:%q Email:%q FirstName:%q LastName:%q PasswordHash:%q Active:%t CreatedAt:%s UpdatedAt:%s Profile:%q}",
		u.ID, u.Email, u.FirstName, u.LastName, string(u.PasswordHash), u.Active,
		u.CreatedAt.Format(time.RFC3339Nano), u.UpdatedAt.Format(time.RFC3339Nano), u.Profile)
}

func is(call string, err error, targets ...error) error {
	for _, target := range targets {
		if !errors.Is(err, target) {
			return fmt.Errorf("%s returned the error %v, which is not %q", call, err, target)
		}
	}
	return nil
}

// atOnce runs f in n goroutines that start together, and returns their errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// oneOf returns which of errs is nil, or an error unless it is just one and
// all the others are target.
func oneOf(call string, errs []error, target error) (int, error) {
	winner, winners := -1, 0
	for i, err := range errs {
		if err == nil {
			winner = i
			winners++
		} else if err := is(call, err, target); err != nil {
			return -1, err
		}
	}
	if winners != 1 {
		return -1, fmt.Errorf("of %d calls of %s at once, %d returned nil, instead of 1", len(errs), call, winners)
	}
	return winner, nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func roundTrip(ctx context.Context, s signup.Store) error {
	u := newUser("id-1", "Ada.Lovelace+Engine@Example.org")
	east := time.FixedZone("east", 5*3600)
	u.UpdatedAt = u.UpdatedAt.In(east).Add(456 * time.Microsecond)
	if err := s.Create(ctx, &u); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	got, err := s.Get(ctx, u.Key())
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	for _, at := range []time.Time{got.CreatedAt, got.UpdatedAt} {
		if at.Location() != time.UTC || at.Nanosecond()%int(time.Millisecond) != 0 {
			return fmt.Errorf("the time %s is not in UTC to the millisecond", at.Format(time.RFC3339Nano))
		}
	}
	inactive := newUser("id-2", "inactive@example.org")
	inactive.Active = false
	return first(has(ctx, s, u), s.Create(ctx, &inactive), has(ctx, s, inactive))
}

func roundTripOfLittle(ctx context.Context, s signup.Store) error {
	u := signup.User{ID: "id-1", Email: "little@example.org"}
	if err := s.Create(ctx, &u); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	got, err := s.Get(ctx, u.Key())
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	if !got.CreatedAt.IsZero() || !got.UpdatedAt.IsZero() || len(got.PasswordHash) > 0 || len(got.Profile) > 0 {
		return fmt.Errorf("Get returned %s", show(got))
	}
	return has(ctx, s, u)
}

func roundTripOfText(ctx context.Context, s signup.Store) error {
	texts := []string{
		`"quoted" \ back\slash / {"json": [null]}`, "<b>&amp;</b>", "line\nfeed\r\ttab\x00nul\x7f",
		"\u2028\u2029\ufeff\ufffd", "e\u0301 \u00e9", "日本語 😀", " spaces ", strings.Repeat("ü", 255),
		"not UTF-8: \xff\xed\xa0\x80",
	}
	for i, text := range texts {
		id := fmt.Sprintf("id-%d", i)
		u := newUser(id, id+"@example.org")
		u.FirstName, u.LastName, u.PasswordHash = text, text, signup.Hash(text)
		u.Profile = map[string]string{"company": text}
		switch err := s.Create(ctx, &u); {
		case errors.Is(err, signup.ErrInvalid) && i == len(texts)-1:
			if err := hasNot(ctx, s, u.Key()); err != nil {
				return err
			}
		case err != nil:
			return fmt.Errorf("Create of a user with the text %q: %w", text, err)
		default:
			if err := has(ctx, s, u); err != nil {
				return err
			}
		}
	}
	return nil
}

func createSetsVersion(ctx context.Context, s signup.Store) error {
	u := newUser("id-1", "ada@example.org")
	before := copyOf(u)
	if err := s.Create(ctx, &u); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	if u.Version == "" {
		return errors.New("Create left u.Version empty")
	}
	if !u.Equal(before) || !u.CreatedAt.Equal(before.CreatedAt) {
		return fmt.Errorf("Create changed the user from %s to %s", show(before), show(u))
	}
	u.FirstName = "Augusta"
	if err := s.Update(ctx, &u); err != nil {
		return fmt.Errorf("Update with the Version that Create set: %w", err)
	}
	return has(ctx, s, u)
}

func createNeedsKeyAndID(ctx context.Context, s signup.Store) error {
	for _, u := range []signup.User{
		newUser("id-1", ""), newUser("id-1", "nobody"), newUser("", "ada@example.org"), {},
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
	other.PasswordHash = signup.Hash("another")
	return first(is("Create of a duplicate", s.Create(ctx, &other), signup.ErrExists), has(ctx, s, u))
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
		for _, spelling := range spellings[1:] {
			other := newUser("id-other", spelling)
			err := is("Create of "+spelling+" beside "+u.Email, s.Create(ctx, &other), signup.ErrExists)
			if err := first(err, has(ctx, s, u)); err != nil {
				return err
			}
		}
	}
	return nil
}

func oneWinner(ctx context.Context, s signup.Store) error {
	for round := range 3 {
		users := make([]signup.User, crowd)
		errs := atOnce(crowd, func(i int) error {
			users[i] = newUser(fmt.Sprintf("id-%d-%d", round, i), fmt.Sprintf("ada%d@example.org", round))
			return s.Create(ctx, &users[i])
		})
		winner, err := oneOf("Create", errs, signup.ErrExists)
		if err != nil {
			return err
		}
		if err := has(ctx, s, users[winner]); err != nil {
			return err
		}
	}
	return nil
}

func repeatedCreate(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	again := newUser("id-1", "ada@example.org")
	again.Version = "as before"
	err = is("Create of the same user once more", s.Create(ctx, &again), signup.ErrReplayed)
	if err := first(err, has(ctx, s, u)); err != nil {
		return err
	}
	if again.Version != "as before" {
		return fmt.Errorf("Create of the same user once more changed the Version to %q", again.Version)
	}
	return nil
}

func repeatedCreateAfterChange(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	u.PasswordHash = signup.Hash("changed")
	if err := s.Update(ctx, &u); err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	again := newUser("id-1", "ada@example.org")
	return first(is("Create of the same user once more", s.Create(ctx, &again), signup.ErrReplayed), has(ctx, s, u))
}

func repeatedCreateAtOnce(ctx context.Context, s signup.Store) error {
	errs := atOnce(crowd, func(int) error {
		u := newUser("id-1", "ada@example.org")
		return s.Create(ctx, &u)
	})
	if _, err := oneOf("Create", errs, signup.ErrReplayed); err != nil {
		return err
	}
	return has(ctx, s, newUser("id-1", "ada@example.org"))
}

func getNothing(ctx context.Context, s signup.Store) error {
	if _, err := create(ctx, s, "id-1", "ada@example.org"); err != nil {
		return err
	}
	for _, key := range []string{
		"", "nobody@example.org", "ada@example.or", "ADA@example.org", "id-1", ".", "..", "../_settings",
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
	// 64 + 1 + 189 bytes: the longest address that there is
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
		if err := s.Update(ctx, &users[i]); err != nil {
			return fmt.Errorf("Update of %q: %w", users[i].Email, err)
		}
	}
	for _, u := range users {
		err := first(has(ctx, s, u), s.Delete(ctx, u), hasNot(ctx, s, u.Key()))
		if err != nil {
			return fmt.Errorf("%q: %w", u.Email, err)
		}
	}
	return nil
}

func keyIsKept(ctx context.Context, s signup.Store) error {
	const key, rule = "key.of.older.rules@example.org", "older rules"
	u := newUser("id-1", "Ada@example.org")
	u.SetKey(key, rule)
	if err := s.Create(ctx, &u); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	if err := first(has(ctx, s, u), hasNot(ctx, s, "ada@example.org")); err != nil {
		return err
	}
	got, err := s.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("Get(%q): %w", key, err)
	}
	kept := func(u signup.User) error {
		if u.Key() != key || u.KeyRule() != rule {
			return fmt.Errorf("the user that Get(%q) returned has the key %q, of the rule %q instead of %q", key, u.Key(), u.KeyRule(), rule)
		}
		return nil
	}
	got.FirstName = "Augusta"
	if err := first(kept(got), s.Update(ctx, &got), has(ctx, s, got)); err != nil {
		return err
	}
	updated, err := s.Get(ctx, key)
	return first(err, kept(updated), s.Delete(ctx, got), hasNot(ctx, s, key))
}

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
	if err := s.Update(ctx, &u); err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	if u.Version == "" || u.Version == created {
		return fmt.Errorf("Update set the Version %q, after %q", u.Version, created)
	}
	if err := has(ctx, s, u); err != nil {
		return err
	}
	u.Profile = nil
	return first(s.Update(ctx, &u), has(ctx, s, u))
}

func lostUpdate(ctx context.Context, s signup.Store) error {
	mine, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	theirs, err := s.Get(ctx, mine.Key())
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	theirs.PasswordHash = signup.Hash("theirs")
	if err := s.Update(ctx, &theirs); err != nil {
		return fmt.Errorf("Update with the Version that Get returned: %w", err)
	}
	mine.FirstName = "Augusta"
	return first(is("Update with an older Version", s.Update(ctx, &mine), signup.ErrConflict), has(ctx, s, theirs))
}

func oneUpdate(ctx context.Context, s signup.Store) error {
	return oneUpdateOf(ctx, s, func(u *signup.User, i int) { u.FirstName = fmt.Sprintf("name %d", i) })
}

func oneEqualUpdate(ctx context.Context, s signup.Store) error {
	return oneUpdateOf(ctx, s, func(u *signup.User, _ int) { u.FirstName = "Augusta" })
}

func oneUpdateOf(ctx context.Context, s signup.Store, change func(*signup.User, int)) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	users := make([]signup.User, crowd)
	for i := range users {
		users[i] = copyOf(u)
		change(&users[i], i)
	}
	winner, err := oneOf("Update", atOnce(crowd, func(i int) error { return s.Update(ctx, &users[i]) }), signup.ErrConflict)
	if err != nil {
		return err
	}
	return has(ctx, s, users[winner])
}

func updateOfNobody(ctx context.Context, s signup.Store) error {
	never := newUser("id-1", "never@example.org")
	gone, err := create(ctx, s, "id-2", "gone@example.org")
	if err != nil {
		return err
	}
	never.Version = gone.Version
	if err := s.Delete(ctx, gone); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	for _, u := range []signup.User{never, gone} {
		err := is("Update of "+u.Email, s.Update(ctx, &u), signup.ErrNotFound)
		if err := first(err, hasNot(ctx, s, u.Key())); err != nil {
			return err
		}
	}
	return nil
}

func updateKeepsKeyAndID(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	otherKey, otherID := copyOf(u), copyOf(u)
	otherKey.Email = "augusta@example.org"
	otherID.ID = "id-2"
	return first(
		is("Update with another address", s.Update(ctx, &otherKey), signup.ErrNotFound),
		is("Update with another ID", s.Update(ctx, &otherID), signup.ErrConflict),
		is("Delete with another ID", s.Delete(ctx, otherID), signup.ErrConflict),
		hasNot(ctx, s, otherKey.Key()),
		has(ctx, s, u),
	)
}

func wrongVersion(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	other, err := create(ctx, s, "id-2", "other@example.org")
	if err != nil {
		return err
	}
	for _, version := range []string{
		"", string(other.Version), "0", "-1", "no version", "../_settings", string(u.Version) + "x", strings.Repeat("9", 99), "\x00",
	} {
		wrong := copyOf(u)
		wrong.Version = signup.Version(version)
		call := fmt.Sprintf("with the Version %q", version)
		if err := first(
			is("Update "+call, s.Update(ctx, &wrong), signup.ErrConflict),
			is("Delete "+call, s.Delete(ctx, wrong), signup.ErrConflict),
		); err != nil {
			return err
		}
	}
	return first(has(ctx, s, u), has(ctx, s, other))
}

func deletes(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	other, err := create(ctx, s, "id-2", "other@example.org")
	if err != nil {
		return err
	}
	if err := first(s.Delete(ctx, u), hasNot(ctx, s, u.Key()), has(ctx, s, other)); err != nil {
		return err
	}
	next, err := create(ctx, s, "id-3", "ada@example.org")
	if err != nil {
		return err
	}
	return has(ctx, s, next)
}

func deleteOfChanged(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	changed := copyOf(u)
	changed.FirstName = "Augusta"
	if err := s.Update(ctx, &changed); err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	return first(is("Delete with an older Version", s.Delete(ctx, u), signup.ErrConflict), has(ctx, s, changed))
}

func deleteOfNobody(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	never := newUser("id-2", "never@example.org")
	never.Version = u.Version
	return first(
		is("Delete of a user who never was", s.Delete(ctx, never), signup.ErrNotFound),
		s.Delete(ctx, u),
		is("a second Delete", s.Delete(ctx, u), signup.ErrNotFound),
	)
}

func deleteOfSuccessor(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	if err := s.Delete(ctx, u); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	next, err := create(ctx, s, "id-2", "ada@example.org")
	if err != nil {
		return err
	}
	return first(
		is("Delete of the predecessor", s.Delete(ctx, u), signup.ErrConflict),
		is("Update of the predecessor", s.Update(ctx, &u), signup.ErrConflict),
		has(ctx, s, next),
	)
}

func cancelledContext(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	next, changed := newUser("id-2", "next@example.org"), copyOf(u)
	changed.FirstName = "Augusta"
	_, err = s.Get(cancelled, u.Key())
	return first(
		is("Get", err, context.Canceled),
		is("Create", s.Create(cancelled, &next), context.Canceled),
		is("Update", s.Update(cancelled, &changed), context.Canceled),
		is("Delete", s.Delete(cancelled, u), context.Canceled),
		has(ctx, s, u),
		hasNot(ctx, s, next.Key()),
	)
}

func noAliasing(ctx context.Context, s signup.Store) error {
	u := newUser("id-1", "ada@example.org")
	want := copyOf(u)
	if err := s.Create(ctx, &u); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	scribble := func(u signup.User) {
		u.Profile["company"] = "X"
	}
	scribble(u)
	if err := has(ctx, s, want); err != nil {
		return fmt.Errorf("after the caller changed what it had given to Create: %w", err)
	}
	got, err := s.Get(ctx, u.Key())
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	scribble(got)
	if err := has(ctx, s, want); err != nil {
		return fmt.Errorf("after the caller changed what Get had returned: %w", err)
	}
	changed := copyOf(want)
	changed.Version = got.Version
	if err := s.Update(ctx, &changed); err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	scribble(changed)
	if err := has(ctx, s, want); err != nil {
		return fmt.Errorf("after the caller changed what it had given to Update: %w", err)
	}
	return nil
}

func failureChangesNothing(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	duplicate := newUser("id-2", u.Email)
	duplicate.Version = "as before"
	stale := copyOf(u)
	stale.Version = "as before"
	for _, c := range []struct {
		name string
		call func(context.Context, *signup.User) error
		u    signup.User
	}{
		{"Create", s.Create, duplicate},
		{"Update", s.Update, stale},
	} {
		before := copyOf(c.u)
		if err := c.call(ctx, &c.u); err == nil {
			return fmt.Errorf("%s returned nil", c.name)
		}
		if !c.u.Equal(before) || c.u.Version != before.Version {
			return fmt.Errorf("a failing %s changed the user from %s to %s, the Version to %q", c.name, show(before), show(c.u), c.u.Version)
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
				if err := s.Update(ctx, &u); err != nil {
					return fmt.Errorf("Update: %w", err)
				}
			}
			if err := first(has(ctx, s, u), s.Delete(ctx, u), hasNot(ctx, s, u.Key())); err != nil {
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

// copyOf returns a copy of u that shares nothing with it.
func copyOf(u signup.User) signup.User {
	u.Profile = maps.Clone(u.Profile)
	return u
}
