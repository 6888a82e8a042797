package signup_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A namedFormat reads hashes of the form "own:PASSWORD", under the name of another
// format.
type namedFormat string

func (f namedFormat) ParseHash(h signup.Hash) (signup.ParsedHash, bool) {
	want, ok := strings.CutPrefix(string(h), "own:")
	return signup.ParsedHash{
		Scheme: string(f), Work: signup.Work{Rounds: 1},
		Matches: func(password []byte) bool { return string(password) == want },
	}, ok
}

// A HashFormat gets the whole password, also if it has the name of a format of this
// package.
func TestHashFormatGetsThePasswordWhateverItsName(t *testing.T) {
	password := strings.Repeat(goodPassword, 5)
	for _, name := range []string{"", "own", "bcrypt", "bcrypt-hmac-sha384", "django-bcrypt"} {
		for _, truncated := range []bool{false, true} {
			store := memstore.New()
			u := signup.User{ID: "1", Email: "ada@example.org", PasswordHash: signup.Hash("own:" + password), Active: true}
			if err := store.Create(t.Context(), &u); err != nil {
				t.Fatalf("Create returned %v, want nil", err)
			}
			a := &signup.Accounts{
				Store: store, Hasher: signup.Bcrypt{Cost: 4}, AllowTruncatedBcrypt: truncated,
				HashFormats: []signup.HashFormat{namedFormat(name)},
			}
			if _, err := a.Authenticate(t.Context(), u.Email, password); err != nil {
				t.Errorf("a format named %q, AllowTruncatedBcrypt %t: Authenticate returned %v, want nil", name, truncated, err)
			}
		}
	}
}

// An Accounts with a nil HashFormat can't be used.
func TestNilHashFormatIsRefused(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), HashFormats: []signup.HashFormat{nil}}
	if _, err := a.Authenticate(t.Context(), "ada@example.org", goodPassword); err == nil || !strings.Contains(err.Error(), "HashFormats[0]") {
		t.Errorf("Authenticate returned %v, want an error that names HashFormats[0]", err)
	}
}
