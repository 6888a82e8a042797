package signup

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Policy says which passwords may be chosen. It is asked when a password is
// set, never at a log-in. It is safe for concurrent use.
type Policy interface {
	// Check returns nil if u may have the password, which is neither empty
	// nor other than UTF-8. Of u it may use Email, FirstName, LastName and
	// Profile, as they are about to be stored.
	//
	// A FieldError is told to the person, as is. Any other error that is an
	// ErrInvalid refuses the password without saying why. Every other error
	// says that the password couldn't be checked, and ends the call.
	Check(ctx context.Context, password string, u User) error
}

// AnyPassword is the Policy that takes every password but the empty one.
var AnyPassword Policy = anyPassword{}

type anyPassword struct{}

func (anyPassword) Check(context.Context, string, User) error { return nil }

// NIST is the Policy of NIST SP 800-63B-4, section 3.1.1.2: a minimum length,
// no rules of composition, and no password that is the user's own address,
// its part before the "@", or their name, in whatever letter case.
type NIST struct {
	// MinLength is the least number of characters (Unicode code points,
	// after normalisation form C). 0 is 15, which NIST asks for where the
	// password is the only factor; with a second factor it is 8.
	MinLength int
}

const (
	defaultMinLength = 15
	// NIST asks that 64 characters be allowed, which are 256 bytes at most.
	// Beyond this, a password is not typed by a person.
	maxPasswordBytes = 1024
)

// Check returns nil or a FieldError with the code "too_short", "too_long" or
// "guessable". It takes passwords of up to 1024 bytes.
func (n NIST) Check(_ context.Context, password string, u User) error {
	least := n.MinLength
	if least == 0 {
		least = defaultMinLength
	}
	nfc := norm.NFC.String(password)
	switch {
	case utf8.RuneCountInString(nfc) < least:
		return FieldError{fieldPassword, "too_short",
			fmt.Sprintf("'%s' must be at least %d characters long.", fieldPassword, least)}
	case len(nfc) > maxPasswordBytes:
		return FieldError{fieldPassword, "too_long",
			fmt.Sprintf("'%s' must be at most %d bytes long.", fieldPassword, maxPasswordBytes)}
	case isOwn(nfc, u):
		return FieldError{fieldPassword, "guessable",
			"'" + fieldPassword + "' must not be your own address or name."}
	}
	return nil
}

// isOwn reports whether password is, but for letter case, something that
// anybody knows about u.
func isOwn(password string, u User) bool {
	fold := cases.Fold()
	password = fold.String(password)
	local, _, _ := strings.Cut(u.Email, "@")
	for _, own := range []string{
		u.Email, u.Key(), local,
		u.FirstName, u.LastName,
		u.FirstName + u.LastName, u.FirstName + " " + u.LastName,
		u.LastName + u.FirstName, u.LastName + " " + u.FirstName,
	} {
		if password == fold.String(norm.NFC.String(own)) {
			return true
		}
	}
	return false
}
