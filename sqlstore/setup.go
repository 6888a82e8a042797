package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
)

// Setup makes the tables if they don't exist, and migrates those of an earlier version
// of this package, in one transaction. Any number of processes may call it at once,
// for example at their start: one makes the tables, and the others wait. If the schema
// is current, Setup changes nothing and needs no privilege to create tables.
//
// Setup returns an error if a later version of this package has made the schema, if
// tables with these names weren't made by this package, if [Store.Check] finds an
// error in the tables, or if each connection has a SQLite database of its own. If ctx is
// done, the error is the context's.
func (s *Store) Setup(ctx context.Context) error {
	for p := newPacer(); ; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("sqlstore: set up: %w", err)
		}
		err := s.setup(ctx)
		f, failed := errors.AsType[*failure](err)
		switch {
		case ctx.Err() != nil && err != nil:
		case !failed:
			return err
		case f.kind != contended && f.kind != open || !p.wait(ctx, busyTimeout) && ctx.Err() == nil:
			return f
		}
	}
}

func (s *Store) setup(ctx context.Context) error {
	st, f := s.ready(ctx, "set up")
	if f != nil {
		return f
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return newFailure("set up", st.dialect, err)
	}
	defer func() { _ = conn.Close() }()
	c := &setupConn{Conn: conn, st: st, op: "set up"}
	version, err := c.version(ctx)
	if err == nil && version < schemaVersion {
		err = c.locked(ctx, func() error { return c.migrate(ctx) })
	}
	if err != nil {
		return err
	}
	if version > schemaVersion {
		return c.newer(version)
	}
	if err := c.checkTables(ctx); err != nil {
		return err
	}
	return c.checkShared(ctx, s.db)
}

// A setupConn is the one connection of a Setup or Check.
type setupConn struct {
	*sql.Conn
	st *statements
	op string
}

func (c *setupConn) newer(version int) error {
	return fmt.Errorf("sqlstore: set up: the schema has version %d, and this version of the package knows %d at most: use a later one", version, schemaVersion)
}

// migrate makes or migrates the tables. It is called within a transaction that
// excludes others.
func (c *setupConn) migrate(ctx context.Context) error {
	version, err := c.version(ctx)
	if err != nil {
		return err
	}
	if version > schemaVersion {
		return c.newer(version)
	}
	for next := version + 1; next <= schemaVersion; next++ {
		for _, statement := range migration(c.st.dialect, c.st.prefix, next) {
			if err := c.do(ctx, statement); err != nil {
				return err
			}
		}
	}
	return nil
}

// locked calls f within a transaction that no other Setup with this prefix has at the
// same time.
func (c *setupConn) locked(ctx context.Context, f func() error) (err error) {
	begin, lock := "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lockOf(c.st.prefix))
	if c.st.dialect == SQLite {
		begin, lock = "BEGIN IMMEDIATE", ""
	}
	if err := c.do(ctx, begin); err != nil {
		if ctx.Err() != nil { // SQLite's driver may have begun all the same
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lateTimeout)
			defer cancel()
			_ = c.do(late, "ROLLBACK")
		}
		return err
	}
	defer func() {
		if err != nil {
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lateTimeout)
			defer cancel()
			if c.do(late, "ROLLBACK") != nil {
				// A connection within a transaction must not return to the pool.
				_ = c.Raw(func(any) error { return driver.ErrBadConn })
			}
		}
	}()
	if lock != "" {
		if err := c.do(ctx, lock); err != nil {
			return err
		}
	}
	if err := f(); err != nil {
		return err
	}
	return c.do(ctx, "COMMIT")
}

// lockOf returns the number of the advisory lock of a prefix.
func lockOf(prefix string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("github.com/gosignup/signup/sqlstore " + prefix))
	return int64(h.Sum64())
}

func (c *setupConn) do(ctx context.Context, statement string) error {
	if _, err := c.ExecContext(ctx, statement); err != nil {
		return newFailure(c.op, c.st.dialect, err)
	}
	return nil
}

// version returns the version of the schema; 0 if there is none.
func (c *setupConn) version(ctx context.Context) (int, error) {
	exists, err := c.hasTable(ctx, c.st.prefix+"schema")
	if err != nil || !exists {
		return 0, err
	}
	var version sql.NullInt64
	if err := c.QueryRowContext(ctx, "SELECT max(version) FROM "+c.st.prefix+"schema").Scan(&version); err != nil {
		return 0, newFailure(c.op, c.st.dialect, err)
	}
	return int(version.Int64), nil
}

func (c *setupConn) hasTable(ctx context.Context, name string) (bool, error) {
	query := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
	if c.st.dialect == PostgreSQL {
		query = "SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)"
	}
	var n int
	if err := c.QueryRowContext(ctx, query, name).Scan(&n); err != nil {
		return false, newFailure(c.op, c.st.dialect, err)
	}
	return n > 0, nil
}
