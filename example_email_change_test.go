package signup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A user changes the address. The old address gets the account back, as if a thief had
// changed it.
func ExampleAccounts_SendEmailChange() {
	ctx := context.Background()
	mails := make(chan signup.Mail, 10) // a queue; another goroutine writes and delivers the mails
	accounts := &signup.Accounts{
		Store:   memstore.New(),
		Secrets: []signup.Secret{secretOfExample()},
		Send: func(_ context.Context, m signup.Mail) error {
			fmt.Printf("mail to %s: %q %q\n", m.To, m.Purpose, m.Notice)
			mails <- m
			return nil
		},
	}
	if _, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"}); err != nil {
		fmt.Println(err)
		return
	}
	session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{})
	if err != nil {
		fmt.Println(err)
		return
	}

	err = accounts.SendEmailChange(ctx, session, "countess@example.com")
	fmt.Println(err)
	<-mails
	change := <-mails
	user, err := accounts.ConfirmEmailChange(ctx, change.Token) // by the POST request of a page
	fmt.Println(user.Email, err)

	undo := <-mails
	user, err = accounts.UndoEmailChange(ctx, undo.Token)
	fmt.Println(user.Email, err)
	_, err = accounts.Authenticate(ctx, "ada@example.org", "correct horse battery")
	fmt.Println("a new password is needed:", errors.Is(err, signup.ErrBadCredentials))
	// Output:
	// mail to ada@example.org: "undo_email" "email_change_requested"
	// mail to countess@example.com: "change_email" ""
	// <nil>
	// mail to ada@example.org: "undo_email" "email_changed"
	// countess@example.com <nil>
	// mail to ada@example.org: "" "email_change_undone"
	// ada@example.org <nil>
	// a new password is needed: true
}
