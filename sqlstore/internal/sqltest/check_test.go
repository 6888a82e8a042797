package sqltest

import (
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup/sqlstore"
)

// wantFindings checks that Check finds these codes.
func wantFindings(t *testing.T, d database, want ...string) {
	t.Helper()
	findings, err := sqlstore.New(d.DB, d.options).Check(t.Context())
	if err != nil {
		t.Errorf("Check: got the error %v, want nil", err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Code)
		if f.Problem == "" || f.Remedy == "" || f.Severity == "" {
			t.Errorf("got the finding %+v, want one with all fields", f)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("Check: got the findings %+v, want the codes %q", findings, want)
	}
}

func TestCheck(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		for _, test := range []struct {
			only string // the kind of database; "" for both
			sql  string
			want []string
		}{
			{"", "", nil},
			{"", "DROP TABLE {}schema", []string{sqlstore.CodeNoSchema}},
			{"", "UPDATE {}schema SET version = 99", []string{sqlstore.CodeNewerSchema}},
			{"", "DROP TABLE {}counts", []string{sqlstore.CodeNoTable}},
			{"", "DROP INDEX {}counts_ends", []string{sqlstore.CodeIndex}},
			{"", "ALTER TABLE {}users DROP COLUMN more", []string{sqlstore.CodeColumn}},
			{"", "ALTER TABLE {}users ADD COLUMN later text", nil},
			{"PostgreSQL", "ALTER TABLE {}users ADD COLUMN later text NOT NULL", []string{sqlstore.CodeColumn}},
			{"PostgreSQL", "ALTER TABLE {}users ALTER COLUMN first_name TYPE varchar(10)", []string{sqlstore.CodeColumn}},
			{"PostgreSQL", `ALTER TABLE {}users ALTER COLUMN key TYPE text COLLATE "en-x-icu"`, []string{sqlstore.CodeCollation}},
			{"PostgreSQL", "ALTER TABLE {}users DROP CONSTRAINT {}users_pkey", []string{sqlstore.CodePrimaryKey}},
			{"SQLite", "DROP TABLE {}users; CREATE TABLE {}users AS SELECT 1 AS key", []string{sqlstore.CodeColumn}},
		} {
			if test.only != "" && !strings.HasSuffix(t.Name(), test.only) {
				continue
			}
			t.Run(test.sql, func(t *testing.T) {
				d := newDatabase(t)
				setUp(t, d.DB, d.options)
				mustExec(t, d.DB, strings.ReplaceAll(test.sql, "{}", d.prefix()))
				if strings.Contains(test.sql, "AS SELECT") { // each column is wrong
					findings, err := sqlstore.New(d.DB, d.options).Check(t.Context())
					if err != nil || len(findings) < 17 || findings[len(findings)-1].Code != sqlstore.CodePrimaryKey {
						t.Errorf("got the findings %+v and the error %v, want one for each column and one for the primary key", findings, err)
					}
					return
				}
				wantFindings(t, d, test.want...)
			})
		}
	})
}

func TestCheckSettings(t *testing.T) {
	for _, test := range []struct {
		setting string // in the name of the database
		want    []string
	}{
		{"?_pragma=journal_mode(DELETE)", []string{sqlstore.CodeJournal}},
		{"?_pragma=journal_mode(MEMORY)", []string{sqlstore.CodeNotDurable}},
		{"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)", []string{sqlstore.CodeNotDurable}},
		{"?_pragma=journal_mode(WAL)&_pragma=query_only(1)", []string{sqlstore.CodeReadOnly}},
	} {
		t.Run(test.setting, func(t *testing.T) {
			name := sqliteFile(t)
			file, _, _ := strings.Cut(name, "?")
			setUp(t, openSQLite(t, file), nil)
			wantFindings(t, database{DB: openSQLite(t, file+test.setting)}, test.want...)
		})
	}
	for _, test := range []struct {
		setting string // of the connection
		want    []string
	}{
		{"synchronous_commit=off", []string{sqlstore.CodeNotDurable}},
		{"default_transaction_read_only=on", []string{sqlstore.CodeReadOnly}},
	} {
		t.Run(test.setting, func(t *testing.T) {
			db := openPostgreSQL(t)
			o := newPrefix(t, db)
			setUp(t, db, o)
			wantFindings(t, database{DB: openWith(t, test.setting), options: o}, test.want...)
		})
	}
}
