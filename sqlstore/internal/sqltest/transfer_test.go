package sqltest

import (
	"os"
	"testing"

	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
)

// Users go from memory to SQLite, to PostgreSQL and back, and the exports are the same
// everywhere. With SIGNUP_TEST_SOAK, there are 100,000 users.
func TestTransfer(t *testing.T) {
	n := 1000
	if os.Getenv("SIGNUP_TEST_SOAK") != "" {
		n = 100_000
	}
	file, server := databases["SQLite"](t), databases["PostgreSQL"](t)
	first, last := memstore.New(), memstore.New()
	sqlite, postgreSQL := setUp(t, file.DB, file.options), setUp(t, server.DB, server.options)

	transfertest.Fill(t, first, n, transfertest.Users(n))
	want := transfertest.Sum(t, first, n)
	transfertest.Move(t, first, sqlite, n)
	if got := transfertest.Sum(t, sqlite, n); got != want {
		t.Errorf("SQLite: got the checksum %x, want %x", got, want)
	}
	transfertest.Move(t, sqlite, postgreSQL, n)
	if got := transfertest.Sum(t, postgreSQL, n); got != want {
		t.Errorf("PostgreSQL: got the checksum %x, want %x", got, want)
	}
	transfertest.Move(t, postgreSQL, last, n)
	if got := transfertest.Sum(t, last, n); got != want {
		t.Errorf("memory: got the checksum %x, want %x", got, want)
	}
}
