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
