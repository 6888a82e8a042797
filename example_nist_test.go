package signup_test

import (
	"context"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// With a second factor, NIST permits passwords of at least 8 characters.
func ExampleNIST() {
	accounts := &signup.Accounts{
		Store:  memstore.New(),
		Policy: signup.NIST{MinLength: 8, Service: "Analytical Engines"},
	}
	for _, password := range []string{"Ada1815", "Password1", "Ada Lovelace", "analytical engines", "q7!vKz4p"} {
		_, err := accounts.Register(context.Background(), signup.Registration{
			Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace", Password: password,
		})
		fmt.Println(err)
	}
	// Output:
	// signup: invalid password: too_short
	// signup: invalid password: common
	// signup: invalid password: own_name
	// signup: invalid password: service_name
	// <nil>
}
