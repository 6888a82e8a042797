package signup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A user takes a copy of the data, and deletes the account. Both need a recent proof of
// the user's identity: if the session is old, the user types the password again.
func ExampleAccounts_DeleteAccount() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery", FirstName: "Ada"})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{})
	if err != nil {
		fmt.Println(err)
		return
	}
	session.At = session.At.Add(-time.Hour) // the log-in was an hour ago

	data, err := accounts.ExportData(ctx, session)
	if errors.Is(err, signup.ErrStale) {
		fmt.Println(err)
		if session, err = accounts.Reauthenticate(ctx, session, "correct horse battery"); err == nil {
			data, err = accounts.ExportData(ctx, session)
		}
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	var user struct {
		FirstName string `json:"first_name"`
	}
	err = json.Unmarshal(data, &user)
	fmt.Println(user.FirstName, err)

	fmt.Println(accounts.DeleteAccount(ctx, session))
	_, err = accounts.Resume(ctx, session)
	fmt.Println(errors.Is(err, signup.ErrEnded))
	// Output:
	// signup: log in again first
	// Ada <nil>
	// <nil>
	// true
}
