package sql

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup/sqlstore"
)

var connections = flag.Int("connections", 16, "the number of goroutines, and so of connections, that create and get at once")

// TestMain prints the versions of the databases, as configuration lines for benchstat.
func TestMain(m *testing.M) {
	flag.Parse()
	if url := os.Getenv(Variable); url != "" && flag.Lookup("test.bench").Value.String() != "" {
		version, err := ServerVersion(context.Background(), url)
		if err != nil {
			fmt.Fprintf(os.Stderr, "the server at %s: %v\n", Variable, err)
			os.Exit(1)
		}
		embedded, err := SQLiteVersion(context.Background())
		if err != nil {
			fmt.Fprintf(os.Stderr, "SQLite: %v\n", err)
			os.Exit(1)
		}
		fmt.Printf("postgresql: %s\nsqlite: %s\n", version, embedded)
	}
	os.Exit(m.Run())
}

// server returns the URL of the PostgreSQL server: that of [Variable], or of
// scripts/postgresql.
var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv(Variable); url != "" {
		return url, nil
	}
	out, err := exec.Command("../../../scripts/postgresql").Output()
	if err != nil {
		err = fmt.Errorf("%s is not set, and scripts/postgresql: %w", Variable, err)
	}
	return strings.TrimSpace(string(out)), err
})

// A database is the database to measure on, with one pool for all users of it.
type database struct {
	*sql.DB
	dialect sqlstore.Dialect
	write   sync.Mutex // held by the writes by hand in SQLite
}

func open(t testing.TB, dialect sqlstore.Dialect) *database {
	t.Helper()
	driver, name := "sqlite", "file:"+filepath.Join(t.TempDir(), "users.db")+
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"
	if dialect == sqlstore.PostgreSQL {
		var err error
		driver = "pgx"
		if name, err = server(); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(*connections)
	db.SetMaxIdleConns(*connections)
	t.Cleanup(func() { _ = db.Close() })
	return &database{DB: db, dialect: dialect}
}

// eachDatabase runs the benchmark on both databases.
func eachDatabase(b *testing.B, benchmark func(b *testing.B, d *database)) {
	for _, dialect := range []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.SQLite} {
		b.Run("db="+dialect.String(), func(b *testing.B) { benchmark(b, open(b, dialect)) })
	}
}

// alone is for a write by hand: it waits until no other one is under way, if the database
// is SQLite.
func (d *database) alone() (release func()) {
	if d.dialect != sqlstore.SQLite {
		return func() {}
	}
	d.write.Lock()
	return d.write.Unlock
}

// A table is a table of users with a Store.
type table struct {
	*database
	store  *sqlstore.Store
	prefix string
	insert string // the statements by hand
	get    string
}

var tables atomic.Int64

// newTable sets up a Store. remove removes its tables, and may be called more than once.
func (d *database) newTable(t testing.TB) (_ *table, remove func()) {
	t.Helper()
	prefix := fmt.Sprintf("bench_%d_%d_", os.Getpid(), tables.Add(1))
	store := sqlstore.New(d.DB, &sqlstore.Options{Prefix: prefix})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	removed := false
	remove = func() {
		if removed {
			return
		}
		removed = true
		for _, name := range []string{"users", "counts", "schema"} {
			if _, err := d.Exec("DROP TABLE " + prefix + name); err != nil {
				t.Errorf("removing the tables: got the error %v, want nil", err)
			}
		}
	}
	t.Cleanup(remove)
	insert, get := statements(prefix + "users")
	return &table{database: d, store: store, prefix: prefix, insert: insert, get: get}, remove
}
