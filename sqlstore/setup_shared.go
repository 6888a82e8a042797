package sqlstore

import (
	"context"
	"database/sql"
	"errors"
)

var errOwnDatabase = errors.New("sqlstore: set up: each connection has a database of its own: " +
	"call db.SetMaxOpenConns(1), or give the database a file")

// checkShared returns an error if the database is one of SQLite that other connections of db
// don't have.
func (c *setupConn) checkShared(ctx context.Context, db *sql.DB) error {
	if c.st.dialect != SQLite || db.Stats().MaxOpenConnections == 1 {
		return nil
	}
	var file sql.NullString
	if err := c.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return newFailure(c.op, c.st.dialect, err)
	}
	if file.String != "" {
		return nil
	}
	conn, err := db.Conn(ctx) // another one, because c is in use
	if err != nil {
		return newFailure(c.op, c.st.dialect, err)
	}
	defer func() { _ = conn.Close() }()
	other := &setupConn{Conn: conn, st: c.st, op: c.op}
	shared, err := other.hasTable(ctx, c.st.prefix+"schema")
	if err == nil && !shared {
		err = errOwnDatabase
	}
	return err
}
