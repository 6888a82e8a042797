package transfer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// wantNoSecret checks that no error in err's chain quotes a value of transfertest.Ada.
func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := strings.ToLower(fmt.Sprintf("%v %+v %q %#v", e, e, e, e)); strings.Contains(text, "qx") {
			t.Errorf("got the error %s, want one without values of the user", text)
		}
	}
}

// lines returns what a Writer writes of the users.
func lines(t *testing.T, opts *transfer.ExportOptions, users ...signup.User) string {
	t.Helper()
	var out strings.Builder
	w := transfer.NewWriter(&out, opts)
	if err := w.Write(users...); err != nil || w.Count() != int64(len(users)) {
		t.Fatalf("Write: got %d users and the error %v, want %d and nil", w.Count(), err, len(users))
	}
	return out.String()
}

// readAll returns the users of lines that a Writer has written.
func readAll(t *testing.T, text string) (users []signup.User) {
	t.Helper()
	for u, err := range transfer.Read(strings.NewReader(text)) {
		if err != nil {
			t.Fatalf("Read: got the error %v, want nil", err)
		}
		users = append(users, u)
	}
	if n := strings.Count(text, "\n"); n != len(users) {
		t.Fatalf("Read: got %d users, want %d", len(users), n)
	}
	return users
}
