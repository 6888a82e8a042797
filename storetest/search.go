package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A SearchStore is a Store that lists its users.
type SearchStore interface {
	signup.Store
	signup.Searcher
}

// SearchOptions are for [RunSearchWith]. With the zero SearchOptions it does what
// [RunSearch] does.
type SearchOptions struct {
	// Refresh returns when all writes that have returned are found by each Search that
	// begins after it. A store that finds each write at once needs none.
	Refresh func(ctx context.Context, s SearchStore) error
}

// RunSearch tests the stores that newStore returns: one subtest for each rule of
// [signup.Searcher] and [signup.Query]. It calls newStore once, which must return an empty
// store that shares no user with any other store. It may use t.Cleanup to remove it. What is
// listed is compared with a plain slice. A failing subtest reports the rule, what was
// expected and what came.
//
// A store has five minutes. For a store in memory, all rules together take less than a
// second; they call Search about 1,600 times.
func RunSearch(t *testing.T, newStore func(t *testing.T) SearchStore) {
	RunSearchWith(t, newStore, SearchOptions{})
}

// RunSearchWith is [RunSearch] with options.
func RunSearchWith(t *testing.T, newStore func(t *testing.T) SearchStore, o SearchOptions) {
	t.Helper()
	s := newStore(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	listed, err := newListed(ctx, s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range searchRules {
		t.Run(r.name, func(t *testing.T) {
			if err := r.check(ctx, listed); err != nil {
				t.Errorf("%v\nrule: %s", err, r.text)
			}
		})
	}
}

// A searchRule is one promise of the contract, with the check that a store keeps it.
type searchRule struct {
	name  string // of the subtest
	text  string
	check func(context.Context, *listed) error
}

// searchRules are in the order in which they are checked. The last ones change users.
var searchRules = []searchRule{
	{"All", "The zero Query lists all users but placeholders, in the order of their creation.", searchAll},
	{"NoSecrets", "The users have no PasswordHash, SecurityStamp, Private or Version, and everything else as it is stored.", searchNoSecrets},
	{"Sorts", "Each Sort orders by code points in lower case, with the key last, and Descending reverses it all.", searchSorts},
	{"EmailPrefix", "EmailPrefix is the beginning of the key, or of the address as it was typed, in any letter case.", searchEmails},
	{"NamePrefix", "NamePrefix is the beginning of the first or last name, as given, in NFC or NFD, in any letter case; no character is special.", searchNames},
	{"IDs", "IDs selects the users that have one of them.", searchIDs},
	{"Created", "CreatedFrom is included and CreatedBefore is excluded, to the millisecond.", searchCreated},
	{"States", "Active and EmailVerified select by either state, and by none if they are nil.", searchStates},
	{"Pages", "Pages of any length that continue after the Position of the last user list each user once.", searchPages},
	{"AfterDeleted", "A Position remains valid if its user is deleted.", searchAfterDeleted},
	{"Mixed", "A user must meet all conditions, in each order.", searchMixed},
	{"Limit", "Limit is the greatest number of users.", searchLimit},
	{"Invalid", "A Query that isn't valid is ErrInvalid, and no user is listed.", searchInvalid},
	{"DoneContext", "If the context is done before the call, no user is listed, and the error is the context's.", searchDone},
	{"Break", "A loop may end early, and each range is a new listing.", searchBreak},
	{"NotForUpdates", "Update and Delete refuse a listed user with ErrConflict.", searchThenUpdate},
	{"Changes", "A listing has what was written before it.", searchChanges},
}
