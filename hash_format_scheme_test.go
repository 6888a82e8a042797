package signup_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A namedFormat is a reversedFormat with another name.
type namedFormat struct{ scheme string }

func (f namedFormat) ParseHash(h signup.Hash) (signup.ParsedHash, bool) {
	p, ok := reversedFormat{}.ParseHash(h)
	p.Scheme = f.scheme
	return p, ok
}

// A format of the application's own is given the password as it was typed, also if
// it has the name of a built-in scheme, which cuts or prehashes passwords.
func TestSchemeOfAnAddedFormatIsOnlyAName(t *testing.T) {
	long := strings.Repeat("correct horse ", 6) // 84 bytes
	backwards := []byte(long)
	for i, c := range []byte(long) {
		backwards[len(long)-1-i] = c
	}
	for _, scheme := range []string{"reversed", "", "bcrypt", "django-bcrypt", "bcrypt-hmac-sha384", "werkzeug-hmac"} {
		a := &signup.Accounts{
			Store: memstore.New(), Hasher: cheap, AllowTruncatedBcrypt: true,
			HashFormats: []signup.HashFormat{namedFormat{scheme}},
		}
		u := signup.User{Email: adaEmail, Active: true, PasswordHash: signup.Hash("$reversed$" + string(backwards))}
		if err := a.Create(t.Context(), &u); err != nil {
			t.Fatalf("%q: Create returned %v, want nil", scheme, err)
		}
		if _, err := a.Authenticate(t.Context(), adaEmail, long+"x"); err == nil {
			t.Errorf("%q: got a log-in with another password, want none", scheme)
		}
		if _, err := a.Authenticate(t.Context(), adaEmail, long); err != nil {
			t.Errorf("%q: Authenticate returned %v, want nil", scheme, err)
		}
	}
}
