package storetest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

func roundTrip(ctx context.Context, s signup.Store) error {
	u := newUser(strings.Repeat("i", 64), "Ada.Lovelace+Engine@Example.org")
	inactive := newUser("id-2", "inactive@example.org")
	inactive.Active = false
	return first(creates(ctx, s, &u), has(ctx, s, u), creates(ctx, s, &inactive), has(ctx, s, inactive))
}

func roundTripOfLittle(ctx context.Context, s signup.Store) error {
	u := signup.User{ID: "id-1", Email: "little@example.org"}
	return first(creates(ctx, s, &u), has(ctx, s, u), updates(ctx, s, &u), has(ctx, s, u))
}

// filled returns u with the given fields filled and all others as they are.
func filled(u signup.User, n int, fields ...reflect.StructField) (signup.User, error) {
	for _, f := range fields {
		if err := fill(reflect.ValueOf(&u).Elem(), f, n); err != nil {
			return u, err
		}
	}
	return u, nil
}

func everyField(ctx context.Context, s signup.Store) error {
	u, err := filled(signup.User{ID: "id-1", Email: "Ada@example.org"}, 1, dataFields()...)
	if err := first(err, creates(ctx, s, &u)); err != nil {
		return err
	}
	if err := has(ctx, s, u); err != nil {
		return fmt.Errorf("after Create: %w", err)
	}
	for n := 2; n <= 3; n++ {
		if u, err = filled(u, n, dataFields()...); err != nil {
			return err
		}
		u.Email = strings.ToUpper(u.Email[:n]) + u.Email[n:]
		if err := first(updates(ctx, s, &u), has(ctx, s, u)); err != nil {
			return fmt.Errorf("after Update: %w", err)
		}
	}
	return nil
}

func eachField(ctx context.Context, s signup.Store) error {
	for i, f := range dataFields() {
		empty := signup.User{ID: fmt.Sprintf("id-%d", i), Email: fmt.Sprintf("ada%d@example.org", i)}
		u, err := filled(empty, 1, f)
		if err := first(err, creates(ctx, s, &u), has(ctx, s, u)); err != nil {
			return fmt.Errorf("after Create of a user with the field %s and no other: %w", f.Name, err)
		}
		version := u.Version
		empty.Version = version
		if err := first(updates(ctx, s, &empty), has(ctx, s, empty)); err != nil {
			return fmt.Errorf("after Update of a user, without the field %s: %w", f.Name, err)
		}
		u, err = filled(empty, 3, f)
		if err := first(err, updates(ctx, s, &u), has(ctx, s, u)); err != nil {
			return fmt.Errorf("after Update of a user, with the field %s and no other: %w", f.Name, err)
		}
	}
	return nil
}

func roundTripOfText(ctx context.Context, s signup.Store) error {
	for i, c := range []struct {
		text    string
		refused bool // or else kept
	}{
		{`"quoted" \ back\slash / {"json": [null]}`, false},
		{"<b>&amp;</b>", false},
		{"line\nfeed\r\ttab\x7f", false},
		{"\u2028\u2029\ufeff\ufffd", false},
		{"e\u0301 \u00e9", false},
		{"日本語 😀", false},
		{" spaces ", false},
		{"[redacted]", false},
		{"null", false},
		{strings.Repeat("ü", 255), false},
		{strings.Repeat("😀", 255), false}, // the longest first and last name
		{"\x00nul\x00", true},
		{"not UTF-8: \xff\xed\xa0\x80", true},
	} {
		id := fmt.Sprintf("id-%d", i)
		plain, with := newUser(id+"-plain", id+".plain@example.org"), newUser(id, id+"@example.org")
		if err := creates(ctx, s, &plain); err != nil {
			return err
		}
		setTexts(&with, c.text)
		err := s.Create(ctx, &with)
		if c.refused && err != nil {
			err = first(is("Create of a user with the text "+c.text, err, signup.ErrInvalid), hasNot(ctx, s, with.Key()))
		} else if err == nil {
			err = has(ctx, s, with)
		}
		if err != nil {
			return fmt.Errorf("Create of a user with the text %+q: %w", c.text, err)
		}

		changed := copyOf(plain)
		setTexts(&changed, c.text)
		err = s.Update(ctx, &changed)
		if c.refused && err != nil {
			err = first(is("Update with the text "+c.text, err, signup.ErrInvalid), has(ctx, s, plain))
		} else if err == nil {
			err = has(ctx, s, changed)
		}
		if err != nil {
			return fmt.Errorf("Update of a user with the text %+q: %w", c.text, err)
		}
	}
	return nil
}

// setTexts sets each text of u that a Store keeps and never looks at.
func setTexts(u *signup.User, text string) {
	v := reflect.ValueOf(u).Elem()
	for _, f := range dataFields() {
		if f.Type.Kind() == reflect.String {
			v.FieldByIndex(f.Index).SetString(text)
		}
	}
	u.Profile = map[string]string{"company": text}
}

var east, west = time.FixedZone("east", 5*3600), time.FixedZone("west", -5*3600)

