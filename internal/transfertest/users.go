// Package transfertest has the users of tests of exports and imports, most of which are
// easily damaged on the way from one store to another, and moves them.
package transfertest

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

var (
	names = []string{
		"Zoe\u0308", "Zo\u00eb", `O"Neil`, `o'Neil'); DROP TABLE signup_users; --`, "", " ", `back\slash`,
		"two\nlines\ttabs\r", "\u2028\u2029", "<b>&amp;", "\u05d0\u05d3\u05d4", "\U0001f600", "\ufffd", "null", "$1", "%s",
	}
	hashes = []string{
		"", "$2a$04$" + strings.Repeat("h", 53), "{SSHA}c2FsdA==", "unknown$1$\"quotes\"'s", "\\x00", "\u00e4\u00f6\u00fc",
	}
	fields = []string{"", "a b", "a.b", ".", "__proto__", `"quote"`, "it's", "$1", "\u043a\u043b\u044e\u0447", "e\u0301", "\U0001f600", "id", "\n"}
	// In UTF-16, the last of these comes before the one before it.
	keys  = []string{"", "\u00fc", "~", "A", "e\u0301", "\uff5e", "\U0001f600"}
	times = []time.Time{
		{}, time.UnixMilli(0), time.UnixMilli(-1), time.UnixMilli(1417906500123), time.UnixMilli(-2208988800001),
		time.Date(1, time.March, 1, 0, 0, 0, 999e6, time.UTC), time.Date(9999, time.December, 31, 23, 59, 59, 999_999_999, time.UTC),
		time.Date(2026, time.January, 1, 1, 2, 3, 456_789_000, time.FixedZone("", -5*3600)),
	}
)

// User returns user number i. All users have different IDs and keys.
func User(i int) signup.User {
	u := signup.User{
		ID:              fmt.Sprintf("id-%d %q", i, pick(names, i)),
		Email:           fmt.Sprintf("Ada.%d@Example.org", i),
		FirstName:       pick(names, i),
		LastName:        pick(names, i/3),
		PasswordHash:    signup.Hash(pick(hashes, i)),
		Active:          i%2 == 0,
		CreatedAt:       pick(times, i),
		UpdatedAt:       pick(times, i/5),
		EmailVerifiedAt: pick(times, i/7),
		SecurityStamp:   pick(names, i/2),
		Private:         signup.Private(strings.Repeat(string([]byte{0, byte(i), 0xff, '"'}), i%5)),
	}
	for n := range i % 4 {
		if u.Profile == nil {
			u.Profile = map[string]string{}
		}
		u.Profile[pick(fields, i+n)] = pick(names, i+n)
	}
	if i%3 == 0 { // an address of an earlier rule
		u.SetKey(fmt.Sprintf("%s%d@example.org", pick(keys, i/3), i), "rule 0")
	}
	return u
}

func pick[T any](list []T, i int) T { return list[i%len(list)] }

// Users yields the first n users, not in the order of their keys.
func Users(n int) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for i := range n {
			if !yield(User(i), nil) {
				return
			}
		}
	}
}
