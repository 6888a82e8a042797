package signup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A log-in makes a Session. The application keeps it, in a session library for
// example, and asks for its user at each request.
func ExampleAccounts_LogIn() {
	ctx := context.Background()
	key := make([]byte, 32) // an application reads it from its configuration
	_, _ = rand.Read(key)
	accounts := &signup.Accounts{Store: memstore.New(), Secrets: []signup.Secret{signup.NewSecret(key)}}
	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery", FirstName: "Ada"})
	if err != nil {
		fmt.Println(err)
		return
	}

	session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{Label: "Firefox on Linux"})
	if err != nil {
		fmt.Println(err)
		return
	}
	user, err := accounts.Resume(ctx, session)
	fmt.Println(user.FirstName, err)

	// The browser keeps a cookie that makes its device known at the next log-in.
	cookie := accounts.DeviceCookie(session)
	again, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{Cookie: cookie})
	fmt.Println(again.Device == session.Device, err)

	// A log-out ends the sessions of the device.
	fmt.Println(accounts.EndDevice(ctx, session, session.Device))
	_, err = accounts.Resume(ctx, session)
	fmt.Println(errors.Is(err, signup.ErrEnded))
	// Output:
	// Ada <nil>
	// true <nil>
	// <nil>
	// true
}

// "Log out everywhere else" ends all sessions of the user except the one passed.
func ExampleAccounts_EndOtherSessions() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	if err != nil {
		fmt.Println(err)
		return
	}
	logIn := func(label string) signup.Session {
		session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{Label: label})
		if err != nil {
			fmt.Println(err)
		}
		return session
	}
	phone, laptop := logIn("Phone"), logIn("Laptop")

	laptop, err = accounts.EndOtherSessions(ctx, laptop)
	fmt.Println(err)
	_, err = accounts.Resume(ctx, phone)
	fmt.Println(err)

	devices, err := accounts.Devices(ctx, laptop)
	for _, d := range devices {
		fmt.Println(d.Label, d.Current, err)
	}
	// Output:
	// <nil>
	// signup: session ended
	// Laptop true <nil>
}
