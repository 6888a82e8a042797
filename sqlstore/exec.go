package sqlstore

import (
	"context"
	"database/sql"
	"errors"
)

// exec carries a statement out and returns the number of rows that it changed.
func (b *base) exec(ctx context.Context, st *statements, op, query string, args ...any) (int64, *failure) {
	release, err := b.alone(ctx, st)
	if err != nil {
		return 0, newFailure(op, st.dialect, err)
	}
	defer release()
	r, err := b.db.ExecContext(ctx, query, args...)
	var n int64
	if err == nil {
		n, err = r.RowsAffected()
	}
	if err != nil {
		return 0, newFailure(op, st.dialect, err)
	}
	return n, nil
}

// alone waits until no other write of b is under way, if the database is SQLite, which
// has one writer at a time. Its own lock isn't fair: of many that wait, some wait until
// they give up. So only Stores and processes compete for it, and few connections are
// open.
func (b *base) alone(ctx context.Context, st *statements) (release func(), err error) {
	if st.dialect != SQLite {
		return func() {}, nil
	}
	select {
	case b.writer <- struct{}{}:
		return func() { <-b.writer }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// holder reads the ID and the version stored under w.key; "" if there is no user.
func (w *write) holder(ctx context.Context, st *statements) (id, version string, f *failure) {
	err := w.db.QueryRowContext(ctx, st.holder, w.key).Scan(&id, &version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", "", newFailure(w.op, st.dialect, err)
	}
	return id, version, nil
}
