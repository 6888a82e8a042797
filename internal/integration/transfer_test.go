package integration

import (
	"testing"

	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
)

// Users go from memory to Elasticsearch and back, and the exports are the same. Module
// sqlstore/internal/sqltest tests the way through SQLite and PostgreSQL with the same users.
// With SIGNUP_TEST_SOAK, there are 100,000 users.
func TestTransfer(t *testing.T) {
	n := soaking(1000, 100_000)
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			first, last := memstore.New(), memstore.New()
			transfertest.Fill(t, first, n, transfertest.Users(n))
			store, _ := newStore(t, s.client(t))
			transfertest.Move(t, first, store, n)
			transfertest.Move(t, store, last, n)
			transfertest.WantUsers(t, last, n)
		})
	}
}
