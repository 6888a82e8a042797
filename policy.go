package signup

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Policy decides which passwords may be chosen. [Accounts] calls it when a
// password is set, never at a log-in. It is safe for concurrent use.
type Policy interface {
	// Check returns nil if u may have the password, which is valid UTF-8, in
	// normalization form C and not empty. It may use u's Email, FirstName, LastName and Profile, as they are
	// about to be stored.
	//
	// A [FieldError] is shown to the user as it is. Any other error that wraps
	// [ErrInvalid] refuses the password without a reason. Every other error means
	// that the password couldn't be checked, and ends the call.
	Check(ctx context.Context, password string, u User) error
}

// AnyPassword is the [Policy] that accepts every password. [Accounts] refuses an
// empty one, one longer than 4096 bytes and one that isn't UTF-8 before it asks
// any Policy.
var AnyPassword Policy = anyPassword{}

type anyPassword struct{}

func (anyPassword) Check(context.Context, string, User) error { return nil }

// NIST is the [Policy] of NIST SP 800-63B-4, section 3.1.1.2: a minimum length,
// no rules of composition, and a comparison of the whole password, without regard
// to letter case, with a blocklist and with what is publicly known about the user
// and the service. The zero value is ready to use.
type NIST struct {
	// MinLength is the least number of characters: Unicode code points in
	// normalization form C. 0 is 15, which NIST requires if the password is the
	// only factor; with a second factor NIST requires 8.
	MinLength int
	// Service is the service's name. If it is empty, it is not compared.
	Service string
	// Blocked reports whether a password is too common to be used. It is called
	// with the password as it was typed, in normalization form C; to compare
	// without regard to letter case, it must fold the password itself. Nil is
	// [CommonPassword].
	Blocked func(password string) bool
	// Compromised, if not nil, reports whether a password is known from a data
	// breach; see [PwnedPasswords.Compromised]. It is called last. Its error ends
	// the call; to accept passwords that couldn't be checked, it must return no
	// error.
	Compromised func(ctx context.Context, password string) (bool, error)
}

const (
	defaultMinLength = 15
	// NIST requires that 64 characters are allowed, which are 256 bytes at most.
	// No person types a password longer than this.
	maxPasswordBytes = 1024
)

// Check returns nil if u may have the password. Otherwise it returns a
// [FieldError] with one of these codes:
//
//   - [CodeTooShort]
//   - [CodeTooLong]: longer than 1024 bytes
//   - [CodeGuessable]: the user's address, the part of it before the "@", the
//     user's name, or the service's
//   - [CodeCommon]: on the blocklist
//   - [CodeCompromised]
//
// If n.Compromised returns an error, Check returns an error that wraps it.
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
		return refused(CodeTooShort, fmt.Sprintf("be at least %d characters long", least))
	case len(normal) > maxPasswordBytes:
		return refused(CodeTooLong, fmt.Sprintf("be at most %d bytes long", maxPasswordBytes))
	}
	blocked := n.Blocked
	if blocked == nil {
		blocked = CommonPassword
	}
	folded := fold(normal)
	switch {
	case isOwn(folded, u):
		return refused(CodeGuessable, "not be your own address or name")
	case n.Service != "" && folded == fold(n.Service):
		return refused(CodeGuessable, "not be the name of the service")
	case blocked(normal):
		return refused(CodeCommon, "not be one that many people use")
	}
	if n.Compromised == nil {
		return nil
	}
	compromised, err := n.Compromised(ctx, password)
	switch {
	case err != nil:
		return fmt.Errorf("check password for breaches: %w", err)
	case compromised:
		return refused(CodeCompromised, "not be one that is known from a data breach")
	}
	return nil
}

// isOwn reports whether the password is u's address or name.
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

// fold returns s case-folded and in normalization form C. Folding may undo the
// form, so s is normalized before and after.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s) // the same, without the tables
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
}
