package memstore_test

import (
	"testing"

	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
)

// filled returns a Store with n users.
func filled(t *testing.T, n int) *memstore.Store {
	t.Helper()
	s := memstore.New()
	transfertest.Fill(t, s, n, transfertest.Users(n))
	return s
}
