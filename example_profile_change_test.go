package signup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A user changes the name and a declared field with a form.
func ExampleAccounts_ChangeProfile() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New(), Fields: []signup.ProfileField{{Name: "company", Required: true}}}
	_, err := accounts.Register(ctx, signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery", Profile: map[string]string{"company": "Analytical Engines"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{})
	if err != nil {
		fmt.Println(err)
		return
	}

	save := func(firstName, company string) (signup.User, error) {
		return accounts.ChangeProfile(ctx, session, func(u *signup.User) error {
			u.FirstName = firstName
			u.Profile["company"] = company
			return nil
		})
	}
	user, err := save("Ada", "Difference Engines")
	fmt.Println(user.FirstName, user.Profile["company"], err)

	_, err = save("Ada", "")
	var invalid *signup.ValidationError
	if errors.As(err, &invalid) {
		fmt.Println(invalid.Fields[0].Message)
	}
	// Output:
	// Ada Difference Engines <nil>
	// 'company' is required.
}
