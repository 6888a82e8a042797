package sqltest

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
	"github.com/gosignup/signup/transfer"
)

// search returns the error of a listing.
func search(t *testing.T, s *sqlstore.Store, q signup.Query) (err error) {
	for _, err = range s.Search(t.Context(), q) {
	}
	return err
}

// A connection goes on after an operator has followed the remedy of a wrong collation.
func TestAlteredCollation(t *testing.T) {
	db, other := openPostgreSQL(t), openPostgreSQL(t)
	db.SetMaxOpenConns(1)
	o := newPrefix(t, other)
	s := setUp(t, db, o)
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	if err := s.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	for _, collation := range []string{"C", "en-x-icu", "C"} {
		mustExec(t, other, "ALTER TABLE "+o.Prefix+`users ALTER COLUMN key TYPE text COLLATE "`+collation+`"`)
		for name, call := range map[string]func() error{
			"Get":    func() error { _, err := s.Get(t.Context(), u.Key()); return err },
			"Update": func() error { return s.Update(t.Context(), &u) },
			"Search": func() error { return search(t, s, signup.Query{}) },
			"Export": func() error { _, err := s.Export(t.Context(), io.Discard, nil); return err },
		} {
			if err := call(); err != nil {
				t.Errorf("%s after the change to the collation %s: got the error %v, want nil", name, collation, err)
			}
		}
	}
}

// A value that can't be read is an error at once. The error doesn't have the value.
func TestUnreadable(t *testing.T) {
	const value = "correct horse"
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		for name, altered := range map[string][]string{
			"NULL": {"DROP COLUMN id", "ADD COLUMN id text"},
			"text": {"DROP COLUMN is_active", "ADD COLUMN is_active text NOT NULL DEFAULT '" + value + "'"},
		} {
			t.Run(name, func(t *testing.T) {
				d := newDatabase(t)
				s := setUp(t, d.DB, d.options)
				u := signup.User{ID: "id-1", Email: "ada@example.org"}
				if err := s.Create(t.Context(), &u); err != nil {
					t.Fatal(err)
				}
				if name == "NULL" {
					mustExec(t, d.DB, "DROP INDEX "+d.prefix()+"users_id")
				}
				for _, alter := range altered {
					mustExec(t, d.DB, "ALTER TABLE "+d.prefix()+"users "+alter)
				}
				for method, call := range map[string]func() error{
					"Get":    func() error { _, err := s.Get(t.Context(), u.Key()); return err },
					"Search": func() error { return search(t, s, signup.Query{}) },
					"Export": func() error {
						_, err := s.Export(t.Context(), io.Discard, &transfer.ExportOptions{Hashes: true})
						return err
					},
				} {
					begin := time.Now()
					err := call()
					wantPlain(t, err, "a value that this package doesn't store")
					if took := time.Since(begin); took > 2*time.Second || strings.Contains(err.Error(), value) {
						t.Errorf("%s: got the error %v after %s, want one without the value, at once", method, err, took)
					}
				}
				wantRefusal(t, d, "The column i")
			})
		}
	})
}
