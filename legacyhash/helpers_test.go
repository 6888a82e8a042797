package legacyhash_test

import (
	"context"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// logIn logs in a user with the hash h.
func logIn(t *testing.T, h signup.Hash, password string, f []signup.HashFormat) (signup.User, error) {
	t.Helper()
	a := &signup.Accounts{Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4}, HashFormats: f}
	u := signup.User{ID: "1", Email: "ada@example.org", Active: true, PasswordHash: h}
	if err := a.Store.Create(context.Background(), &u); err != nil {
		t.Fatal(err)
	}
	return a.Authenticate(context.Background(), u.Email, password)
}
