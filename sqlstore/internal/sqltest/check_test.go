package sqltest

import (
	"maps"
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
			{"", "DROP INDEX {}users_created", []string{sqlstore.CodeIndex}},
			{"", "DROP INDEX {}users_last; DROP INDEX {}users_first", []string{sqlstore.CodeIndex, sqlstore.CodeIndex}},
			{"", "DROP INDEX {}users_long", []string{sqlstore.CodeIndex}},
			{"", "DROP INDEX {}users_email", []string{sqlstore.CodeIndex}},
			{"", "DROP INDEX {}users_id", []string{sqlstore.CodeIndex}},
			{"", "CREATE UNIQUE INDEX {}own ON {}users (id)", []string{sqlstore.CodeUnique}},
			{"", "CREATE UNIQUE INDEX {}own ON {}users (created_at, key)", nil},
			{"", "ALTER TABLE {}users ADD COLUMN later text; CREATE UNIQUE INDEX {}own ON {}users (later)", nil},
			{"", "ALTER TABLE {}users DROP COLUMN more", []string{sqlstore.CodeColumn}},
			{"", "ALTER TABLE {}users ADD COLUMN later text", nil},
			{"PostgreSQL", "ALTER TABLE {}users ADD COLUMN later text NOT NULL", []string{sqlstore.CodeColumn}},
			{"PostgreSQL", "ALTER TABLE {}users ALTER COLUMN first_name TYPE varchar(10)", []string{sqlstore.CodeColumn}},
			{"PostgreSQL", "ALTER TABLE {}users ALTER COLUMN last_name DROP NOT NULL", []string{sqlstore.CodeColumn}},
			{"PostgreSQL", `ALTER TABLE {}users ALTER COLUMN key TYPE text COLLATE "en-x-icu"`, []string{sqlstore.CodeCollation}},
			{"PostgreSQL", `ALTER TABLE {}users ALTER COLUMN last_order TYPE text COLLATE "en-x-icu"`, []string{sqlstore.CodeCollation}},
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
					counts := map[string]int{}
					for _, f := range findings {
						counts[f.Code]++
					}
					want := map[string]int{sqlstore.CodeColumn: 23, sqlstore.CodePrimaryKey: 1, sqlstore.CodeIndex: 6}
					if err != nil || !maps.Equal(counts, want) {
						t.Errorf("got findings with the codes %v and the error %v, want %v and nil", counts, err, want)
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
		{"?mode=ro", []string{sqlstore.CodeReadOnly, sqlstore.CodeJournal}},
		{"?immutable=1", []string{sqlstore.CodeReadOnly, sqlstore.CodeJournal}},
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
