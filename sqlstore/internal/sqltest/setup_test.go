package sqltest

import (
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/gosignup/signup/sqlstore"
)

// Ten processes set the database up at once.
func TestSetupAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		pools := make([]*sql.DB, 10)
		for i := range pools {
			pools[i] = d.another(t)
		}
		var wg sync.WaitGroup
		for _, db := range pools {
			wg.Go(func() {
				if err := sqlstore.New(db, d.options).Setup(t.Context()); err != nil {
					t.Errorf("Setup, with nine others at once: got the error %v, want nil", err)
				}
			})
		}
		wg.Wait()
		setUp(t, d.DB, d.options)
	})
}

func mustExec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// wantRefusal checks that Setup returns an error with this text.
func wantRefusal(t *testing.T, d database, text string) {
	t.Helper()
	err := sqlstore.New(d.DB, d.options).Setup(t.Context())
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("Setup: got the error %v, want one that contains %q", err, text)
	}
}

func wantNewer(t *testing.T, d database, want bool) {
	t.Helper()
	newer, err := sqlstore.New(d.DB, d.options).HasNewerSchema(t.Context())
	if newer != want || err != nil {
		t.Errorf("HasNewerSchema: got %t and the error %v, want %t and nil", newer, err, want)
	}
}

func TestSetupRefuses(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		t.Run("a newer schema", func(t *testing.T) {
			d := newDatabase(t)
			wantNewer(t, d, false) // there is no schema
			setUp(t, d.DB, d.options)
			wantNewer(t, d, false)
			mustExec(t, d.DB, "UPDATE "+d.prefix()+"schema SET version = 99")
			wantRefusal(t, d, "version 99")
			wantNewer(t, d, true)
		})
		t.Run("another program's table", func(t *testing.T) {
			d := newDatabase(t)
			mustExec(t, d.DB, "CREATE TABLE "+d.prefix()+"users (name text)")
			wantRefusal(t, d, "table")
			mustExec(t, d.DB, "DROP TABLE "+d.prefix()+"users")
			setUp(t, d.DB, d.options) // nothing is left of the attempt
		})
		t.Run("a changed table", func(t *testing.T) {
			d := newDatabase(t)
			setUp(t, d.DB, d.options)
			mustExec(t, d.DB, "ALTER TABLE "+d.prefix()+"users DROP COLUMN last_name")
			wantRefusal(t, d, "has no column last_name. Add the column as in SchemaSQL")
			mustExec(t, d.DB, "ALTER TABLE "+d.prefix()+"users DROP COLUMN more")
			wantRefusal(t, d, "Check returns 1 more errors.")
		})
		t.Run("a table without a column for listings", func(t *testing.T) {
			d := newDatabase(t)
			setUp(t, d.DB, d.options)
			mustExec(t, d.DB, "ALTER TABLE "+d.prefix()+"users DROP COLUMN first_long")
			wantRefusal(t, d, "has no column first_long. If there are users, Export them")
		})
	})
}

// The statements of SchemaSQL make what Setup makes.
func TestSchemaSQL(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		dialect := sqlstore.PostgreSQL
		if d.options == nil {
			dialect = sqlstore.SQLite
		}
		all, err := sqlstore.SchemaSQL(dialect, d.prefix())
		if err != nil {
			t.Fatal(err)
		}
		mustExec(t, d.DB, strings.SplitAfter(strings.TrimSpace(all), ";\n")...)
		wantFindings(t, d)
		setUp(t, d.DB, d.options)
	})
}
