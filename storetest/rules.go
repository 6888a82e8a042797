package storetest

import (
	"context"

	"github.com/gosignup/signup"
)

// A rule is one promise of the contract, with the check that an empty store
// keeps it.
type rule struct {
	name  string // of the subtest
	text  string
	check func(context.Context, signup.Store) error
}

// rules returns the rules that can be tested with o.
func (o Options) rules() []rule {
	if o.AddUnknown == nil {
		return rules
	}
	return append(rules[:len(rules):len(rules)], rule{
		"UnknownMembers",
		"An Update keeps what a newer version of the program has stored with the user.",
		o.unknownMembers,
	})
}

var rules = []rule{
	{"RoundTrip", "Get returns the user as it was given to Create.", roundTrip},
	{"RoundTripOfLittle", "A user that has an ID and an address only is returned with nothing else.", roundTripOfLittle},
	{"EveryField", "Every exported field of User is kept by Create and by Update.", everyField},
	{"EachField", "Each exported field of User is kept, set and removed independently of the others.", eachField},
	{"RoundTripOfText", "Text is returned byte for byte. A text that the Store can't keep is refused with ErrInvalid.", roundTripOfText},
	{"Times", "Times are kept as given, in UTC, to the millisecond. The Store sets no time.", times},
	{"TimesOutOfRange", "A time outside the years 1 to 9999, in UTC, is refused with ErrInvalid, and nothing is changed.", timesOutOfRange},
	{"Private", "Private is kept byte for byte, up to MaxPrivate bytes.", private},
	{"PrivateTooLong", "A Private longer than MaxPrivate is refused with ErrInvalid, and nothing is changed.", privateTooLong},
	{"Profile", "Each entry of Profile is kept under its exact name, also if there are many, or its value is long or empty.", profile},
	{"InactiveAndPlaceholder", "Inactive users and placeholders are kept, returned and changed like all others.", inactiveAndPlaceholder},

	{"CreateSetsVersion", "Create sets u.Version, whatever it was before, and Update accepts it.", createSetsVersion},
	{"CreateNeedsKeyAndID", "Create of a user without a key or an ID is ErrInvalid.", createNeedsKeyAndID},
	{"Duplicate", "If a user with another ID holds the key, with or without a hash, Create is ErrExists and changes nothing.", duplicate},
	{"DuplicateInOtherSpelling", "Users are distinguished by their key, not by the spelling of the address.", duplicateInOtherSpelling},
	{"OneWinner", "Of any number of Creates for one key, one stores its user. The others are ErrExists.", oneWinner},
	{"RepeatedCreate", "If the holder of the key has u's own ID, Create is ErrReplayed, changes neither it nor *u, and it is stored.", repeatedCreate},
	{"RepeatedCreateAfterChange", "Create is ErrReplayed also if the holder was changed after its Create.", repeatedCreateAfterChange},
	{"RepeatedCreateAtOnce", "Of any number of Creates of the same user at once, one returns nil. The others are ErrReplayed.", repeatedCreateAtOnce},

	{"GetNothing", "If no user is stored under the key, Get is ErrNotFound, whatever the key looks like.", getNothing},
	{"HostileKeys", "Any key that an address can have finds its own user, and no other.", hostileKeys},
	{"KeyIsKept", "A Store finds a user by the key that it had at Create. It returns the key with SetKey and computes none.", keyIsKept},
	{"RuleIsKept", "The key and its rule stay as they were at Create, whatever spelling and rule the user of an Update has.", ruleIsKept},
	{"OneIDUnderTwoKeys", "One ID may be stored under two keys. Each is created, read, changed and deleted independently.", oneIDUnderTwoKeys},

	{"Update", "Update replaces every field of the user whose Version was read, and sets u.Version to a new one.", update},
	{"LostUpdate", "If the stored user doesn't have u's Version, Update is ErrConflict and changes nothing.", lostUpdate},
	{"OneUpdate", "Of any number of Updates from one Version, one succeeds. The others are ErrConflict.", oneUpdate},
	{"OneEqualUpdate", "Of any number of Updates from one Version, one succeeds, even if they all write the same.", oneEqualUpdate},
	{"UpdateOfMissing", "If no user is stored under the key, Update is ErrNotFound, whatever Version u has, and stores nothing.", updateOfMissing},
	{"UpdateKeepsKeyAndID", "Neither key nor ID can be changed.", updateKeepsKeyAndID},

	{"WrongVersion", "If u has any Version except the stored user's, Update and Delete are ErrConflict.", wrongVersion},
	{"VersionsDiffer", "Two Versions are equal if and only if they identify the same state of the same user.", versionsDiffer},
	{"DecodedUser", "A user that was encoded and decoded has lost its hash and its Version. Update is ErrConflict and keeps the password.", decodedUser},

	{"Delete", "Delete removes the user, and its key is free again, also for the same ID.", deletes},
	{"DeleteOfChanged", "If the stored user doesn't have u's Version, Delete is ErrConflict and removes nothing.", deleteOfChanged},
	{"DeleteOfMissing", "If no user is stored under the key, Delete is ErrNotFound, whatever Version u has.", deleteOfMissing},
	{"DeleteOfSuccessor", "A Version from before a Delete never fits the user that was stored under the key afterwards.", deleteOfSuccessor},
	{"OneDelete", "Of any number of Updates and Deletes from one Version, one succeeds. The others are ErrConflict or ErrNotFound.", oneDelete},

	{"DoneContext", "If the context is done before a call, the call returns the context's error and changes nothing.", doneContext},
	{"NoAliasing", "A Store keeps no reference to its arguments, and what Get returns belongs to the caller.", noAliasing},
	{"ArgumentsUnchanged", "A Store changes nothing in its arguments except u.Version.", argumentsUnchanged},
	{"FailureChangesNothing", "A Store changes nothing in a User, Version included, if the call fails.", failureChangesNothing},
	{"ReadYourWrites", "Get sees every Create, Update and Delete that returned nil before, from any goroutine.", readYourWrites},
	{"ManyUsers", "A Store is safe for concurrent use: users created at once are all stored, each with its own data.", manyUsers},
}
