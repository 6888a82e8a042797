package legacyhash_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/legacyhash"
	"github.com/gosignup/signup/memstore"
)

// The page docs/migrating.md quotes what follows, up to the Example.

// An oldUser is what one of the old programs has of a user.
type oldUser struct {
	Program, ID, Email, Hash string
	Active                   bool
}

// newAccounts returns the Accounts of the new application. The import and the
// log-ins use the same formats. pepper is Devise's.
func newAccounts(store signup.Store, pepper string) *signup.Accounts {
	return &signup.Accounts{
		Store:       store,
		HashFormats: []signup.HashFormat{legacyhash.PHPass, legacyhash.LDAP, legacyhash.Devise(pepper)},
		// For users of Django and PHP with passwords of more than 72 bytes.
		AllowTruncatedBcrypt: true,
	}
}

// importUser stores a user of an old program. It may be repeated.
func importUser(ctx context.Context, accounts *signup.Accounts, old oldUser) error {
	u := signup.User{
		ID:     old.Program + "-" + old.ID, // the same in each run
		Email:  old.Email,
		Active: old.Active, // otherwise the user can't log in
	}
	hash, err := signup.Hash(strings.TrimSpace(old.Hash)), error(nil)
	if old.Program == "rails" {
		hash, err = legacyhash.DeviseHash(string(hash))
	}
	if err == nil {
		err = accounts.CheckHash(hash)
	}
	switch {
	case err == nil:
		u.PasswordHash = hash
	case errors.Is(err, signup.ErrInvalid): // stored without a hash: no password matches
		slog.WarnContext(ctx, "must reset the password", "id", u.ID, "error", err)
	default:
		return err
	}

	err = accounts.Create(ctx, &u)
	switch {
	case errors.Is(err, signup.ErrReplayed): // stored by an earlier run
		return nil
	case errors.Is(err, signup.ErrExists), errors.Is(err, signup.ErrInvalid):
		slog.WarnContext(ctx, "not imported", "id", u.ID, "error", err)
		return nil
	}
	return err
}

// Users of four programs log in with the passwords they have. One with an unsalted
// digest must reset the password.
func Example_migrating() {
	ctx := context.Background()
	accounts := newAccounts(memstore.New(), "short pepper")
	for _, old := range []oldUser{
		{"ldap", "2", "em@example.org", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", true},
		{"django", "1", "ada@example.org", "bcrypt$$2b$06$PUqe82FnsuNGjm8.JZemS.Z/wo2nhyMTynOusux3QY7wdmjyHan22", true},
		{"wordpress", "1", "bob@example.org", "$P$BOXEFwM9aNEQM1c546If7ngrd1d8ex/", true},
		{"ldap", "1", "cy@example.org", "{SSHA}h4EKU7rJFzMk7ksBCGguPd/Bq7oAQIgx\n", true},
		{"rails", "1", "di@example.org", "$2a$04$.h.LqKqG6jcmx8YZL5mvrO7rkux5gxTzMqCbTh3hJVwn2A2hw2TMK", true},
	} {
		if err := importUser(ctx, accounts, old); err != nil {
			fmt.Println(err)
		}
	}
	for email, password := range map[string]string{
		"ada@example.org": "correct horse battery", "bob@example.org": "correct horse",
		"cy@example.org": "correct horse", "di@example.org": "correct horse",
	} {
		user, err := accounts.Authenticate(ctx, email, password)
		fmt.Println(email, user.PasswordHash.Scheme(), err)
	}
	user, err := accounts.Store.Get(ctx, "em@example.org")
	fmt.Println(user.Email, len(user.PasswordHash), err)
	// Unordered output:
	// ada@example.org bcrypt <nil>
	// bob@example.org bcrypt <nil>
	// cy@example.org bcrypt <nil>
	// di@example.org bcrypt <nil>
	// em@example.org 0 <nil>
}
