// Package storetest tests any signup.Store against the contract of that
// interface.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) signup.Store { return mystore.New() })
//	}
//
// It needs nothing but the standard library, and is best run with -race.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// Run tests the stores that newStore makes: one subtest for each rule of
// signup.Store's contract, each with a new store. newStore must return an empty
// store, whose users no other store shares; it may use t.Cleanup to remove it.
// A failing subtest tells the rule and how it was broken.
//
// A store is given a minute for each rule.
func Run(t *testing.T, newStore func(t *testing.T) signup.Store) {
	for _, r := range rules {
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

// A rule is one promise of the contract, with the check that an empty store
// keeps it.
type rule struct {
	name  string // of the subtest
	text  string
	check func(context.Context, signup.Store) error
}

var rules = []rule{
	{"RoundTrip", "Get returns every field as it was given to Create, times in UTC to the millisecond.", roundTrip},
	{"RoundTripOfLittle", "A user with nothing but ID and address comes back with nothing else.", roundTripOfLittle},
	{"RoundTripOfText", "Text comes back byte for byte, or is refused as ErrInvalid.", roundTripOfText},
	{"CreateSetsVersion", "Create sets u.Version, which Update then takes, and changes nothing else in *u.", createSetsVersion},
	{"CreateNeedsKeyAndID", "A user without a key or an ID is an ErrInvalid.", createNeedsKeyAndID},
	{"Duplicate", "If a user with another ID holds the key, Create is an ErrExists and changes nothing.", duplicate},
	{"DuplicateInOtherSpelling", "Users are told apart by their key, not by how the address is typed.", duplicateInOtherSpelling},
	{"OneWinner", "Of any number of Creates for one key, one stores its user.", oneWinner},
	{"RepeatedCreate", "If the holder has u's own ID, Create is ErrReplayed and changes nothing.", repeatedCreate},
	{"RepeatedCreateAfterChange", "If the holder has u's own ID, Create is ErrReplayed and changes nothing, also if the holder was changed since.", repeatedCreateAfterChange},
	{"RepeatedCreateAtOnce", "Of any number of Creates of the same user at once, one returns nil; the others are ErrReplayed.", repeatedCreateAtOnce},
	{"GetNothing", "If there is none, Get is an ErrNotFound, whatever the key looks like.", getNothing},
	{"HostileKeys", "Any key that an address can have finds its own user, and no other.", hostileKeys},
	{"KeyIsKept", "A Store looks up by the key as it was at Create, hands it and its rule back with SetKey, and never computes one.", keyIsKept},
	{"Update", "Update replaces every field of the user whose Version it has read, and sets u.Version to a new one.", update},
	{"LostUpdate", "If the stored user isn't the one of this Version, Update is an ErrConflict and changes nothing.", lostUpdate},
	{"OneUpdate", "Of any number of Updates from one Version, one succeeds; the others are ErrConflict.", oneUpdate},
	{"OneEqualUpdate", "Of any number of Updates from one Version, one succeeds, even if they all write the same.", oneEqualUpdate},
	{"UpdateOfNobody", "If no user is stored under the key, Update is ErrNotFound, and stores nothing.", updateOfNobody},
	{"UpdateKeepsKeyAndID", "Neither key nor ID can be changed: an Update looks for the user under the key that it has.", updateKeepsKeyAndID},
	{"WrongVersion", "A Version that isn't the stored user's is an ErrConflict for Update and Delete, whatever it is.", wrongVersion},
	{"Delete", "Delete removes the user, and the address is free again.", deletes},
	{"DeleteOfChanged", "If the stored user isn't the one of this Version, Delete is an ErrConflict and removes nothing.", deleteOfChanged},
	{"DeleteOfNobody", "If there is no user of this key, Delete is an ErrNotFound.", deleteOfNobody},
	{"DeleteOfSuccessor", "A Version from before a Delete doesn't fit the user who got the address afterwards.", deleteOfSuccessor},
	{"CancelledContext", "A context that is done ends a call with its error.", cancelledContext},
	{"NoAliasing", "A Store keeps no reference to its arguments, and what Get returns is the caller's own.", noAliasing},
	{"FailureChangesNothing", "A Store changes nothing in a User whose Create or Update fails.", failureChangesNothing},
	{"ReadYourWrites", "Get sees every Create, Update and Delete that returned nil before, from any goroutine.", readYourWrites},
	{"ManyUsers", "A Store is safe for concurrent use: users created at once are all there, each with its own data.", manyUsers},
}
