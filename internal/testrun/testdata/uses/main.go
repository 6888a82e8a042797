// Uses meets a secret at each place where they are noted down.
package main

import (
	"context"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func main() {
	ctx := context.Background()
	store := memstore.New()
	for _, hasher := range []signup.Hasher{signup.Bcrypt{Cost: 4}, signup.Argon2id{Memory: 8, Time: 1}} {
		a := &signup.Accounts{Store: store, Hasher: hasher}
		_, _ = a.Register(ctx, signup.Registration{Email: "refused@", Password: "refused as well"})
	}
	for _, password := range []string{"hashed by bcrypt", "hashed by bcrypt"} {
		_, _ = signup.Bcrypt{Cost: 4}.Hash(password)
	}
	_, _ = signup.Argon2id{Memory: 8, Time: 1}.Hash("hashed by argon2id")
	_, _ = signup.CanonicalEmail("Typed@Bücher.example")
	signup.User{PasswordHash: signup.Hash("a hash that is checked")}.CheckPassword("tried")

	stored := signup.User{ID: "1", Email: "Stored@Example.org", PasswordHash: signup.Hash("a hash that is stored")}
	stored.SetKey("key of the store", "rule")
	if err := store.Create(ctx, &stored); err != nil {
		panic(err)
	}
}
