package signup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A new user logs in after having verified the address.
func ExampleAccounts_VerifyEmail() {
	ctx := context.Background()
	mails := make(chan signup.Mail, 1) // a queue; another goroutine writes and delivers the mails
	accounts := &signup.Accounts{
		Store:             memstore.New(),
		Secrets:           []signup.Secret{secretOfExample()},
		EmailVerification: signup.VerifyBeforeLogIn,
		Send: func(_ context.Context, m signup.Mail) error {
			fmt.Println("mail:", m.Purpose)
			mails <- m
			return nil
		},
	}

	if _, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"}); err != nil {
		fmt.Println(err)
		return
	}
	_, err := accounts.Authenticate(ctx, "ada@example.org", "correct horse battery")
	fmt.Println("unverified:", errors.Is(err, signup.ErrUnverified))

	// The mail has a link to a page with a button. The page looks at the token, and
	// the POST request of the button uses it.
	token := (<-mails).Token
	purpose, _, err := accounts.PeekToken(ctx, token)
	fmt.Println(purpose, err)
	user, err := accounts.VerifyEmail(ctx, token)
	fmt.Println(!user.EmailVerifiedAt.IsZero(), err)

	_, err = accounts.Authenticate(ctx, "ada@example.org", "correct horse battery")
	fmt.Println(err)
	// Output:
	// mail: verify_email
	// unverified: true
	// verify_email <nil>
	// true <nil>
	// <nil>
}

// A sign-up that stores nothing: the password is chosen with the token of the mail.
func ExampleAccounts_CompleteRegistration() {
	ctx := context.Background()
	mails := make(chan signup.Mail, 1)
	accounts := &signup.Accounts{
		Store:             memstore.New(),
		Secrets:           []signup.Secret{secretOfExample()},
		EmailVerification: signup.VerifyBeforeRegistration,
		Send: func(_ context.Context, m signup.Mail) error {
			fmt.Println("mail:", m.Purpose)
			mails <- m
			return nil
		},
	}

	registered, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org"})
	fmt.Println(registered.ID == "", err)

	token := (<-mails).Token
	_, user, err := accounts.PeekToken(ctx, token)
	fmt.Println(user.Email, err) // for the page with the form

	user, err = accounts.CompleteRegistration(ctx, token, signup.Registration{Password: "correct horse battery", FirstName: "Ada"})
	fmt.Println(user.FirstName, !user.EmailVerifiedAt.IsZero(), err)
	// Output:
	// mail: register
	// true <nil>
	// ada@example.org <nil>
	// Ada true <nil>
}
