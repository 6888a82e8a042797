package signup_test

import (
	"context"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// Publish HashStats as metrics: Refused and Waited grow when the processors
// can't keep up with sign-ups and log-ins.
func ExampleAccounts_HashStats() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err = accounts.Authenticate(ctx, "ada@example.org", "correct horse battery"); err != nil {
		fmt.Println(err)
		return
	}
	stats := accounts.HashStats()
	fmt.Println("done:", stats.Done)
	fmt.Println("running:", stats.Running, "waiting:", stats.Waiting)
	fmt.Println("refused:", stats.Refused)
	// Output:
	// done: 2
	// running: 0 waiting: 0
	// refused: 0
}
