package sqltest

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/sqlstore"
	"github.com/gosignup/signup/transfer"
)

// filled returns a Store with n users.
func filled(t *testing.T, d database, n int) *sqlstore.Store {
	t.Helper()
	s := setUp(t, d.DB, d.options)
	transfertest.Fill(t, s, n, transfertest.Users(n))
	return s
}

// An export has each user once, in the order of the keys, and the users are equal.
func TestExport(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		for _, n := range []int{0, 1, 1000, 2001} {
			transfertest.WantUsers(t, filled(t, newDatabase(t), n), n)
		}
	})
}

// Without hashes, the secrets aren't even read: a role that may not read them exports the
// rest. Placeholders are left out.
func TestExportSecrets(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s := setUp(t, d.DB, d.options)
		u := signup.User{ID: "id-1", Email: "ada@example.org", PasswordHash: "hashqx", SecurityStamp: "stampqx", Private: "privateqx"}
		held := signup.User{ID: "id-1", Email: "held@example.org", Placeholder: true}
		for _, u := range []signup.User{u, held} {
			if err := s.Create(t.Context(), &u); err != nil {
				t.Fatal(err)
			}
		}
		export := func(opts *transfer.ExportOptions) string {
			var out strings.Builder
			if n, err := s.Export(t.Context(), &out, opts); err != nil || n != 1 {
				t.Errorf("with %+v: got %d users and the error %v, want 1 and nil", opts, n, err)
			}
			return out.String()
		}
		all := export(&transfer.ExportOptions{Hashes: true})
		for _, secret := range []string{`"hashqx"`, `"stampqx"`, `"cHJpdmF0ZXF4"`} {
			if !strings.Contains(all, secret) {
				t.Errorf("with hashes: got no %s, want it", secret)
			}
		}
		for _, column := range []string{"password", "security_stamp", "private"} {
			if _, err := d.ExecContext(t.Context(), "ALTER TABLE "+d.prefix()+"users DROP COLUMN "+column); err != nil {
				t.Fatal(err)
			}
		}
		if text := export(nil); strings.Contains(text, "qx") {
			t.Errorf("without hashes: got a secret in %d bytes, want none", len(text))
		}
	})
}

// The count is that of the users which are written completely.
func TestExportFails(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		transfertest.WantCount(t, filled(t, newDatabase(t), 1500))
	})
}

// While w is written to, no connection is in use: the writer can read and change users
// through the only one.
func TestExportHoldsNoConnection(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s := filled(t, d, 1500)
		d.SetMaxOpenConns(1)
		calls := 0
		n, err := s.Export(t.Context(), transfertest.WriterFunc(func(p []byte) (int, error) {
			calls++
			u, err := s.Get(t.Context(), transfertest.User(calls).Key())
			if err == nil {
				err = s.Update(t.Context(), &u)
			}
			return len(p), err
		}), nil)
		if err != nil || n != 1500 || calls < 2 {
			t.Errorf("got %d users, %d writes and the error %v, want 1500, 2 at least and nil", n, calls, err)
		}
	})
}

// The connection breaks before a page is read: no user is left out or doubled.
func TestExportConnectionBreaks(t *testing.T) {
	p, url := newProxy(t)
	direct := openPostgreSQL(t)
	o := newPrefix(t, direct)
	filled(t, database{DB: direct, options: o}, 2500)
	s := sqlstore.New(openPool(t, url), o)
	writes := 0
	h := transfertest.WriterFunc(func(b []byte) (int, error) {
		writes++
		p.cut.Store("before")
		return len(b), nil
	})
	n, err := s.Export(t.Context(), h, nil)
	if err != nil || n != 2500 || p.cuts.Load() != int64(writes-1) || writes < 3 {
		t.Errorf("got %d users in %d writes, %d broken connections and the error %v, want 2500, one less than the writes and nil", n, writes, p.cuts.Load(), err)
	}
}
