package sqltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// dialect returns the Dialect of d.
func (d database) dialect() sqlstore.Dialect {
	if d.options == nil {
		return sqlstore.SQLite
	}
	return sqlstore.PostgreSQL
}

// fill stores n users with one statement. Each tenth has another address than its key, and
// each thousandth has a long name.
func fill(t testing.TB, d database, n int) {
	t.Helper()
	created := "i * 1000"
	if d.dialect() == sqlstore.PostgreSQL {
		created = "to_timestamp(i)"
	}
	statement := `
INSERT INTO {}users (key, key_rule, id, version, email_address, password, first_name, last_name,
  first_order, last_order, first_long, last_long, is_active, created_at, updated_at, profile, security_stamp, placeholder, email_lower)
WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1),
users (i, local, first, last) AS (
  SELECT i, 'user' || i, 'first' || (i % 700), (CASE WHEN i % 1000 = 0 THEN '{long}' ELSE '' END) || 'last' || (i % 10007) FROM numbers)
SELECT local || '@example.org', '', 'id-' || i, 'V', local || '@example.org', 'correct horse', first, last,
  first, substr(last, 1, 60), CASE WHEN length(last) > 60 THEN first END, CASE WHEN length(last) > 60 THEN last END, TRUE, {created}, {created}, '{}', '', FALSE, CASE WHEN i % 10 = 0 THEN 'other' || i || '@example.org' END FROM users`
	replaced := strings.NewReplacer("{}users", d.prefix()+"users", "{created}", created, "{long}", strings.Repeat("long", 100)).Replace(statement)
	if _, err := d.Exec(replaced, n); err != nil {
		t.Fatal(err)
	}
	mustExec(t, d.DB, "ANALYZE "+d.prefix()+"users")
}

// A recorder is a driver that records the last statement, and refuses it.
type recorder struct {
	query string
	args  []any
}

// refusal is refused for good, so that it isn't repeated.
type refusal struct{ error }

func (refusal) SQLState() string { return "42P01" }

func (r *recorder) Connect(context.Context) (driver.Conn, error) { return r, nil }
func (r *recorder) Driver() driver.Driver                        { return nil }
func (r *recorder) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("not prepared") }
func (r *recorder) Begin() (driver.Tx, error)                    { return nil, errors.New("no transaction") }
func (r *recorder) Close() error                                 { return nil }

func (r *recorder) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r.query, r.args = query, nil
	for _, arg := range args {
		r.args = append(r.args, arg.Value)
	}
	return nil, refusal{errors.New("recorded")}
}

// statementOf returns the first statement of a Search.
func statementOf(t testing.TB, d database, q signup.Query) (query string, args []any) {
	t.Helper()
	var r recorder
	db := sql.OpenDB(&r)
	defer func() { _ = db.Close() }()
	s := sqlstore.New(db, &sqlstore.Options{Dialect: d.dialect(), Prefix: d.prefix()})
	for range s.Search(t.Context(), q) {
	}
	if r.query == "" {
		t.Fatalf("Search of %+v: got no statement, want one", q)
	}
	return r.query, r.args
}

// planOf returns the database's plan of that statement, a line for each step.
func planOf(t testing.TB, d database, q signup.Query) string {
	t.Helper()
	query, args := statementOf(t, d, q)
	explain := "EXPLAIN "
	if d.dialect() == sqlstore.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := d.Query(explain+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var steps []string
	for rows.Next() {
		var step string
		var id, parent, unused int
		to := []any{&step}
		if d.dialect() == sqlstore.SQLite {
			to = []any{&id, &parent, &unused, &step}
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "\n")
}
