package esstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/gosignup/signup"
)

// ImportOptions are the options of Import. Nil and the zero value have the
// defaults; a negative number is an error.
type ImportOptions struct {
	// Workers is the number of concurrent requests. 0 means 2.
	Workers int
	// BatchUsers is the greatest number of users in a request. 0 means 1000.
	BatchUsers int
	// BatchBytes is the length of a request in bytes: no user is added to a request
	// that has reached it. 0 means 5 MiB. If the server accepts less, or has no
	// capacity, requests are shorter.
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
	// if the user can't be stored. With any other error the user failed, and the
	// error is an [*Error]. If its Status is 400 or 413, Elasticsearch doesn't accept
	// this user; if it is 200 or 201, a pipeline of Elasticsearch has dropped the user
	// or written it elsewhere. Otherwise the user may or may not be stored: another import settles
	// it.
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

// Import stores new users, with many in each request. It treats each user as Create
// does: it never replaces a user and never makes an index. Of several users with one
// key, it stores the first, and the others get ErrExists.
//
// An import may be repeated, and so be resumed after it was killed. The users that
// it stored before are Present. Import repeats a request, with growing pauses, if
// Elasticsearch has no capacity for it, if the index takes no writes (as at the end
// of a migration), if there is no master, or if there is no response or none of
// Elasticsearch's. It gives up if it makes no progress with a batch for two minutes.
//
// The error is nil if the sequence was read to its end and no user failed: each is
// stored, ErrExists or ErrInvalid. Otherwise it is the error of the first user that
// failed. A user that Elasticsearch doesn't accept doesn't end the import. Any other
// failure ends it. So does ctx when it is done, and an error that users yields: the
// users before that error are still sent. Each user that was read has a result.
//
// The calling goroutine reads users ahead of what is stored: the users of Workers+1
// batches are in memory, however many there are. If the sequence can block, it must
// itself end when ctx is done.
//
// Import needs the index privileges index and read.
func (s *Store) Import(ctx context.Context, users iter.Seq2[signup.User, error], opts *ImportOptions) (ImportSummary, error) {
	i := importer{store: s, keys: map[string]struct{}{}}
	if opts != nil {
		i.opts = *opts
	}
	if i.opts.Workers < 0 || i.opts.BatchUsers < 0 || i.opts.BatchBytes < 0 {
		return ImportSummary{}, errors.New("esstore: import: a number of ImportOptions is negative")
	}
	if err := cmp.Or(s.client.Err, ctx.Err()); err != nil {
		return ImportSummary{}, &Error{Op: importOp, err: err, unsent: true}
	}
	if err := s.checkServed(ctx, importOp, ""); err != nil {
		return ImportSummary{}, err
	}
	if i.opts.CheckHash == nil {
		i.opts.CheckHash = signup.CheckKnownHash
	}
	setDefault(&i.opts.Workers, 2)
	setDefault(&i.opts.BatchUsers, 1000)
	setDefault(&i.opts.BatchBytes, batchBytes)
	i.pace = newPace(i.opts.BatchBytes)
	i.batch = newBatch(i.pace)
	i.done = make(chan *batch, i.opts.Workers)

	ctx, cancel := context.WithCancel(ctx)
	defer i.workers.Wait() // also if users or a callback panics
	defer cancel()
	return i.run(ctx, users)
}

func setDefault(n *int, value int) {
	if *n == 0 {
		*n = value
	}
}

// An importer is the state of one Import. Only the calling goroutine uses it, except
// for the batches that are being sent.
type importer struct {
	store *Store
	opts  ImportOptions // with the defaults

	sum ImportSummary
	err error // of the first user that failed
	end error // why no more is sent

	pace    *pace               // of all requests
	batch   *batch              // the batch being filled
	free    []*batch            // batches to be used again
	sending int                 // the number of batches that are being sent
	keys    map[string]struct{} // the keys in them
	done    chan *batch         // has room for all of them
	workers sync.WaitGroup
}

func (i *importer) run(ctx context.Context, users iter.Seq2[signup.User, error]) (ImportSummary, error) {
	var usersErr error
	for u, err := range users {
		if err != nil {
			usersErr = fmt.Errorf("esstore: import: %w", err)
			break
		}
		i.add(ctx, u)
		if err := ctx.Err(); err != nil && i.end == nil {
			i.end = &Error{Op: importOp, err: err, unsent: true}
		}
		if i.end != nil {
			break
		}
	}
	i.send(ctx)
	for i.sending > 0 {
		i.finish(<-i.done)
	}
	err := cmp.Or(i.end, i.err)
	if err != nil && usersErr != nil {
		return i.sum, errors.Join(usersErr, err)
	}
	return i.sum, cmp.Or(usersErr, err)
}

// add adds a user to the batch. It sends the batch if it is full.
func (i *importer) add(ctx context.Context, u signup.User) {
	n := i.sum.Read
	i.sum.Read++
	key := i.batch.add(n, u, i.opts.CheckHash(u.PasswordHash))
	// Of two users with one key, the second is sent after the response to the first.
	for i.isSending(key) {
		i.finish(<-i.done)
	}
	for len(i.done) > 0 {
		i.finish(<-i.done)
	}
	if len(i.batch.items) >= i.opts.BatchUsers || i.batch.lines.Len() >= i.pace.limit() {
		i.send(ctx)
	}
}

// isSending reports whether a user with this key is being sent.
func (i *importer) isSending(key string) bool {
	_, ok := i.keys[key]
	return ok
}

// send starts to send the batch as soon as a worker is free.
func (i *importer) send(ctx context.Context) {
	for i.sending == i.opts.Workers {
		i.finish(<-i.done)
	}
	b := i.batch
	if len(b.items) == 0 {
		return
	}
	if i.end != nil {
		b.settle(i.end)
		i.report(b)
		return
	}
	for n := range b.items {
		if key := b.items[n].key; key != "" {
			i.keys[key] = struct{}{}
		}
	}
	i.sending++
	i.workers.Go(func() {
		b.end = i.store.storeBatch(ctx, b)
		i.done <- b
	})
	if n := len(i.free); n > 0 {
		i.batch, i.free = i.free[n-1], i.free[:n-1]
	} else {
		i.batch = newBatch(i.pace)
	}
}

// finish takes the batch back from its worker and reports its results.
func (i *importer) finish(b *batch) {
	i.sending--
	for n := range b.items {
		delete(i.keys, b.items[n].key)
	}
	i.end = cmp.Or(i.end, b.end)
	i.report(b)
	i.free = append(i.free, b)
}

// report counts and reports the results of a batch, and empties it.
func (i *importer) report(b *batch) {
	for n := range b.items {
		r := b.items[n].ImportResult
		switch {
		case r.Err == nil && r.Present:
			i.sum.Present++
		case r.Err == nil:
			i.sum.Created++
		case errors.Is(r.Err, signup.ErrExists):
			i.sum.Exists++
		case errors.Is(r.Err, signup.ErrInvalid):
			i.sum.Invalid++
		default:
			i.sum.Failed++
			if i.err == nil {
				i.err = r.Err
			}
		}
		if i.opts.Result != nil {
			i.opts.Result(r)
		}
	}
	if i.opts.Progress != nil {
		i.opts.Progress(i.sum)
	}
	b.reset()
}
