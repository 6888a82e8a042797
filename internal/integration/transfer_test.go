package integration

import (
	"testing"

	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
)

// Users go from memory to Elasticsearch and back, and the exports are the same. Module
// sqlstore/internal/sqltest tests the way through SQLite and PostgreSQL with the same users.
func TestTransfer(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			const n = 1000
			first, last := memstore.New(), memstore.New()
			transfertest.Fill(t, first, n, transfertest.Users(n))
			store, _ := newStore(t, s.client(t))
			transfertest.Move(t, first, store, n)
			transfertest.Move(t, store, last, n)
			transfertest.WantUsers(t, last, n)
		})
	}
}
