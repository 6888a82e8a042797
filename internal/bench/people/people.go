// Package people makes the users that the benchmarks of stores create and read.
package people

import (
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/gosignup/signup"
)

var made atomic.Int64

// New returns n users that no earlier call returned.
func New(n int) []signup.User {
	first := int(made.Add(int64(n))) - n
	users := make([]signup.User, n)
	for i := range users {
		users[i] = newUser(first + i)
	}
	return users
}

// Numbered yields the users 0 to n-1.
func Numbered(n int) iter.Seq[signup.User] {
	return func(yield func(signup.User) bool) {
		for i := range n {
			if !yield(newUser(i)) {
				return
			}
		}
	}
}

// Sequence returns users without an error, as an import reads them.
func Sequence(users iter.Seq[signup.User]) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// newUser returns the user with this number, as Accounts.Register would make it: the key
// is set, and ID and hash have the usual lengths. The keys of consecutive users are as far
// from each other as those of people.
func newUser(n int) signup.User {
	at := time.Date(2014, time.December, 6, 22, 55, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
	name := scatter(uint64(n))
	u := signup.User{
		ID:           fmt.Sprintf("%026d", n),
		Email:        fmt.Sprintf("Ada.%016x@example.org", name),
		FirstName:    "Ada",
		LastName:     "Lovelace",
		PasswordHash: signup.Hash(fmt.Sprintf("$2a$12$%052d.", n)),
		Active:       true,
		CreatedAt:    at,
		UpdatedAt:    at,
	}
	u.SetKey(fmt.Sprintf("ada.%016x@example.org", name), signup.EmailRule)
	return u
}

// scatter returns a number that looks random and that no other n has: each step can be
// undone.
func scatter(n uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15
	for range 3 {
		n = (n + 1) * odd
		n ^= n >> 32
	}
	return n
}
