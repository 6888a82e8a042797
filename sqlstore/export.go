package sqlstore

import (
	"context"
	"fmt"
	"io"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

var _ interface {
	transfer.Exporter
	transfer.Importer
} = (*Store)(nil)

// exportPage is the greatest number of users in a page. A page that has exportBytes ends.
const exportPage, exportBytes = 1000, 4 << 20

// Export writes all users to w, in the order of their keys, as lines of JSON, which
// [transfer.Read] reads. Placeholders are left out. Without ExportOptions.Hashes, the
// secrets aren't read from the database.
//
// Export reads pages of at most 1,000 users, each with one statement. No connection is
// in use and no transaction is open while w is written to. An export has all users that
// were stored when it was called. If a user is created, changed or deleted meanwhile, it
// may have either state; a user whose address changes may be missing, or be there under
// both addresses.
//
// Export returns the number of users that it has written completely. They are all users
// only if the error is nil.
//
// Export survives a restart of the server. The first page is read as by [Store.Search]: if
// the database is unavailable, the error is ErrBusy at once. A later page that can't be
// read is repeated for up to a minute, whether the connection breaks, the database is
// unavailable or other statements prevent the page. After that, the error is ErrBusy in the
// cases that the package's documentation names. No attempt begins after that minute, but
// one may last longer if the server doesn't respond; ctx limits that.
//
// Other errors are that of w, ctx's, and ErrInvalid if there is a user that no line can
// have: see [transfer.Writer.Write].
func (s *Store) Export(ctx context.Context, w io.Writer, opts *transfer.ExportOptions) (n int64, err error) {
	lines := transfer.NewWriter(w, opts)
	e := exporter{Store: s, columns: exportColumns(opts != nil && opts.Hashes), size: exportPage}
	for !e.ended {
		users, err := e.next(ctx)
		if err != nil {
			return lines.Count(), err
		}
		if err := lines.Write(users...); err != nil {
			return lines.Count(), fmt.Errorf("sqlstore: export: %w", err)
		}
	}
	return lines.Count(), nil
}

// An exporter is the state of one Export.
type exporter struct {
	*Store
	columns []string
	size    int    // of the next page
	last    string // the key of the last user that was read
	ended   bool   // there are no more users
}

// next reads the next page, again if it can't be read. Before the first one, a database
// that isn't there is as likely a wrong URL as a restart.
func (e *exporter) next(ctx context.Context) (users []signup.User, err error) {
	r := reading{"export", settleTimeout, false}
	if e.last != "" {
		r = reading{"export", restartTimeout, true}
	}
	err = r.repeat(ctx, func() (err error) {
		users, err = e.page(ctx)
		return err
	})
	return users, err
}

// page reads the next page.
func (e *exporter) page(ctx context.Context) (users []signup.User, err error) {
	st, f := e.ready(ctx, "export")
	if f != nil {
		return nil, f
	}
	rows, err := e.db.QueryContext(ctx, exportQuery(st, e.columns), e.last, e.size)
	if err != nil {
		return nil, newFailure("export", st.dialect, err)
	}
	defer func() { _ = rows.Close() }()
	length := 0
	for length < exportBytes && rows.Next() {
		u, n, err := scanExported(st.dialect, rows, e.columns)
		if err != nil {
			return nil, err // reading it again doesn't change it
		}
		users, length = append(users, u), length+n
	}
	if err := rows.Err(); err != nil {
		return nil, newFailure("export", st.dialect, err)
	}
	e.ended = len(users) < e.size && length < exportBytes
	if n := len(users); n > 0 {
		e.last = users[n-1].Key()
		// The database has sent the rows after exportBytes in vain.
		e.size = min(2*n, exportPage)
	}
	return users, nil
}
