package signup_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// secretOfExample returns a Secret. A program reads the same one at each start.
func secretOfExample() signup.Secret {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never returns an error
	return signup.NewSecret(key)
}

// A user has forgotten the password, and chooses a new one with the token of a mail.
func ExampleAccounts_ResetPassword() {
	ctx := context.Background()
	mails := make(chan signup.Mail, 2) // a queue; another goroutine writes and delivers the mails
	accounts := &signup.Accounts{
		Store:   memstore.New(),
		Secrets: []signup.Secret{secretOfExample()},
		Send: func(_ context.Context, m signup.Mail) error {
			fmt.Println("mail:", cmp.Or(string(m.Purpose), string(m.Notice)))
			mails <- m
			return nil
		},
	}
	if _, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"}); err != nil {
		fmt.Println(err)
		return
	}

	fmt.Println(accounts.SendPasswordReset(ctx, "bob@example.org", signup.Client{})) // sends nothing, and doesn't show it
	fmt.Println(accounts.SendPasswordReset(ctx, "ada@example.org", signup.Client{}))

	token := (<-mails).Token
	_, err := accounts.ResetPassword(ctx, token, "short")
	fmt.Println(err) // and the token can still be used
	_, err = accounts.ResetPassword(ctx, token, "another correct horse")
	fmt.Println(err)
	_, err = accounts.ResetPassword(ctx, token, "yet another correct horse")
	fmt.Println(errors.Is(err, signup.ErrToken))

	_, err = accounts.Authenticate(ctx, "ada@example.org", "another correct horse")
	fmt.Println(err)
	// Output:
	// <nil>
	// mail: reset_password
	// <nil>
	// signup: invalid password: too_short
	// mail: password_changed
	// <nil>
	// true
	// <nil>
}
