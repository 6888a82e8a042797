package signup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A sign-up that is only open for invited users is one function. Another one counts
// what happens.
func ExampleEvent() {
	ctx := context.Background()
	errClosed := signup.FieldError{Field: signup.FieldEmail, Code: "closed", Message: "The sign-up is closed."}
	accounts := &signup.Accounts{
		Store: memstore.New(),
		Before: func(_ context.Context, e signup.Event, _ signup.User) error {
			if e.Kind == signup.EventRegistered && e.Reason != signup.ReasonInvitation {
				return errClosed
			}
			return nil
		},
		After: func(_ context.Context, e signup.Event) {
			fmt.Println(e.Kind, e.Reason)
		},
	}
	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	fmt.Println(errors.Is(err, errClosed))
	_, err = accounts.Authenticate(ctx, "ada@example.org", "correct horse battery")
	fmt.Println(errors.Is(err, signup.ErrBadCredentials))
	// Output:
	// true
	// log_in_refused wrong
	// true
}

// A user sees what has happened to the account.
func ExampleAccounts_Events() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{Label: "Firefox on Linux"})
	if err != nil {
		fmt.Println(err)
		return
	}
	events, err := accounts.Events(ctx, session)
	for _, e := range events {
		fmt.Println(e.Kind, e.Reason, e.Device == session.Device)
	}
	fmt.Println(err)
	// Output:
	// logged_in password true
	// registered password false
	// <nil>
}
