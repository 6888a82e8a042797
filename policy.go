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
// no rules of composition, and a comparison of the whole password, whatever its
// letter case, with a blocklist and with what anybody knows about the user
// and the service. The zero value is fit for use.
type NIST struct {
	// MinLength is the least number of characters (Unicode code points,
	// after normalisation form C). 0 is 15, which NIST asks for where the
	// password is the only factor; with a second factor it is 8.
	MinLength int
	// Service is the service's name. Empty: it is not compared.
	Service string
	// Blocked reports whether a password is too common to be used. It gets
	// it in normalisation form C and case-folded. Nil is CommonPassword.
	Blocked func(folded string) bool
	// Compromised, if set, reports whether a password is known from a data
	// breach; PwnedPasswords has such a method. It is asked last. Its error
	// ends the call: where people should get on with their password
	// unchecked, it must return none.
	Compromised func(ctx context.Context, password string) (bool, error)
}

const (
	defaultMinLength = 15
	// NIST asks that 64 characters be allowed, which are 256 bytes at most.
	// Beyond this, a password is not typed by a person.
	maxPasswordBytes = 1024
)

// Check returns nil or a FieldError with the code "too_short", "too_long",
// "guessable" (the user's address, the part before its "@", their name, or the
// service's), "common" (on the blocklist) or "compromised", or Compromised's
// error. It takes passwords of up to 1024 bytes.
func (n NIST) Check(ctx context.Context, password string, u User) error {
	least := n.MinLength
	if least == 0 {
		least = defaultMinLength
	}
	normal := nfc(password)
	refused := func(code, message string) error {
		return FieldError{FieldPassword, code, "'" + FieldPassword + "' must " + message + "."}
	}
	switch {
	case utf8.RuneCountInString(normal) < least:
		return refused("too_short", fmt.Sprintf("be at least %d characters long", least))
	case len(normal) > maxPasswordBytes:
		return refused("too_long", fmt.Sprintf("be at most %d bytes long", maxPasswordBytes))
	}
	folded := fold(normal)
	switch blocked := n.Blocked; {
	case isOwn(folded, u):
		return refused("guessable", "not be your own address or name")
	case n.Service != "" && folded == fold(n.Service):
		return refused("guessable", "not be the name of the service")
	case blocked == nil && CommonPassword(folded), blocked != nil && blocked(folded):
		return refused("common", "not be one that many people use")
	}
	if n.Compromised == nil {
		return nil
	}
	compromised, err := n.Compromised(ctx, password)
	switch {
	case err != nil:
		return fmt.Errorf("asking whether a password is compromised: %w", err)
	case compromised:
		return refused("compromised", "not be one that is known from a data breach")
	}
	return nil
}

// isOwn reports whether the password is something that anybody knows about u.
func isOwn(folded string, u User) bool {
	local, _, _ := strings.Cut(u.Email, "@")
	key := u.Key()
	keyLocal, _, _ := strings.Cut(key, "@")
	for _, own := range []string{
		u.Email, key, local, keyLocal,
		u.FirstName, u.LastName,
		u.FirstName + u.LastName, u.FirstName + " " + u.LastName,
		u.LastName + u.FirstName, u.LastName + " " + u.FirstName,
	} {
		if folded == fold(own) {
			return true
		}
	}
	return false
}

// fold removes what letter case tells apart, and what folding may have put out
// of normal form.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
}
