package memstore_test

import (
	"iter"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/transfer"
)

// filled returns a Store with n users.
func filled(t *testing.T, n int) *memstore.Store {
	t.Helper()
	s := memstore.New()
	transfertest.Fill(t, s, n, transfertest.Users(n))
	return s
}

// sequence yields users and then err, if it isn't nil.
func sequence(err error, users ...signup.User) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
		if err != nil {
			yield(signup.User{}, err)
		}
	}
}

// exported returns the users of an export with hashes.
func exported(t *testing.T, s *memstore.Store) (users []signup.User) {
	t.Helper()
	var out strings.Builder
	if _, err := s.Export(t.Context(), &out, &transfer.ExportOptions{Hashes: true}); err != nil {
		t.Fatalf("Export: got the error %v, want nil", err)
	}
	for u, err := range transfer.Read(strings.NewReader(out.String())) {
		if err != nil {
			t.Fatalf("Read: got the error %v, want nil", err)
		}
		users = append(users, u)
	}
	return users
}
