package signup

import "context"

// A Store keeps users. Package memstore keeps them in memory, module sqlstore in
// PostgreSQL or SQLite, and package esstore in Elasticsearch. Package storetest tests
// any Store against this contract, one subtest for each rule. A Store that can list its
// users is a [Searcher] too.
//
// # Keys and IDs
//
// A Store finds a user by its key ([User.Key]) and holds at most one user under
// each key. It keeps the key and the name of its rule ([User.KeyRule]) as they
// were at Create, for as long as the user is stored, also if an Update spells
// the address in another way. It returns both with [User.SetKey], and never
// computes a key from an address.
//
// The ID identifies the account but is not unique in a Store: while an address
// is being changed, one ID is stored under two keys. A Store with a unique
// constraint on the ID is wrong.
//
// # What is kept
//
// A Store keeps every exported field of User exactly as given, except that
// times are kept in UTC, to the millisecond, and that it sets Version itself.
// It sets no time and decides nothing by Active or Placeholder: Get returns
// inactive users and placeholders like any other, and the caller decides. What
// a Store can't keep exactly (text that isn't UTF-8, for example), a Private
// longer than [MaxPrivate], and a time outside the years 1 to 9999, in UTC, it
// refuses with [ErrInvalid].
//
// If a newer version of a program has stored more with a user than this one
// knows, an Update keeps it.
//
// # Errors and contexts
//
// [ErrBusy] means that nothing was done and that the same call may succeed a
// little later. After any other error that a method doesn't name, the outcome is
// unknown: the change may or may not have been made. If the context is done, a
// call ends with the context's error, or with success if the change had already
// been made.
//
// A change that was acknowledged is durable: Create, Update and Delete return
// nil only when the change survives whatever the Store promises to survive.
//
// # Use
//
// A Store is safe for concurrent use. It keeps no reference to its arguments,
// and changes nothing in them except a User's Version, and that only on success.
type Store interface {
	// Create stores a new user and sets u.Version.
	//
	// It is atomic: of any number of Creates for one key, one stores its user.
	// If the key is held by a user with another ID, the error is [ErrExists]. If
	// it is held by a user with u's own ID, u was created before, and the error
	// is [ErrReplayed]: nothing is written, whatever has become of that user
	// since, and that user is durable when Create returns. A user without a key
	// or an ID is ErrInvalid.
	//
	// After an error of unknown outcome, a Create of the same user settles it:
	// it returns nil or ErrReplayed if the user is stored.
	Create(ctx context.Context, u *User) error

	// Get returns the user stored under key, with the key, its rule and the
	// Version. It sees every Create, Update and Delete that returned nil before.
	// If no user is stored under key, the error is [ErrNotFound], whatever key
	// looks like.
	Get(ctx context.Context, key string) (User, error)

	// Update replaces the stored user by *u and sets u.Version to a new one. If
	// no user is stored under u's key, the error is ErrNotFound. If the stored
	// user doesn't have u's Version and ID, the error is [ErrConflict]: read the
	// user again, and decide again. So of any number of Updates from one
	// Version, one succeeds, and neither key nor ID can be changed.
	Update(ctx context.Context, u *User) error

	// Delete removes the stored user. If no user is stored under u's key, the
	// error is ErrNotFound. If the stored user doesn't have u's Version and ID,
	// the error is ErrConflict.
	Delete(ctx context.Context, u User) error
}
