package sqltest

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// An index of the right name that isn't as Setup makes it is found, and what Check returns as
// the remedy is one: it leaves no finding.
func TestCheckIndex(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		for _, test := range []struct {
			only    string // the kind of database; "" for both
			index   string
			on      string // what the index is made with instead; "" for Setup's
			problem string // what the finding has; "" for none
		}{
			{"", "users_created", "{}users (created_at, key)", ""},
			{"", "users_created", "{}users (key, created_at)", "is on (key, created_at) instead of (created_at, key)"},
			{"", "users_created", "{}users (created_at)", "is on (created_at) instead"},
			{"", "users_created", "{}users (created_at DESC, key)", "is on (created_at DESC"},
			{"", "users_created", "{}users (created_at, key) WHERE created_at IS NOT NULL", "has only a part of the rows"},
			{"", "users_first", "{}users (lower(first_order))", "is on (an expression"},
			{"SQLite", "users_first", "{}users (first_order COLLATE NOCASE)", "is on (first_order COLLATE NOCASE)"},
			{"PostgreSQL", "users_first", `{}users (first_order COLLATE "en-x-icu")`, "is on (first_order COLLATE en-x-icu)"},
			{"PostgreSQL", "users_first", "{}users (first_order text_pattern_ops)", "is on (first_order text_pattern_ops)"},
			{"PostgreSQL", "users_first", "{}users USING hash (first_order)", "is on (first_order USING hash)"},
			{"PostgreSQL", "users_first", "{}users (first_order) INCLUDE (key) WITH (fillfactor = 70)", ""},
			{"PostgreSQL", "users_last", "{}users (last_order, first_order NULLS FIRST, key)", "first_order NULLS FIRST"},
			{"", "users_long", "{}users (key)", "has all rows instead of those WHERE last_long IS NOT NULL"},
			{"", "users_id", "{}users (id) WHERE length(id) <= 100", "has other rows than those WHERE length(id) <= 200"},
			{"", "users_id", "{}users (id)\n\tWHERE (Length(id)<=200)", ""},
			{"", "counts_ends", "{}counts (length)", "is on (length) instead of (ends): cleanups of counts"},
			{"", "counts_ends", "{}users (first_order)", "doesn't exist"},
		} {
			if test.only != "" && !strings.HasSuffix(t.Name(), test.only) {
				continue
			}
			t.Run(test.index+" on "+test.on, func(t *testing.T) {
				d := newDatabase(t)
				setUp(t, d.DB, d.options)
				mustExec(t, d.DB, strings.ReplaceAll("DROP INDEX {}"+test.index+"; CREATE INDEX {}"+test.index+" ON "+test.on, "{}", d.prefix()))
				wantIndexFinding(t, d, test.problem)
			})
		}
	})
}

// wantIndexFinding checks that Check finds an index with this problem alone, and carries out
// the remedy.
func wantIndexFinding(t *testing.T, d database, problem string) {
	t.Helper()
	if problem == "" {
		wantFindings(t, d)
		return
	}
	findings, err := sqlstore.New(d.DB, d.options).Check(t.Context())
	if err != nil || len(findings) != 1 || findings[0].Code != sqlstore.CodeIndex || !strings.Contains(findings[0].Problem, problem) {
		t.Fatalf("got the findings %+v and the error %v, want one with the problem %q, and nil", findings, err, problem)
	}
	_, statements, _ := strings.Cut(findings[0].Remedy, "as in SchemaSQL: ")
	if problem == "doesn't exist" { // the name is in use for another table's index
		name, _, _ := strings.Cut(strings.TrimPrefix(statements, "CREATE INDEX "), " ")
		mustExec(t, d.DB, "DROP INDEX "+name)
	}
	mustExec(t, d.DB, statements)
	wantFindings(t, d)
}

// A CREATE INDEX CONCURRENTLY that fails leaves an index that isn't valid. Here it is unique,
// and two users have the same name.
func TestCheckInvalidIndex(t *testing.T) {
	d := databases["PostgreSQL"](t)
	setUp(t, d.DB, d.options)
	mustExec(t, d.DB, "DROP INDEX "+d.prefix()+"users_first")
	makeTwins(t, d)
	_, err := d.ExecContext(t.Context(), "CREATE UNIQUE INDEX CONCURRENTLY "+d.prefix()+"users_first ON "+d.prefix()+"users (first_order)")
	if err == nil {
		t.Fatal("CREATE UNIQUE INDEX: got nil, want an error because of the twins")
	}
	findings, err := sqlstore.New(d.DB, d.options).Check(t.Context())
	if err != nil || len(findings) != 2 || findings[0].Code != sqlstore.CodeUnique || findings[1].Code != sqlstore.CodeIndex ||
		!strings.Contains(findings[1].Problem, "isn't valid") {
		t.Fatalf("got the findings %+v and the error %v, want a unique index, one that isn't valid, and nil", findings, err)
	}
	_, statements, _ := strings.Cut(findings[1].Remedy, "as in SchemaSQL: ")
	mustExec(t, d.DB, statements)
	wantFindings(t, d)
}

// makeTwins stores two users with the same first name.
func makeTwins(t *testing.T, d database) {
	t.Helper()
	s := sqlstore.New(d.DB, d.options)
	for _, name := range []string{"one", "two"} {
		u := signup.User{ID: name, Email: name + "@example.org", FirstName: "Ada"}
		if err := s.Create(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
	}
}
