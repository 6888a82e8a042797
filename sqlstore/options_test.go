package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// With options that aren't valid, every method fails and sends nothing.
func TestInvalidOptions(t *testing.T) {
	f := &fake{}
	db := sql.OpenDB(f)
	t.Cleanup(func() { _ = db.Close() })
	for _, test := range []struct {
		db   *sql.DB
		opts sqlstore.Options
		want string
	}{
		{nil, sqlstore.Options{}, "nil"},
		{db, sqlstore.Options{Prefix: "Users_"}, "prefix"},
		{db, sqlstore.Options{Prefix: "1users"}, "prefix"},
		{db, sqlstore.Options{Prefix: "users; DROP TABLE x; --"}, "prefix"},
		{db, sqlstore.Options{Prefix: strings.Repeat("x", 41)}, "prefix"},
		{db, sqlstore.Options{Dialect: 3}, "dialect"},
		{db, sqlstore.Options{Dialect: -1}, "dialect"},
	} {
		s, c := sqlstore.New(test.db, &test.opts), sqlstore.NewCounter(test.db, &test.opts)
		u := newUser()
		for name, call := range map[string]func(context.Context) error{
			"Create": func(ctx context.Context) error { return s.Create(ctx, &u) },
			"Get":    func(ctx context.Context) error { return get(ctx, s, &u) },
			"Update": func(ctx context.Context) error { return s.Update(ctx, &u) },
			"Delete": func(ctx context.Context) error { return s.Delete(ctx, u) },
			"Setup":  s.Setup,
			"Check":  func(ctx context.Context) error { _, err := s.Check(ctx); return err },
			"Add":    func(ctx context.Context) error { _, err := c.Add(ctx, "a", 1, time.Hour); return err },
		} {
			if err := call(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, signup.ErrBusy) {
				t.Errorf("%s with the options %+v: got the error %v, want one that contains %q", name, test.opts, err, test.want)
			}
		}
	}
	if f.sent != nil {
		t.Errorf("got the statements %q, want none", f.sent)
	}
}

func TestSchemaSQL(t *testing.T) {
	for _, test := range []struct {
		d      sqlstore.Dialect
		prefix string
		want   string // in the statements; "" for an error
	}{
		{sqlstore.PostgreSQL, "", `key text COLLATE "C" NOT NULL PRIMARY KEY`},
		{sqlstore.SQLite, "app_", "CREATE TABLE app_users ("},
		{sqlstore.Detect, "", ""},
		{sqlstore.SQLite, "a b", ""},
	} {
		got, err := sqlstore.SchemaSQL(test.d, test.prefix)
		if (err != nil) != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("SchemaSQL(%s, %q): got %q and the error %v, want %q", test.d, test.prefix, got, err, test.want)
		}
	}
}
