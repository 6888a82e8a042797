package sqltest

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/gosignup/signup/sqlstore"
)

// sqliteFile returns the name of a new file for sql.Open.
func sqliteFile(t testing.TB) string {
	path := url.URL{Path: filepath.Join(t.TempDir(), "users.db")} // which may have a "#"
	return "file:" + path.EscapedPath() + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"
}

// openSQLite opens the database of that name. It is closed at the end of the test.
func openSQLite(t testing.TB, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// setUp returns a Store of db that is set up.
func setUp(t testing.TB, db *sql.DB, o *sqlstore.Options) *sqlstore.Store {
	t.Helper()
	s := sqlstore.New(db, o)
	if err := s.Setup(t.Context()); err != nil {
		t.Fatalf("Setup: got the error %v, want nil", err)
	}
	return s
}
