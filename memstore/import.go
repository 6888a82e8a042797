package memstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// Import stores new users as they are. It treats each user as Create does: it never
// replaces a user. Of several users with one key, it stores the first. The others get
// ErrExists or, with the same ID, are Present.
//
// The error is nil if the sequence was read to its end: each user is stored, ErrExists or
// ErrInvalid. Import ends when ctx is done, and with an error that users yields: the
// users before that are stored. After the end of ctx, the user that was read last may
// have ctx's error, and isn't stored then.
//
// ImportOptions.Workers and BatchBytes have no effect. BatchUsers is after how many users
// Progress is called; 0 means 1000.
func (s *Store) Import(
	ctx context.Context, users iter.Seq2[signup.User, error], opts *transfer.ImportOptions,
) (transfer.ImportSummary, error) {
	var i importer
	var err error
	if i.opts, err = opts.Complete(transfer.ImportOptions{BatchUsers: chunk}); err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = i.run(ctx, s, users)
	}
	if err != nil {
		err = fmt.Errorf("memstore: import: %w", err)
	}
	return i.sum, err
}

// An importer is the state of one Import.
type importer struct {
	opts    transfer.ImportOptions // with the defaults
	sum     transfer.ImportSummary
	err     error // of the first user that failed
	pending int   // the users since Progress was called
}

func (i *importer) run(ctx context.Context, s *Store, users iter.Seq2[signup.User, error]) (err error) {
	for u, failed := range users {
		if failed != nil {
			err = failed
			break
		}
		i.add(ctx, s, u)
		if err = ctx.Err(); err != nil {
			break
		}
	}
	if i.pending > 0 {
		i.progress()
	}
	return cmp.Or(err, i.err)
}

// add stores u, and reports and counts the result.
func (i *importer) add(ctx context.Context, s *Store, u signup.User) {
	r := transfer.ImportResult{N: i.sum.Read, User: u, Err: i.opts.CheckHash(u.PasswordHash)}
	i.sum.Read++
	if r.Err == nil {
		r.Err = s.Create(ctx, &u)
	}
	if errors.Is(r.Err, signup.ErrReplayed) {
		r.Present, r.Err = true, nil
	}
	if i.sum.Count(r) && i.err == nil {
		i.err = r.Err
	}
	if i.opts.Result != nil {
		i.opts.Result(r)
	}
	if i.pending++; i.pending == i.opts.BatchUsers {
		i.progress()
	}
}

func (i *importer) progress() {
	i.pending = 0
	if i.opts.Progress != nil {
		i.opts.Progress(i.sum)
	}
}
