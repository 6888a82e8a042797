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
	// Workers is how many requests there are at once. 0 is 2.
	Workers int
	// BatchUsers is how many users a request has at most. 0 is 1000.
	BatchUsers int
	// BatchBytes is how long a request is: it takes no further user once it
	// has reached that. 0 is 5 MiB. If the server takes less, Import finds out.
	BatchBytes int

	// Result is called for each user, Progress after each batch. Both are called
	// by Import's own goroutine, so that they are never called at once, hold up
	// the import while they run, and aren't called once it has returned.
	//
	// Users of one batch have their results in their order; batches, in the order
	// in which they end.
	Result   func(ImportResult)
	Progress func(ImportSummary)
}

// An ImportResult is what became of one user.
type ImportResult struct {
	// N is the user's place in the sequence, from 0.
	N int64
	// User is as the sequence gave it.
	User signup.User
	// Present says that a user of the same ID and key was there already, maybe
	// changed since. Nothing was written.
	Present bool
	// Err is nil if the user is stored, by this import or, if Present, before.
	// If the address is another user's, it is an ErrExists; if the user can't be
	// stored, an ErrInvalid. With any other error the user failed: if it has a
	// status of 400 or 413, Elasticsearch doesn't take this user; else the user
	// may or may not be stored, and another import settles it.
	Err error
}

// An ImportSummary counts users.
type ImportSummary struct {
	Read int64 // from the sequence

	// What became of those: at the end, the five add up to Read.
	Created int64 // by this import
	Present int64 // see ImportResult.Present
	Exists  int64 // an ErrExists
	Invalid int64 // an ErrInvalid
	Failed  int64 // another error
}

// Import stores new users, many a request. It treats each as Create does: it never
// replaces anybody, and never makes an index. Of several users of one key the
// first wins, and the others are an ErrExists.
//
// It may be repeated, and so be resumed after it was killed: whom it has stored,
// by their IDs, it finds Present. It sends again, with growing pauses, what
// Elasticsearch had no capacity for, or can't have for the moment (an index that
// takes no writes, as at the end of a migration, or no master), and what got no
// answer or none of Elasticsearch's. It gives up on a batch for which two
// minutes brought nothing.
//
// The error is nil if the sequence was read to its end and nobody failed: all are
// stored, or are an ErrExists or ErrInvalid. Else it is the first of those
// errors. One user whom Elasticsearch doesn't take doesn't end the import. Any
// other failure does, and so does an error that users yields, once those who
// came before it are sent, and ctx. Whoever was read has a result.
//
// users is read by the calling goroutine, some way ahead of what is stored: the
// users of Workers+1 batches are in memory, however many there are. A sequence
// that blocks should end with ctx itself.
//
// It takes the index privileges index and read.
func (s *Store) Import(ctx context.Context, users iter.Seq2[signup.User, error], opts *ImportOptions) (ImportSummary, error) {
	i := importer{store: s, flying: map[string]struct{}{}, batch: newBatch()}
	if opts != nil {
		i.opts = *opts
	}
	if i.opts.Workers < 0 || i.opts.BatchUsers < 0 || i.opts.BatchBytes < 0 {
		return ImportSummary{}, errors.New("esstore: import: a number of ImportOptions is negative")
	}
	if err := cmp.Or(s.client.Err, ctx.Err()); err != nil {
		return ImportSummary{}, &Error{Op: importOp, err: err, unsent: true}
	}
	setDefault(&i.opts.Workers, 2)
	setDefault(&i.opts.BatchUsers, 1000)
	setDefault(&i.opts.BatchBytes, 5<<20)
	i.done = make(chan *batch, i.opts.Workers)

	ctx, cancel := context.WithCancel(ctx)
	defer i.workers.Wait() // also when users or a callback panics
	defer cancel()
	return i.run(ctx, users)
}

func setDefault(n *int, value int) {
	if *n == 0 {
		*n = value
	}
}

// An importer is one Import. All but the batches that are being sent is its
// calling goroutine's.
type importer struct {
	store *Store
	opts  ImportOptions // with the defaults

	sum ImportSummary
	err error // of the first user that failed
	end error // why no more is sent

	batch   *batch // being filled
	free    []*batch
	sent    int                 // how many are being sent
	flying  map[string]struct{} // the keys in those
	done    chan *batch         // has room for all of those
	workers sync.WaitGroup
}

func (i *importer) run(ctx context.Context, users iter.Seq2[signup.User, error]) (ImportSummary, error) {
	var ofUsers error
	for u, err := range users {
		if err != nil {
			ofUsers = fmt.Errorf("esstore: import: %w", err)
			break
		}
		i.add(ctx, u)
		if err := ctx.Err(); err != nil && i.end == nil {
			i.end = fmt.Errorf("esstore: import: %w", err)
		}
		if i.end != nil {
			break
		}
	}
	i.send(ctx)
	for i.sent > 0 {
		i.land(<-i.done)
	}
	err := cmp.Or(i.end, i.err)
	if err != nil && ofUsers != nil {
		return i.sum, errors.Join(ofUsers, err)
	}
	return i.sum, cmp.Or(ofUsers, err)
}

// add takes one user.
func (i *importer) add(ctx context.Context, u signup.User) {
	n := i.sum.Read
	i.sum.Read++
	key := i.batch.add(n, u)
	// The request with the first of two users of one key has its answer before
	// the other's is sent.
	for i.isFlying(key) {
		i.land(<-i.done)
	}
	for len(i.done) > 0 {
		i.land(<-i.done)
	}
	if len(i.batch.items) >= i.opts.BatchUsers || i.batch.lines.Len() >= i.opts.BatchBytes {
		i.send(ctx)
	}
}

func (i *importer) isFlying(key string) bool {
	_, is := i.flying[key]
	return is
}

// send has the batch sent, once a worker is free.
func (i *importer) send(ctx context.Context) {
	for i.sent == i.opts.Workers {
		i.land(<-i.done)
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
			i.flying[key] = struct{}{}
		}
	}
	i.sent++
	i.workers.Go(func() {
		b.end = i.store.storeBatch(ctx, b)
		i.done <- b
	})
	if n := len(i.free); n > 0 {
		i.batch, i.free = i.free[n-1], i.free[:n-1]
	} else {
		i.batch = newBatch()
	}
}

// land takes the batch back from its worker.
func (i *importer) land(b *batch) {
	i.sent--
	for n := range b.items {
		delete(i.flying, b.items[n].key)
	}
	i.end = cmp.Or(i.end, b.end)
	if b.tooLong > 0 {
		i.opts.BatchBytes = max(1, min(i.opts.BatchBytes, b.tooLong/2))
	}
	i.report(b)
	i.free = append(i.free, b)
}

// report counts and tells what became of the users of a batch, and empties it.
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
