package sqltest

import (
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// A role with the privileges that docs/sql.md names is enough once the tables are made.
func TestPrivileges(t *testing.T) {
	db := openPostgreSQL(t)
	o := newPrefix(t, db)
	setUp(t, db, o)
	role := strings.TrimSuffix(o.Prefix, "_")
	mustExec(t, db, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", // as from PostgreSQL 15 on
		"CREATE ROLE "+role,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON "+o.Prefix+"users, "+o.Prefix+"counts TO "+role,
		"GRANT SELECT ON "+o.Prefix+"schema TO "+role)
	t.Cleanup(func() { mustExec(t, db, "DROP OWNED BY "+role, "DROP ROLE "+role) })

	limited := openWith(t, "role="+role)
	s := setUp(t, limited, o)
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	for name, call := range map[string]func() error{
		"Create": func() error { return s.Create(t.Context(), &u) },
		"Add": func() error {
			_, err := sqlstore.NewCounter(limited, o).Add(t.Context(), "a", 1, time.Hour)
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s: got the error %v, want nil", name, err)
		}
	}
	if err := s.Delete(t.Context(), u); err != nil {
		t.Errorf("Delete: got the error %v, want nil", err)
	}
	wantFindings(t, database{DB: limited, options: o})
	mustExec(t, db, "REVOKE UPDATE, DELETE ON "+o.Prefix+"users FROM "+role)
	wantFindings(t, database{DB: limited, options: o}, sqlstore.CodePrivilege)
	mustExec(t, db, "REVOKE DELETE ON "+o.Prefix+"counts FROM "+role)
	wantFindings(t, database{DB: limited, options: o}, sqlstore.CodePrivilege, sqlstore.CodePrivilege)
	if err := sqlstore.New(limited, &sqlstore.Options{Prefix: "x" + o.Prefix}).Setup(t.Context()); err == nil {
		t.Error("Setup of other tables: got nil, want an error")
		mustExec(t, db, "DROP TABLE x"+o.Prefix+"users, x"+o.Prefix+"counts, x"+o.Prefix+"schema")
	} else {
		wantPlain(t, err, "42501")
	}
}

// A role without SELECT on secret columns can list users.
func TestSearchPrivileges(t *testing.T) {
	db := openPostgreSQL(t)
	o := newPrefix(t, db)
	setUp(t, db, o)
	fill(t, database{DB: db, options: o}, 10)
	role := strings.TrimSuffix(o.Prefix, "_")
	mustExec(t, db, "CREATE ROLE "+role, "GRANT SELECT (key, key_rule, id, email_address, first_name, last_name, is_active, created_at, updated_at,"+
		" email_verified_at, profile, placeholder, first_order, last_order, first_long, last_long, email_lower) ON "+o.Prefix+"users TO "+role)
	t.Cleanup(func() { mustExec(t, db, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	s := sqlstore.New(openWith(t, "role="+role), o)
	for _, sort := range []signup.Sort{signup.SortByCreation, signup.SortByEmail, signup.SortByName} {
		q := signup.Query{Sort: sort, EmailPrefix: "user", NamePrefix: "last", Active: new(true), EmailVerified: new(false), IDs: []string{"id-3"}}
		n := 0
		for u, err := range s.Search(t.Context(), q) {
			if n++; err != nil || u.ID != "id-3" {
				t.Errorf("Search in the order %d: got the user %q and the error %v, want id-3 and nil", sort, u.ID, err)
			}
		}
		if n != 1 {
			t.Errorf("Search in the order %d: got %d results, want 1", sort, n)
		}
	}
	wantPlain(t, func() error { _, err := s.Get(t.Context(), "user3@example.org"); return err }(), "42501")
}
