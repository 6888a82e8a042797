package sqlstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup/sqlstore"
)

// An error of SQLite says what an operator may have to do, whether its driver has codes or not.
func TestSQLiteMeanings(t *testing.T) {
	for text, want := range map[string]string{
		"attempt to write a readonly database (1544)":           "the process must be able to write the file and its directory",
		"attempt to write a readonly database":                  "mode=ro, immutable and query_only",
		"unable to open database file (14)":                     "the process can't read it",
		"SQL logic error: no such table: signup_users (1)":      "is the store set up?",
		"SQL logic error: no such column: no_such (1)":          "is the schema newer or older?",
		"database disk image is malformed (11)":                 "restore a backup",
		"database or disk is full (13)":                         "",
		"SQL logic error: near \"correct horse\": syntax error": "",
	} {
		_, s := newFake(t, sqlstore.SQLite, many(fails(errors.New(text)))...)
		u := newUser()
		err := s.Create(t.Context(), &u)
		begin := "sqlstore: create: " + text
		if err == nil || !strings.HasPrefix(err.Error(), begin) {
			t.Errorf("got the error %v, want one that begins with %q", err, begin)
			continue
		}
		rest := strings.TrimPrefix(err.Error(), begin)
		if !strings.Contains(rest, want) || want == "" && rest != "" {
			t.Errorf("%s: got %q after it, want %q in it", text, rest, want)
		}
	}
}
