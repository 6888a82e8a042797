package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/gosignup/signup/sqlstore"
)

// A fake is a database with one row of users, whose statements can fail. It knows the
// statements of a Store by their first words.
type fake struct {
	mu    sync.Mutex
	row   *fakeRow
	steps []step // what the next statements do
	sent  []string
}

type fakeRow struct{ key, id, version string }

// A step is what one statement does.
type step struct {
	made   bool // the statement has its effect
	err    error
	before func(f *fake) // called first, with mu held
}

// stateError is an error of PostgreSQL, whose text contains a value.
type stateError string

func (e stateError) Error() string    { return "a value: correct horse" }
func (e stateError) SQLState() string { return string(e) }

// codeError is an error of SQLite.
type codeError int

func (e codeError) Error() string { return "the text of an error" }
func (e codeError) Code() int     { return int(e) }

func newFake(t testing.TB, d sqlstore.Dialect, steps ...step) (*fake, *sqlstore.Store) {
	f := &fake{steps: steps}
	db := sql.OpenDB(f)
	t.Cleanup(func() { _ = db.Close() })
	return f, sqlstore.New(db, &sqlstore.Options{Dialect: d})
}

func (f *fake) Connect(context.Context) (driver.Conn, error) { return fakeConn{f}, nil }
func (f *fake) Driver() driver.Driver                        { return nil }

type fakeConn struct{ *fake }

func (fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (fakeConn) Begin() (driver.Tx, error)           { return nil, errors.New("no transaction") }
func (fakeConn) Close() error                        { return nil }

// next returns the step of the next statement.
func (f *fake) next(query string) step {
	f.sent = append(f.sent, strings.Fields(query)[0])
	s := step{made: true}
	if len(f.steps) > 0 {
		s, f.steps = f.steps[0], f.steps[1:]
	}
	if s.before != nil {
		s.before(f)
	}
	return s
}

func (c fakeConn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.next(query)
	text := func(fromEnd int) string {
		v, _ := args[len(args)-1-fromEnd].Value.(string)
		return v
	}
	var n int64
	change := func(key, id, version string, row *fakeRow) {
		if c.row != nil && c.row.key == key && c.row.id == id && c.row.version == version {
			c.row, n = row, 1
		}
	}
	switch {
	case !s.made:
	case strings.HasPrefix(query, "INSERT"):
		if c.row == nil {
			c.row, n = &fakeRow{args[0].Value.(string), args[2].Value.(string), args[3].Value.(string)}, 1
		}
	case strings.Contains(query, "SET version = version"):
		if c.row != nil && c.row.key == text(1) && (c.row.id == text(0) || c.row.version == text(0)) {
			n = 1
		}
	case strings.HasPrefix(query, "UPDATE"):
		change(text(2), text(1), text(0), &fakeRow{text(2), text(1), args[0].Value.(string)})
	case strings.HasPrefix(query, "DELETE"):
		change(text(2), text(1), text(0), nil)
	}
	return driver.RowsAffected(n), s.err
}

func (c fakeConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.next(query)
	rows := &fakeRows{columns: []string{"id", "version"}}
	switch {
	case strings.HasPrefix(query, "INSERT"): // of an import
		rows.columns = []string{"version"}
		if s.made && c.row == nil {
			c.row = &fakeRow{args[0].Value.(string), args[2].Value.(string), args[3].Value.(string)}
			rows.row = []driver.Value{c.row.version}
		}
	case c.row == nil || c.row.key != args[0].Value:
	case strings.HasPrefix(query, "SELECT key, id, version "):
		rows.columns, rows.row = []string{"key", "id", "version"}, []driver.Value{c.row.key, c.row.id, c.row.version}
	default:
		rows.row = []driver.Value{c.row.id, c.row.version}
	}
	if s.err != nil {
		return nil, s.err
	}
	if strings.Contains(query, " WHERE key > $1 AND NOT placeholder ") {
		return newFakePage(query, args), nil
	}
	return rows, nil
}

// fakeRows has the row of a statement, if there is one.
type fakeRows struct {
	columns []string
	row     []driver.Value
}

func (r *fakeRows) Columns() []string { return r.columns }
func (*fakeRows) Close() error        { return nil }

func (r *fakeRows) Next(to []driver.Value) error {
	if r.row == nil {
		return io.EOF
	}
	copy(to, r.row)
	r.row = nil
	return nil
}
