package signup_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// Hash passwords with argon2id instead of bcrypt, with parameters of your own.
// Users with other hashes log in as before, and get a new hash then.
func ExampleArgon2id() {
	accounts := &signup.Accounts{
		Store:  memstore.New(),
		Hasher: signup.Argon2id{Memory: 12 << 10, Time: 3}, // 12 MiB, three passes
	}
	user, err := accounts.Register(context.Background(), signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(user.PasswordHash) // never shown
	fmt.Println(strings.HasPrefix(string(user.PasswordHash), "$argon2id$v=19$m=12288,t=3,p=1$"))
	// Output:
	// [redacted]
	// true
}
