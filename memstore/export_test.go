package memstore_test

import (
	"context"
	"errors"
	"io"
	"slices"
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
		var want []signup.User
		for u := range transfertest.Users(n) {
			want = append(want, u)
		}
		slices.SortFunc(want, func(a, b signup.User) int { return strings.Compare(a.Key(), b.Key()) })
		got := exported(t, filled(t, n))
		if !slices.EqualFunc(got, want, func(a, b signup.User) bool {
			return a.Equal(b) && a.Key() == b.Key() && a.KeyRule() == b.KeyRule()
		}) {
			t.Errorf("got %d users, want the %d that are stored, in the order of their keys", len(got), n)
		}
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

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// While an export is written, other calls go on: also one from the writer.
func TestExportDoesNotLock(t *testing.T) {
	s := filled(t, 1500)
	created := 0
	n, err := s.Export(t.Context(), writerFunc(func(p []byte) (int, error) {
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
	full := errors.New("no space left")
	var out strings.Builder
	n, err := s.Export(t.Context(), writerFunc(func(p []byte) (int, error) {
		if out.Len() > 0 {
			out.Write(p[:len(p)/2])
			return len(p) / 2, full
		}
		return out.Write(p)
	}), nil)
	if lines := int64(strings.Count(out.String(), "\n")); !errors.Is(err, full) || n != lines || n <= 1000 {
		t.Errorf("got %d users and the error %v, want %d and %v", n, err, lines, full)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n, err = s.Export(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), nil)
	if n != 1000 || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: got %d users and the error %v, want 1000 and Canceled", n, err)
	}
	u := signup.User{ID: "broken", Email: "broken@example.org", FirstName: "\xff"}
	if err := s.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Export(t.Context(), io.Discard, nil); !errors.Is(err, signup.ErrInvalid) || !strings.Contains(err.Error(), `"broken"`) {
		t.Errorf("with text that isn't UTF-8: got the error %v, want ErrInvalid with the ID", err)
	}
}
