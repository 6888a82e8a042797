package signup

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// A Searcher is a [Store] that lists its users. Packages memstore and esstore and module
// sqlstore have one, and storetest.RunSearch tests any.
type Searcher interface {
	// Search lists the users that match q, in its order. Nothing is read before the
	// sequence is ranged over, and each range is a new listing.
	//
	// The users have no PasswordHash, SecurityStamp, Private or Version. So Update and
	// Delete refuse them with [ErrConflict], and no hash is lost by mistake. To change a
	// user, Get it by its Key. Placeholders are never listed.
	//
	// A user that is stored during all of the listing, and is not changed, is listed
	// exactly once. One that is created, changed or deleted meanwhile may be listed in
	// either state, or not at all. A Store may find a write only a short time after it
	// has returned; its documentation says how long.
	//
	// An error is the last thing that the sequence yields, with no user. It is
	// [ErrInvalid] if q isn't valid, and [ErrBusy] and the context's error as with Get.
	Search(ctx context.Context, q Query) iter.Seq2[User, error]
}

// A Query selects and orders users. A user must meet all its conditions. The zero Query
// lists all users, in the order of their creation.
//
// EmailPrefix and NamePrefix have at most 250 characters each, and at most 1,000 bytes in
// lower case and in either form below: 111 Hangul syllables are 999 bytes when decomposed.
// They match text that is stored as they are given, composed (NFC) or decomposed (NFD).
// Letter case makes no difference: each character is converted to lower case on its own,
// as by [unicode.ToLower]. No character has a special meaning.
type Query struct {
	// EmailPrefix is the beginning of the address, in its canonical form (Key) or as
	// it was typed. So a domain in Unicode is found by its Punycode form, and by its
	// Unicode form if it was typed like that. White space around it is ignored.
	EmailPrefix string
	// NamePrefix is the beginning of the first or the last name. A Store needn't match
	// names of more than 1,024 UTF-16 units.
	NamePrefix string
	// IDs has at most 1,000 IDs, of which the user must have one. If it is empty, any
	// ID matches.
	IDs []string
	// CreatedFrom and CreatedBefore limit CreatedAt, to the millisecond. CreatedFrom
	// is included, and CreatedBefore is excluded. A zero time is no limit.
	CreatedFrom, CreatedBefore time.Time
	// Active, if not nil, is what the user's Active must be.
	Active *bool
	// EmailVerified, if not nil, is whether the user must have an EmailVerifiedAt.
	EmailVerified *bool

	// Sort is the order.
	Sort Sort
	// Descending reverses the order, also among users that are equal in Sort.
	Descending bool
	// After is where the listing continues: see [Query.PositionOf]. With the zero
	// Position it begins with the first user.
	After Position
	// Limit is the greatest number of users. 0 means no limit.
	Limit int
}

// A Sort is an order of users. Users that are equal in it are in the order of their
// keys. Texts are compared by code points.
type Sort int

const (
	// SortByCreation orders by CreatedAt, the oldest first.
	SortByCreation Sort = iota
	// SortByEmail orders by Key, the canonical address.
	SortByEmail
	// SortByName orders by last name, then first name, each in lower case. A name that is
	// empty, or that has more than 1,024 UTF-16 units, comes after all others.
	SortByName
)

const (
	maxQueryText   = 250  // characters of a prefix
	maxQueryPrefix = 1000 // its bytes, in lower case and normalized
	maxQueryIDs    = 1000
)

// Check returns [ErrInvalid] if q isn't valid. A [Searcher] calls it.
func (q Query) Check() error {
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("signup: query with %s: %w", fmt.Sprintf(format, args...), ErrInvalid)
	}
	switch {
	case q.Sort < SortByCreation || q.Sort > SortByName:
		return invalid("an unknown order, %d", q.Sort)
	case q.Limit < 0:
		return invalid("a limit of %d users", q.Limit)
	case len(q.IDs) > maxQueryIDs:
		return invalid("%d IDs, of which %d are allowed", len(q.IDs), maxQueryIDs)
	}
	for _, text := range append([]string{q.EmailPrefix, q.NamePrefix, q.After.Key, q.After.FirstName, q.After.LastName}, q.IDs...) {
		if !utf8.ValidString(text) {
			return invalid("text that is not UTF-8")
		}
	}
	for _, text := range []string{q.EmailPrefix, q.NamePrefix} {
		if utf8.RuneCountInString(text) > maxQueryText {
			return invalid("a prefix of more than %d characters", maxQueryText)
		}
	}
	for _, text := range append(append(q.EmailPrefixes(), q.NamePrefixes()...), q.KeyPrefix()) {
		if len(text) > maxQueryPrefix {
			return invalid("a prefix of more than %d bytes, when normalized", maxQueryPrefix)
		}
	}
	for _, at := range []time.Time{q.CreatedFrom, q.CreatedBefore, q.After.CreatedAt} {
		if year := at.UTC().Year(); year < 0 || year > 9999 {
			return invalid("a time in the year %d", year)
		}
	}
	return nil
}

// KeyPrefix returns what the Key of a user begins with if it matches q.EmailPrefix. If it
// is "", q has no EmailPrefix.
func (q Query) KeyPrefix() string { return nfc(strings.ToLower(strings.TrimSpace(q.EmailPrefix))) }

// EmailPrefixes returns what the Email of a user, in lower case, begins with if it matches
// q.EmailPrefix but not by its Key: one of these texts.
func (q Query) EmailPrefixes() []string { return storedForms(strings.TrimSpace(q.EmailPrefix)) }

// NamePrefixes returns what the first or the last name of a user, in lower case, begins
// with if it matches q.NamePrefix: one of these texts. There are none if q has no
// NamePrefix.
func (q Query) NamePrefixes() []string { return storedForms(q.NamePrefix) }
