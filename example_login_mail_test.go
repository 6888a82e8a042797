package signup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// logInExample returns Accounts with a user, and the mails that they send.
func logInExample(ctx context.Context) (*signup.Accounts, chan signup.Mail) {
	mails := make(chan signup.Mail, 1) // a queue; another goroutine writes and delivers the mails
	accounts := &signup.Accounts{
		Store:   memstore.New(),
		Secrets: []signup.Secret{secretOfExample()},
		Send: func(_ context.Context, m signup.Mail) error {
			mails <- m
			return nil
		},
	}
	if err := accounts.Create(ctx, &signup.User{Email: "ada@example.org", FirstName: "Ada", Active: true}); err != nil {
		fmt.Println(err)
	}
	return accounts, mails
}

// A user without a password logs in with the link of a mail. The page of the link has a
// button, whose POST request uses the token.
func ExampleAccounts_LogInByToken() {
	ctx := context.Background()
	accounts, mails := logInExample(ctx)
	if _, err := accounts.SendLogIn(ctx, "ada@example.org", signup.Client{}); err != nil {
		fmt.Println(err)
		return
	}
	token := (<-mails).Token

	purpose, user, err := accounts.PeekToken(ctx, token) // GET
	fmt.Println(purpose, user.FirstName, err)

	session, err := accounts.LogInByToken(ctx, token, signup.Client{Label: "Firefox on Linux"}) // POST
	fmt.Println(session.By == signup.ByEmail, err)
	user, err = accounts.Resume(ctx, session)
	fmt.Println(user.FirstName, err)

	_, err = accounts.LogInByToken(ctx, token, signup.Client{})
	fmt.Println(errors.Is(err, signup.ErrToken))
	// Output:
	// log_in Ada <nil>
	// true <nil>
	// Ada <nil>
	// true
}

// A user reads the mail on a phone, and types its code in the browser that asked, which
// has kept the challenge.
func ExampleAccounts_LogInByCode() {
	ctx := context.Background()
	accounts, mails := logInExample(ctx)
	challenge, err := accounts.SendLogIn(ctx, "ada@example.org", signup.Client{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := (<-mails).Code

	_, err = accounts.LogInByCode(ctx, challenge, "00000000", signup.Client{})
	fmt.Println(errors.Is(err, signup.ErrToken))

	typed := strings.ToLower(code[:4] + " " + code[4:])
	session, err := accounts.LogInByCode(ctx, challenge, typed, signup.Client{})
	fmt.Println(session.By == signup.ByEmail, err)
	// Output:
	// true
	// true <nil>
}
