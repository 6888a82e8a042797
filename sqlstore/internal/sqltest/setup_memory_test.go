package sqltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"modernc.org/sqlite"

	"github.com/gosignup/signup/sqlstore"
)

// Connections that each have a database in memory, or a temporary one, aren't set up. One
// connection is, and so are several that share a database.
func TestSetupMemory(t *testing.T) {
	for name, test := range map[string]struct {
		conns  int
		shared bool
	}{
		":memory:":                          {0, false},
		"":                                  {20, false},
		"file:own?mode=memory":              {2, false},
		"file::memory:":                     {1, true},
		"file:all?mode=memory&cache=shared": {0, true},
	} {
		db := openSQLite(t, name)
		db.SetMaxOpenConns(test.conns)
		if !test.shared {
			wantRefusal(t, database{DB: db}, "db.SetMaxOpenConns(1)")
			db.SetMaxOpenConns(1)
		}
		setUp(t, db, nil)
	}
}

// A beginner is a connection whose BEGIN is carried out although its context ends.
type beginner struct {
	driver.Conn
	cancel func()
}

func (b *beginner) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := b.Conn.(driver.ExecerContext).ExecContext(context.WithoutCancel(ctx), query, args)
	if query == "BEGIN IMMEDIATE" && b.cancel != nil {
		b.cancel()
		b.cancel = nil
		return nil, ctx.Err()
	}
	return r, err
}

func (b *beginner) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return b.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (b *beginner) Connect(context.Context) (driver.Conn, error) { return b, nil }
func (b *beginner) Driver() driver.Driver                        { return nil }

// No transaction remains open if the context ends while one begins.
func TestSetupCanceled(t *testing.T) {
	name := sqliteFile(t)
	conn, err := new(sqlite.Driver).Open(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	db := sql.OpenDB(&beginner{conn, cancel})
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	s := sqlstore.New(db, nil)
	if err := s.Setup(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Setup: got the error %v, want Canceled", err)
	}
	if err := s.Setup(t.Context()); err != nil {
		t.Errorf("Setup again: got the error %v, want nil", err)
	}
}
