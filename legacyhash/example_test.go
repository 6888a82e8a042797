package legacyhash_test

import (
	"context"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/legacyhash"
	"github.com/gosignup/signup/memstore"
)

// A user of WordPress logs in with the old password, and then has a new hash.
func Example() {
	ctx := context.Background()
	accounts := &signup.Accounts{
		Store:       memstore.New(),
		HashFormats: []signup.HashFormat{legacyhash.PHPass},
	}
	user := signup.User{
		ID: "wordpress-1", Email: "ada@example.org", Active: true,
		PasswordHash: "$P$BOXEFwM9aNEQM1c546If7ngrd1d8ex/",
	}
	if err := accounts.Store.Create(ctx, &user); err != nil {
		fmt.Println(err)
		return
	}
	_, err := accounts.Authenticate(ctx, "ada@example.org", "wrong horse battery")
	fmt.Println(err)
	user, err = accounts.Authenticate(ctx, "ada@example.org", "correct horse")
	fmt.Println(user.PasswordHash.Scheme(), err)
	// Output:
	// signup: bad credentials
	// bcrypt <nil>
}
