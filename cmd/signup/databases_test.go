package main

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// server returns the URL of the server of scripts/postgresql.
var server = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("../../scripts/postgresql").Output()
	if e, ok := err.(*exec.ExitError); ok {
		err = fmt.Errorf("scripts/postgresql: %w: %s", err, e.Stderr)
	}
	return strings.TrimSpace(string(out)), err
})

// newPostgreSQL returns the URL of a store that has no tables yet. They are removed at the
// end of the test.
func newPostgreSQL(t *testing.T) string {
	t.Helper()
	url, err := server()
	if err != nil {
		t.Fatal(err)
	}
	prefix := "t_" + strings.ToLower(rand.Text()) + "_"
	t.Cleanup(func() {
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.Exec(fmt.Sprintf("DROP TABLE IF EXISTS %[1]susers, %[1]scounts, %[1]sschema", prefix)); err != nil {
			t.Errorf("drop the tables: got the error %v, want nil", err)
		}
	})
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return url + separator + "prefix=" + prefix
}

func newSQLite(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "users %41#1.db") }

// each runs the test with a new store of each kind, which isn't set up.
func each(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, newSQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, newPostgreSQL(t)) })
}

// eachFilled runs the test with a store of each kind that has n users.
func eachFilled(t *testing.T, n int, test func(t *testing.T, url string)) {
	each(t, func(t *testing.T, url string) {
		on(url).run(t.Context(), "setup").want(t, exitDone)
		fill(t, url, n)
		test(t, url)
	})
}
