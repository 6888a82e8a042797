package sql

import (
	"context"
	"crypto/rand"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/bench/people"
	"github.com/gosignup/signup/memstore"
)

// registered returns a user that [signup.Accounts.Register] made.
var registered = sync.OnceValues(func() (signup.User, error) {
	accounts := &signup.Accounts{Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4}}
	return accounts.Register(context.Background(), signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery staple",
	})
})

// newUsers returns n users that no earlier call returned, with all that a registration
// sets.
func newUsers(n int) []signup.User {
	like, err := registered()
	if err != nil {
		panic(err)
	}
	users := people.New(n)
	for i := range users {
		users[i].SecurityStamp, users[i].Private = rand.Text(), like.Private
	}
	return users
}
