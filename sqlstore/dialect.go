package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A Dialect is a kind of database.
type Dialect int

const (
	// Detect means that the Store asks the database, once, before its first
	// statement.
	Detect Dialect = iota
	// PostgreSQL is PostgreSQL 13 or later.
	PostgreSQL
	// SQLite is SQLite 3.37 or later.
	SQLite
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case Detect:
		return "detect"
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// ready returns the Store's statements, for the dialect of the database.
func (b *base) ready(ctx context.Context, op string) (*statements, *failure) {
	if st := b.statements.Load(); st != nil {
		return st, nil
	}
	if b.err != nil {
		return nil, &failure{op: op, err: b.err}
	}
	d, f := b.detect(ctx, op)
	if f != nil {
		return nil, f
	}
	b.statements.CompareAndSwap(nil, newStatements(d, b.prefix))
	return b.statements.Load(), nil
}

// detect asks the database for its kind. The first question is valid in PostgreSQL, so
// that its log has no error.
func (b *base) detect(ctx context.Context, op string) (Dialect, *failure) {
	var version string
	err := b.db.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	switch {
	case err == nil && strings.HasPrefix(version, "PostgreSQL "):
		return PostgreSQL, nil
	case err == nil:
		return Detect, &failure{op: op, err: errors.New("the database is neither PostgreSQL nor SQLite")}
	case ctx.Err() != nil:
		return Detect, &failure{op: op, err: ctx.Err()}
	}
	if b.db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version) == nil {
		return SQLite, nil
	}
	d := Detect
	if _, ok := errors.AsType[coded](err); ok {
		d = SQLite
	}
	f := newFailure(op, d, err)
	if f.kind == open {
		f.kind = contended // nothing was written
	}
	return Detect, f
}
