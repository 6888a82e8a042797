package signup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// An administrator invites a person, and the token of the mail lets that person choose
// a password.
func ExampleAccounts_Invite() {
	ctx := context.Background()
	mails := make(chan signup.Mail, 1) // a queue; another goroutine writes and delivers the mails
	accounts := &signup.Accounts{
		Store:   memstore.New(),
		Secrets: []signup.Secret{secretOfExample()},
		Send: func(_ context.Context, m signup.Mail) error {
			fmt.Println("mail:", m.Purpose)
			mails <- m
			return nil
		},
	}

	if err := accounts.Invite(ctx, "ada@example.org", 0); err != nil {
		fmt.Println(err)
		return
	}
	token := (<-mails).Token
	_, user, err := accounts.PeekToken(ctx, token)
	fmt.Println(user.Email, err) // for the page with the form

	user, err = accounts.CompleteRegistration(ctx, token, signup.Registration{Password: "correct horse battery", FirstName: "Ada"})
	fmt.Println(user.FirstName, !user.EmailVerifiedAt.IsZero(), err)

	err = accounts.Invite(ctx, "ada@example.org", 0)
	fmt.Println(errors.Is(err, signup.ErrExists))
	// Output:
	// mail: invite
	// ada@example.org <nil>
	// Ada true <nil>
	// true
}
