// Package storetest tests any [signup.Store], [signup.Searcher] and [signup.Counter]
// against the contract of that interface.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) signup.Store { return mystore.New() })
//	}
//
// [RunSearch] tests a Searcher, and [RunCounter] a Counter. Run the tests with and without
// the race detector: with it, unsynchronized access is found, and without it, calls come
// closer together. Beside package signup, storetest needs only the standard library.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// Run tests the stores that newStore returns: one subtest for each rule of
// [signup.Store]'s contract, each with a new store. newStore must return an
// empty store that shares no user with any other store. It may use t.Cleanup to
// remove it. A failing subtest reports the rule, what was expected and what
// came.
//
// A store has a minute for each rule. All rules together take about five
// seconds for a store in memory, and about ten if a call takes three milliseconds.
//
// Run doesn't test two promises. One is durability. The other is that an Update
// keeps what a newer version of the program has stored: [RunWith] tests that.
func Run(t *testing.T, newStore func(t *testing.T) signup.Store) {
	RunWith(t, newStore, Options{})
}

// Options are for [RunWith]. With the zero Options it does what [Run] does.
type Options struct {
	// AddUnknown adds a member that the store doesn't know to the user stored
	// under key, as a newer version of the store may: a field of a document or
	// a column of a table, for example. It may change the user's Version. If
	// both functions are nil, the rule about unknown members isn't tested. A
	// store that can't hold such a member, like memstore, needs neither.
	AddUnknown func(ctx context.Context, store signup.Store, key string) error
	// HasUnknown reports whether the user stored under key has that member,
	// with the value that AddUnknown gave it.
	HasUnknown func(ctx context.Context, store signup.Store, key string) (bool, error)
}

// RunWith is [Run] with options. It ends the test at once if Options has one of
// the two functions only.
func RunWith(t *testing.T, newStore func(t *testing.T) signup.Store, o Options) {
	t.Helper()
	if (o.AddUnknown == nil) != (o.HasUnknown == nil) {
		t.Fatal("storetest: got one of Options.AddUnknown and Options.HasUnknown, want both or neither")
	}
	for _, r := range o.rules() {
		t.Run(r.name, func(t *testing.T) {
			store := newStore(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := r.check(ctx, store); err != nil {
				t.Errorf("%v\nrule: %s", err, r.text)
			}
		})
	}
}
