package sqltest

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/gosignup/signup/sqlstore"
)

// server returns the URL of the server of scripts/postgresql.
var server = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("../../../scripts/postgresql").Output()
	if e, ok := err.(*exec.ExitError); ok {
		err = fmt.Errorf("scripts/postgresql: %w: %s", err, e.Stderr)
	}
	return strings.TrimSpace(string(out)), err
})

// openPostgreSQL opens the database of the tests. It is closed at the end of the test.
func openPostgreSQL(t testing.TB) *sql.DB {
	t.Helper()
	url, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return openPool(t, url)
}

// openWith opens it with a setting for its connections, such as "lock_timeout=1s".
func openWith(t testing.TB, setting string) *sql.DB {
	t.Helper()
	url, err := server()
	if err != nil {
		t.Fatal(err)
	}
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return openPool(t, url+separator+setting)
}

func openPool(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// newPrefix returns Options with a prefix that no other test has. The tables are removed
// after the test.
func newPrefix(t testing.TB, db *sql.DB) *sqlstore.Options {
	t.Helper()
	prefix := "t_" + strings.ToLower(rand.Text()) + "_"
	t.Cleanup(func() {
		if _, err := db.Exec(fmt.Sprintf("DROP TABLE IF EXISTS %[1]susers, %[1]scounts, %[1]sschema", prefix)); err != nil {
			t.Errorf("drop the tables: %v", err)
		}
	})
	return &sqlstore.Options{Prefix: prefix}
}
