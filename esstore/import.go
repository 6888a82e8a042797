package esstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// The types of an import are those of all stores.
type (
	// ImportOptions are the options of Import. Workers is 2 by default, BatchUsers 1000,
	// and BatchBytes 5 MiB. If the server accepts less, or has no capacity, requests
	// are shorter.
	ImportOptions = transfer.ImportOptions
	// An ImportResult is the result of importing one user.
	ImportResult = transfer.ImportResult
	// An ImportSummary counts users.
	ImportSummary = transfer.ImportSummary
)

var _ interface {
	transfer.Exporter
	transfer.Importer
} = (*Store)(nil)

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
// The error of a user that failed is an [*Error]. If its Status is 400 or 413,
// Elasticsearch doesn't accept this user; if it is 200 or 201, a pipeline of
// Elasticsearch has dropped the user or written it elsewhere. Otherwise the user may or
// may not be stored: another import settles it.
//
// The calling goroutine reads users ahead of what is stored: the users of Workers+1
// batches are in memory, however many there are. If the sequence can block, it must
// itself end when ctx is done.
//
// Import needs the index privileges index and read.
func (s *Store) Import(ctx context.Context, users iter.Seq2[signup.User, error], opts *ImportOptions) (ImportSummary, error) {
	i := importer{store: s, keys: map[string]struct{}{}}
	var err error
	if i.opts, err = opts.Complete(ImportOptions{Workers: 2, BatchUsers: 1000, BatchBytes: batchBytes}); err != nil {
		return ImportSummary{}, fmt.Errorf("esstore: import: %w", err)
	}
	if err := cmp.Or(s.client.Err, ctx.Err()); err != nil {
		return ImportSummary{}, &Error{Op: importOp, err: err, unsent: true}
	}
	if err := s.checkServed(ctx, importOp, ""); err != nil {
		return ImportSummary{}, err
	}
	i.pace = newPace(i.opts.BatchBytes)
	i.batch = newBatch(i.pace)
	i.done = make(chan *batch, i.opts.Workers)

	ctx, cancel := context.WithCancel(ctx)
	defer i.workers.Wait() // also if users or a callback panics
	defer cancel()
	return i.run(ctx, users)
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
		if i.sum.Count(r) && i.err == nil {
			i.err = r.Err
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
