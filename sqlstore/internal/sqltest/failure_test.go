package sqltest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// wantPlain checks that err wraps no error of package signup, and has this text.
func wantPlain(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got the error %v, want one that contains %q", err, text)
	}
	for _, sentinel := range []error{signup.ErrBusy, signup.ErrExists, signup.ErrInvalid, signup.ErrConflict, signup.ErrNotFound, signup.ErrReplayed} {
		if errors.Is(err, sentinel) {
			t.Errorf("got the error %v, which is %q; want a plain one", err, sentinel)
		}
	}
}

// wantBusy checks that err is ErrBusy, and has this text.
func wantBusy(t *testing.T, err error, text string) {
	t.Helper()
	if !errors.Is(err, signup.ErrBusy) || !strings.Contains(err.Error(), text) {
		t.Errorf("got the error %v, want ErrBusy with %q", err, text)
	}
}

func TestNotSetUp(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		u := signup.User{ID: "id-1", Email: "ada@example.org"}
		wantPlain(t, sqlstore.New(d.DB, d.options).Create(t.Context(), &u), "no such table")
	})
}

// The database takes no writes.
func TestReadOnly(t *testing.T) {
	db := openPostgreSQL(t)
	o := newPrefix(t, db)
	setUp(t, db, o)
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	s := sqlstore.New(openWith(t, "default_transaction_read_only=on"), o)
	wantBusy(t, s.Create(t.Context(), &u), "25006")
	if _, err := s.Get(t.Context(), u.Key()); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("Get: got the error %v, want ErrNotFound", err)
	}

	name := sqliteFile(t)
	setUp(t, openSQLite(t, name), nil)
	s = sqlstore.New(openSQLite(t, name+"&mode=ro"), nil)
	wantPlain(t, s.Create(t.Context(), &u), "readonly")
	wantPlain(t, s.Create(t.Context(), &u), "remove mode=ro, immutable and query_only")
}

// The disk is full. Nothing was done then, also after the file is opened anew, and the same
// call succeeds when there is space.
func TestFull(t *testing.T) {
	for _, journal := range []string{"wal", "delete", "truncate", "persist"} {
		t.Run(journal, func(t *testing.T) {
			name := strings.ReplaceAll(sqliteFile(t), "WAL", journal)
			setUp(t, openSQLite(t, name), nil)
			store := func(limit string) *sqlstore.Store { return sqlstore.New(openSQLite(t, name+limit), nil) }
			const full = "&_pragma=max_page_count(1)"
			u := signup.User{ID: "id-1", Email: "ada@example.org", Private: signup.Private(strings.Repeat("x", signup.MaxPrivate))}
			wantBusy(t, store(full).Create(t.Context(), &u), "full")
			if _, err := store("").Get(t.Context(), u.Key()); !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("Get: got the error %v, want ErrNotFound", err)
			}
			small := u
			small.Private = ""
			if err := store("").Create(t.Context(), &small); err != nil {
				t.Fatal(err)
			}
			u.Version = small.Version
			wantBusy(t, store(full).Update(t.Context(), &u), "full")
			if got, err := store("").Get(t.Context(), u.Key()); err != nil || got.Version != small.Version || got.Private != small.Private {
				t.Errorf("Get: got the version %q and error %v, want %q as it was and nil", got.Version, err, small.Version)
			}
			if err := store("").Update(t.Context(), &u); err != nil {
				t.Errorf("Update: got the error %v, want nil", err)
			}
		})
	}
}

// Another process has locked the database, for longer than the driver waits.
func TestLocked(t *testing.T) {
	name := sqliteFile(t)
	other := openSQLite(t, name)
	setUp(t, other, nil)
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	s := sqlstore.New(openSQLite(t, strings.ReplaceAll(name, "5000", "0")), nil)
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Create(short, &u); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Create with a deadline: got the error %v, want DeadlineExceeded", err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _, _ = conn.ExecContext(context.Background(), "COMMIT") })
	if err := s.Create(t.Context(), &u); err != nil {
		t.Errorf("Create: got the error %v, want nil", err)
	}
}

// Another transaction has locked the row, for longer than lock_timeout.
func TestLockTimeout(t *testing.T) {
	db := openPostgreSQL(t)
	o := newPrefix(t, db)
	s := setUp(t, db, o)
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	if err := s.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec("SELECT 1 FROM " + o.Prefix + "users FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"lock_timeout", "statement_timeout"} {
		s := sqlstore.New(openWith(t, ""+setting+"=50ms"), o)
		if err := s.Update(t.Context(), &u); !errors.Is(err, signup.ErrBusy) {
			t.Errorf("Update with a %s: got the error %v, want ErrBusy", setting, err)
		}
	}
}

// At the isolation levels that fail instead of waiting, the outcomes are the same.
func TestIsolation(t *testing.T) {
	for _, level := range []string{"repeatable+read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			db := openWith(t, "default_transaction_isolation="+strings.ReplaceAll(level, "+", "%20"))
			o := newPrefix(t, openPostgreSQL(t))
			s := setUp(t, db, o)
			const callers = 50
			created, updated := make(chan error, callers), make(chan error, callers)
			atOnce(callers, func(i int) {
				u := signup.User{ID: string(rune('a' + i)), Email: "ada@example.org"}
				created <- s.Create(t.Context(), &u)
			})
			u, err := s.Get(t.Context(), "ada@example.org")
			if err != nil {
				t.Fatal(err)
			}
			atOnce(callers, func(int) {
				u := u
				updated <- s.Update(t.Context(), &u)
			})
			close(created)
			close(updated)
			wantOne(t, created, signup.ErrExists)
			wantOne(t, updated, signup.ErrConflict)
		})
	}
}

// No server is there.
func TestUnreached(t *testing.T) {
	p, url := newProxy(t)
	p.close()
	for _, o := range []*sqlstore.Options{nil, {Dialect: sqlstore.PostgreSQL}} {
		s := sqlstore.New(openPool(t, url), o)
		u := signup.User{ID: "id-1", Email: "ada@example.org"}
		if err := s.Create(t.Context(), &u); !errors.Is(err, signup.ErrBusy) {
			t.Errorf("Create: got the error %v, want ErrBusy", err)
		}
	}
}

// The directory of the file is missing: there is nothing to wait for.
func TestNoDirectory(t *testing.T) {
	s := sqlstore.New(openSQLite(t, "file:"+t.TempDir()+"/missing/users.db"), nil)
	begin := time.Now()
	wantPlain(t, s.Setup(t.Context()), "unable to open database file")
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	wantPlain(t, s.Create(t.Context(), &u), "unable to open database file")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("got the errors after %s, want them at once", took)
	}
}
