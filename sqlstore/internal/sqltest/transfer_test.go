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
	transfertest.Move(t, first, sqlite, n)
	transfertest.Move(t, sqlite, postgreSQL, n)
	transfertest.Move(t, postgreSQL, last, n)
	transfertest.WantUsers(t, last, n)
}
