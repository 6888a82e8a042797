package signup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A user changes the password. The Session goes on, and all others end.
func ExampleAccounts_ChangeOwnPassword() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	if _, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"}); err != nil {
		fmt.Println(err)
		return
	}
	logIn := func() signup.Session {
		session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{})
		if err != nil {
			fmt.Println(err)
		}
		return session
	}
	session, other := logIn(), logIn()

	session, err := accounts.ChangeOwnPassword(ctx, session, "correct horse battery", "another correct horse")
	fmt.Println(err)
	_, err = accounts.Resume(ctx, session)
	fmt.Println(err)
	_, err = accounts.Resume(ctx, other)
	fmt.Println(errors.Is(err, signup.ErrEnded))
	// Output:
	// <nil>
	// <nil>
	// true
}