func times(ctx context.Context, s signup.Store) error {
	for i, at := range []time.Time{
		{},
		time.Date(2014, time.December, 6, 22, 55, 0, 123456789, time.UTC),
		time.Date(2014, time.December, 7, 1, 0, 0, 999999999, east),
		time.Date(1969, time.December, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(1815, time.December, 10, 0, 0, 0, 1e6, time.UTC),
		time.Date(9999, time.December, 31, 23, 59, 59, 999e6, time.UTC),
		time.Date(10000, time.January, 1, 4, 59, 59, 0, east), // 9999 in UTC
		time.Date(0, time.December, 31, 23, 0, 0, 0, west),    // 1 in UTC
	} {
		u := newUser(fmt.Sprintf("id-%d", i), fmt.Sprintf("ada%d@example.org", i))
		u.CreatedAt, u.UpdatedAt, u.EmailVerifiedAt = at, at, at
		if err := first(creates(ctx, s, &u), has(ctx, s, u)); err != nil {
			return err
		}
		// The times of a program whose clock is set back.
		if !at.IsZero() {
			u.CreatedAt, u.UpdatedAt, u.EmailVerifiedAt = at.Add(-time.Hour), at.Add(-time.Minute), time.Time{}
		}
		if err := first(updates(ctx, s, &u), has(ctx, s, u)); err != nil {
			return err
		}
		u.FirstName = "Augusta" // and UpdatedAt as before
		if err := first(updates(ctx, s, &u), has(ctx, s, u)); err != nil {
			return err
		}
	}
	return nil
}

func timesOutOfRange(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	fields := map[string]func(*signup.User) *time.Time{
		"CreatedAt":       func(u *signup.User) *time.Time { return &u.CreatedAt },
		"UpdatedAt":       func(u *signup.User) *time.Time { return &u.UpdatedAt },
		"EmailVerifiedAt": func(u *signup.User) *time.Time { return &u.EmailVerifiedAt },
	}
	for _, at := range []time.Time{
		time.Unix(1417906500123, 0), // milliseconds, taken for seconds
		time.Date(10000, time.January, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, time.December, 31, 19, 0, 0, 0, west), // 10000 in UTC
		time.Date(0, time.December, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(1, time.January, 1, 4, 59, 59, 0, east), // 0 in UTC
		time.Date(-1, time.January, 1, 0, 0, 0, 0, time.UTC),
	} {
		for name, field := range fields {
			wrong, next := copyOf(u), newUser("id-2", "next@example.org")
			*field(&wrong), *field(&next) = at, at
			call := fmt.Sprintf("with the %s %s", name, at.Format(time.RFC3339Nano))
			if err := first(
				is("Create "+call, s.Create(ctx, &next), signup.ErrInvalid),
				hasNot(ctx, s, next.Key()),
				is("Update "+call, s.Update(ctx, &wrong), signup.ErrInvalid),
				has(ctx, s, u),
			); err != nil {
				return err
			}
		}
	}
	return nil
}

func allBytes(n int) signup.Private {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return signup.Private(b)
}

func private(ctx context.Context, s signup.Store) error {
	plain, err := create(ctx, s, "id-plain", "plain@example.org")
	if err != nil {
		return err
	}
	for i, p := range []signup.Private{
		allBytes(256), allBytes(signup.MaxPrivate), "", "\x00", "\x00\x00\x00", " \n", "A", "a", "e\u0301", "\u00e9",
		"[redacted]", "null", `{"a":1}`, "\xff\xfe",
	} {
		u := newUser(fmt.Sprintf("id-%d", i), fmt.Sprintf("ada%d@example.org", i))
		u.Private, plain.Private = p, p
		if err := first(creates(ctx, s, &u), has(ctx, s, u), updates(ctx, s, &plain), has(ctx, s, plain)); err != nil {
			return fmt.Errorf("with a Private of %d bytes: %w", len(p), err)
		}
	}
	return nil
}

func privateTooLong(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	for _, p := range []signup.Private{
		allBytes(signup.MaxPrivate + 1),
		signup.Private(strings.Repeat("x", signup.MaxPrivate+1)),
	} {
		long, next := copyOf(u), newUser("id-2", "next@example.org")
		long.Private, next.Private = p, p
		call := fmt.Sprintf("with a Private of %d bytes", len(p))
		if err := first(
			is("Create "+call, s.Create(ctx, &next), signup.ErrInvalid),
			hasNot(ctx, s, next.Key()),
			is("Update "+call, s.Update(ctx, &long), signup.ErrInvalid),
			has(ctx, s, u),
		); err != nil {
			return err
		}
	}
	return nil
}

func inactiveAndPlaceholder(ctx context.Context, s signup.Store) error {
	for i, c := range []struct{ active, placeholder bool }{
		{false, false}, {true, true}, {false, true},
	} {
		set := func(u signup.User) signup.User {
			u.Active, u.Placeholder = c.active, c.placeholder
			return u
		}
		u := set(newUser(fmt.Sprintf("id-%d", i), fmt.Sprintf("ada%d@example.org", i)))
		other := newUser("id-other-"+u.ID, u.Email)
		err := first(
			creates(ctx, s, &u), has(ctx, s, u),
			is("Create of a duplicate", s.Create(ctx, &other), signup.ErrExists),
			updates(ctx, s, &u), has(ctx, s, u),
		)
		if err == nil {
			was := u
			was.Active, was.Placeholder = true, false
			err = first(updates(ctx, s, &was), has(ctx, s, was))
			u = set(was)
		}
		err = first(err, updates(ctx, s, &u), has(ctx, s, u), removes(ctx, s, u), hasNot(ctx, s, u.Key()))
		if err != nil {
			return fmt.Errorf("with Active %t and Placeholder %t: %w", c.active, c.placeholder, err)
		}
	}
	return nil
}
