package memstore_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/transfer"
)

// An export has each user once, in the order of the keys, and the users are equal.
func TestExport(t *testing.T) {
	for _, n := range []int{0, 1, 999, 1000, 1001, 2500} {
		transfertest.WantUsers(t, filled(t, n), n)
	}
}

// Without hashes, secrets are left out; placeholders always are.
func TestExportSecrets(t *testing.T) {
	s := memstore.New()
	u := signup.User{ID: "id-1", Email: "ada@example.org", PasswordHash: "hashqx", SecurityStamp: "stampqx", Private: "privateqx"}
	held := signup.User{ID: "id-1", Email: "held@example.org", Placeholder: true}
	for _, u := range []signup.User{u, held} {
		if err := s.Create(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
	}
	for opts, want := range map[*transfer.ExportOptions]bool{nil: false, {}: false, {Hashes: true}: true} {
		var out strings.Builder
		n, err := s.Export(t.Context(), &out, opts)
		has := strings.Contains(out.String(), "hashqx") && strings.Contains(out.String(), "stampqx") && strings.Contains(out.String(), `"private"`)
		none := !strings.Contains(out.String(), "qx") && !strings.Contains(out.String(), `"private"`)
		if err != nil || n != 1 || has != want || none == want {
			t.Errorf("with %+v: got %d users, the secrets %t, the error %v; want 1, %t and nil", opts, n, has, err, want)
		}
	}
}

// While an export is written, other calls go on: also one from the writer.
func TestExportDoesNotLock(t *testing.T) {
	s := filled(t, 1500)
	created := 0
	n, err := s.Export(t.Context(), transfertest.WriterFunc(func(p []byte) (int, error) {
		created++
		u := signup.User{ID: "new", Email: strings.Repeat("z", created) + "@example.org"}
		return len(p), s.Create(t.Context(), &u)
	}), nil)
	if err != nil || n != 1500 || created < 2 {
		t.Errorf("got %d users, %d calls and the error %v, want 1500, 2 at least and nil", n, created, err)
	}
}

func TestExportFails(t *testing.T) {
	s := filled(t, 1500)
	transfertest.WantCount(t, s)
	u := signup.User{ID: "broken", Email: "broken@example.org", FirstName: "\xff"}
	if err := s.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Export(t.Context(), io.Discard, nil); !errors.Is(err, signup.ErrInvalid) || !strings.Contains(err.Error(), `"broken"`) {
		t.Errorf("with text that isn't UTF-8: got the error %v, want ErrInvalid with the ID", err)
	}
}
