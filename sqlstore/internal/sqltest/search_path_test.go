package sqltest

import (
	"strings"
	"testing"

	"github.com/gosignup/signup/sqlstore"
)

// The tables are those that search_path finds first.
func TestSearchPath(t *testing.T) {
	db := openPostgreSQL(t)
	first := strings.TrimSuffix(newPrefix(t, db).Prefix, "_")
	second := first + "_2"
	mustExec(t, db, "CREATE SCHEMA "+first, "CREATE SCHEMA "+second)
	t.Cleanup(func() { mustExec(t, db, "DROP SCHEMA "+first+" CASCADE", "DROP SCHEMA "+second+" CASCADE") })
	wantTables := func(schema string, want int) {
		t.Helper()
		got := 0
		if err := db.QueryRow("SELECT count(*) FROM pg_tables WHERE schemaname = $1", schema).Scan(&got); err != nil || got != want {
			t.Errorf("got %d tables in %s and the error %v, want %d and nil", got, schema, err, want)
		}
	}
	setUp(t, openWith(t, "search_path=none,"+second), nil)
	wantTables(second, 3)
	both := openWith(t, "search_path="+first+","+second)
	setUp(t, both, nil)
	wantTables(first, 0)
	wantFindings(t, database{DB: both})
	setUp(t, openWith(t, "search_path="+first), nil)
	wantTables(first, 3)
	wantPlain(t, sqlstore.New(openWith(t, "search_path=none"), nil).Setup(t.Context()), "search_path")
}
