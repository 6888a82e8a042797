package signup

import "context"

// A Store keeps users. Package memstore keeps them in memory, package esstore
// in Elasticsearch; package storetest tests any Store against this contract.
//
// A Store is safe for concurrent use. It keeps no reference to its arguments,
// and changes nothing in them but a User's Version, and that on success only.
// A context that is done ends a call with its error, or, if the call had
// already taken effect, with success.
//
// Users are told apart by their key (User.Key). A Store keeps each user's key
// and the name of its rule as they were at Create, looks up by the key, and
// hands both back with SetKey; it never computes one from an address itself.
// Times are kept in UTC, to the millisecond. What a Store can't keep exactly
// (text that isn't UTF-8, say) it refuses with an ErrInvalid.
type Store interface {
	// Create stores a new user and sets u.Version.
	//
	// It is atomic: of any number of Creates for one key, one stores its
	// user. If a user with another ID holds the key, the error is an
	// ErrExists. If the holder has u's own ID, this is a repeated Create: it
	// returns nil and writes nothing; u.Version is then the stored user's if
	// that equals *u, else (it was changed meanwhile, or the Create of
	// another one came first) empty, which Update and Delete refuse. A user
	// without a key or an ID is an ErrInvalid.
	//
	// After ErrBusy nothing was stored. After any other error the user may
	// or may not be stored; a Create of the same User settles it.
	Create(ctx context.Context, u *User) error

	// Get returns the user whose key is key. It sees every Create, Update
	// and Delete that returned nil before. If there is none, the error is an
	// ErrNotFound, whatever the key looks like.
	Get(ctx context.Context, key string) (User, error)

	// Update replaces the user whose Version it has read and sets u.Version.
	// Neither key nor ID can be changed. If the stored user isn't the one of
	// this Version, ID and key, the error is an ErrConflict: read it again,
	// and decide again. If there is no user of this key, it is an
	// ErrNotFound too. Of any number of Updates from one Version, one
	// succeeds. After another error the Update may or may not have been made.
	Update(ctx context.Context, u *User) error

	// Delete removes the user whose Version it has read. If the stored user
	// isn't the one of this Version, ID and key, the error is an
	// ErrConflict. If there is no user of this key, it is an ErrNotFound.
	// After another error the Delete may or may not have been made.
	Delete(ctx context.Context, u User) error
}
