package transfer

import (
	"cmp"
	"context"
	"errors"
	"iter"

	"github.com/gosignup/signup"
)

// An Importer is a store that many users can be added to.
type Importer interface {
	// Import stores new users as they are, each with its ID, key, rule, hash, times,
	// stamp and private data. It treats each user as Create does, and never replaces
	// one. Nil options have the defaults.
	//
	// An import may be repeated, and so be resumed after it was killed. The users that
	// it stored before are Present.
	//
	// The error is nil if the sequence was read to its end and no user failed: each is
	// stored, ErrExists or ErrInvalid. Otherwise it is the error of the first user that
	// failed. A user that the database doesn't accept doesn't end the import. Any
	// other failure ends it. So does ctx when it is done, and an error that users
	// yields: the users before that error are still stored. Each user that was read has
	// a result.
	Import(
		ctx context.Context, users iter.Seq2[signup.User, error], opts *ImportOptions,
	) (ImportSummary, error)
}

// ImportOptions are the options of an import. Nil and the zero value have the defaults;
// a negative number is an error.
type ImportOptions struct {
	// Workers is the number of concurrent requests. Only package esstore has several;
	// other stores ignore it. 0 means the store's default.
	Workers int
	// BatchUsers is the greatest number of users in a batch: a request or a
	// transaction. A store may make smaller ones. 0 means the store's default.
	BatchUsers int
	// BatchBytes is about the length of a batch in bytes: no user is added to a batch
	// that has reached it. A store may make shorter ones. 0 means the store's default.
	BatchBytes int
	// CheckHash returns nil if a user with this hash may be imported. Otherwise the
	// user gets its error, which must be ErrInvalid. Nil is
	// [signup.CheckKnownHash]: a hash without a [signup.Hash.Scheme] is refused. The
	// CheckHash method of the application's Accounts knows its limits, too, and is
	// necessary if the Accounts has HashFormats or a Hasher with a format of its own.
	CheckHash func(signup.Hash) error

	// Result is called for each user, and Progress after each batch. Import calls
	// both from its own goroutine: they are never called concurrently, the import
	// waits while they run, and they aren't called after it has returned.
	//
	// The results of one batch are in the order of its users. The batches are in the
	// order in which they end.
	Result   func(ImportResult)
	Progress func(ImportSummary)
}

// Complete returns o with the store's defaults where o has none, and CheckHash set. It
// returns an error if a number of o is negative. o may be nil. It is for implementations of
// [Importer].
func (o *ImportOptions) Complete(defaults ImportOptions) (ImportOptions, error) {
	var c ImportOptions
	if o != nil {
		c = *o
	}
	if c.Workers < 0 || c.BatchUsers < 0 || c.BatchBytes < 0 {
		return c, errors.New("a number of ImportOptions is negative")
	}
	c.Workers = cmp.Or(c.Workers, defaults.Workers)
	c.BatchUsers = cmp.Or(c.BatchUsers, defaults.BatchUsers)
	c.BatchBytes = cmp.Or(c.BatchBytes, defaults.BatchBytes)
	if c.CheckHash == nil {
		c.CheckHash = signup.CheckKnownHash
	}
	return c, nil
}

// An ImportResult is the result of importing one user.
type ImportResult struct {
	// N is the user's place in the sequence, from 0.
	N int64
	// User is the user as the sequence yielded it.
	User signup.User
	// Present reports whether a user with the same ID and key was stored before. It
	// may have been changed since. Nothing was written.
	Present bool
	// Err is nil if the user is stored, by this import or, if Present is true,
	// before. It is ErrExists if the address belongs to another user, and ErrInvalid
	// if the user can't be stored. With any other error the user failed; the store's
	// Import says more. The user may or may not be stored then: another import
	// settles it.
	Err error
}

// An ImportSummary counts users.
type ImportSummary struct {
	Read int64 // the users read from the sequence

	// The users by result. At the end, the five add up to Read.
	Created int64 // stored by this import
	Present int64 // see ImportResult.Present
	Exists  int64 // with ErrExists
	Invalid int64 // with ErrInvalid
	Failed  int64 // with another error
}

// Count counts r by its result, and reports whether the user failed. It leaves Read as it
// is. It is for implementations of [Importer].
func (s *ImportSummary) Count(r ImportResult) (failed bool) {
	switch {
	case r.Err == nil && r.Present:
		s.Present++
	case r.Err == nil:
		s.Created++
	case errors.Is(r.Err, signup.ErrExists):
		s.Exists++
	case errors.Is(r.Err, signup.ErrInvalid):
		s.Invalid++
	default:
		s.Failed++
		return true
	}
	return false
}
