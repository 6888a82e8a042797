package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// Users in a file, for one process or a few on one machine. The user is there after the
// database was closed and opened again.
func Example() {
	ctx := context.Background()
	directory, err := os.MkdirTemp("", "users")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(directory) }()
	name := "file:" + filepath.Join(directory, "users.db") + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"

	for range 2 {
		db, err := sql.Open("sqlite", name)
		if err != nil {
			fmt.Println(err)
			return
		}
		store := sqlstore.New(db, nil)
		if err := store.Setup(ctx); err != nil {
			fmt.Println(err)
			return
		}
		accounts := &signup.Accounts{Store: store}
		_, err = accounts.Register(ctx, signup.Registration{
			Email: "ada@example.org", Password: "correct horse battery", FirstName: "Ada",
		})
		fmt.Println("Register:", err == nil, errors.Is(err, signup.ErrExists))
		user, err := accounts.Authenticate(ctx, "Ada@example.org", "correct horse battery")
		fmt.Println("Authenticate:", user.FirstName, err)
		_ = db.Close()
	}
	// Output:
	// Register: true false
	// Authenticate: Ada <nil>
	// Register: false true
	// Authenticate: Ada <nil>
}
