package signup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// An administrator sets a password for a user that was created without one.
func ExampleAccounts_SetPassword() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	if err := accounts.Create(ctx, &signup.User{Email: "ada@example.org", FirstName: "Ada", Active: true}); err != nil {
		fmt.Println(err)
		return
	}

	_, err := accounts.SetPassword(ctx, "ada@example.org", "short")
	var invalid *signup.ValidationError
	if errors.As(err, &invalid) {
		fmt.Println(invalid.Fields[0].Message)
	}

	user, err := accounts.SetPassword(ctx, "ada@example.org", "correct horse battery")
	fmt.Println(user.FirstName, err)

	_, err = accounts.Authenticate(ctx, "ada@example.org", "correct horse battery")
	fmt.Println(err)
	// Output:
	// 'password' must be at least 15 characters long.
	// Ada <nil>
	// <nil>
}

// A user changes the password. All sessions that keep the user's SecurityStamp are
// then out of date.
func ExampleAccounts_ChangePassword() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	registered, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = accounts.ChangePassword(ctx, "ada@example.org", "wrong horse battery", "another correct horse")
	fmt.Println(errors.Is(err, signup.ErrBadCredentials))

	user, err := accounts.ChangePassword(ctx, "ada@example.org", "correct horse battery", "another correct horse")
	fmt.Println(user.SecurityStamp == registered.SecurityStamp, err)
	// Output:
	// true
	// false <nil>
}
