package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// The defaults of an import. maxParameters is less than the 32,766 parameters that SQLite
// accepts, and the 65,535 of PostgreSQL.
const importUsers, importBytes, maxParameters = 500, 4 << 20, 30_000

// Import stores new users as they are, with many in each statement. It treats each user
// as Create does: it never replaces a user. Of several users with one key, it stores the
// first. The others get ErrExists or, with the same ID, are Present.
//
// A batch is one statement, and so a transaction of its own. If a key of it is held, one
// more statement reads the ID of its user. A batch that others have prevented is repeated for up
// to ten seconds. If the connection is lost, the batch is repeated for up to five
// seconds: the versions of its rows show what was stored. So no user is stored twice, and
// none is Present or ErrExists because of the call's own statement.
//
// An import may be repeated, and so be resumed after it was killed. The users that
// it stored before are Present.
//
// The error is nil if the sequence was read to its end and no user failed: each is
// stored, ErrExists or ErrInvalid. Otherwise it is the error of the first user that
// failed. ErrBusy means that this user was not stored. A user that the database refuses,
// because of a constraint that was added to the table, fails alone. Any other failure ends
// the import. So does ctx when it is done, and an error that users yields: the users
// before that error are still stored. Each user that was read has a result.
//
// ImportOptions.BatchUsers is 500 by default, with an upper limit of about 1,400;
// BatchBytes is 4 MiB. The users of one batch are in memory. Workers has no effect.
func (s *Store) Import(
	ctx context.Context, users iter.Seq2[signup.User, error], opts *transfer.ImportOptions,
) (transfer.ImportSummary, error) {
	var i importer
	var err error
	if i.opts, err = opts.Complete(transfer.ImportOptions{BatchUsers: importUsers, BatchBytes: importBytes}); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return i.sum, fmt.Errorf("sqlstore: import: %w", err)
	}
	st, f := s.ready(ctx, "import")
	if f != nil {
		return i.sum, f
	}
	i.batch = importBatch{base: &s.base, st: st}
	i.opts.BatchUsers = min(i.opts.BatchUsers, maxParameters/len(insertColumns()))
	return i.run(ctx, users)
}

// An importer is the state of one Import.
type importer struct {
	opts  transfer.ImportOptions // with the defaults
	sum   transfer.ImportSummary
	batch importBatch // the batch being filled
	err   error       // of the first user that failed
	end   error       // why no more is stored
}

func (i *importer) run(ctx context.Context, users iter.Seq2[signup.User, error]) (transfer.ImportSummary, error) {
	var usersErr error
	for u, err := range users {
		if err != nil {
			usersErr = fmt.Errorf("sqlstore: import: %w", err)
			break
		}
		i.batch.add(i.sum.Read, u, i.opts.CheckHash(u.PasswordHash))
		i.sum.Read++
		if len(i.batch.items) >= i.opts.BatchUsers || i.batch.bytes >= i.opts.BatchBytes {
			i.store(ctx)
		}
		if err := ctx.Err(); err != nil && i.end == nil {
			i.end = fmt.Errorf("sqlstore: import: %w", err)
		}
		if i.end != nil {
			break
		}
	}
	i.store(ctx)
	err := cmp.Or(i.end, i.err)
	if err != nil && usersErr != nil {
		return i.sum, errors.Join(usersErr, err)
	}
	return i.sum, cmp.Or(usersErr, err)
}

// store stores the batch, and reports and counts its results.
func (i *importer) store(ctx context.Context) {
	if len(i.batch.items) == 0 {
		return
	}
	if i.end == nil {
		i.end = i.batch.store(ctx)
	}
	i.batch.settle(i.end)
	for n := range i.batch.items {
		r := i.batch.items[n].ImportResult
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
	i.batch.reset()
}
