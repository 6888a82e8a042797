package signup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Policy decides which passwords may be chosen. [Accounts] calls it when a
// password is set, never at a log-in. It is safe for concurrent use.
//
// Check is called last of all, and only if everything else is right and
// [Accounts].Before allows it. So a Policy that asks another service asks it only about
// registrations that are valid otherwise. A [LocalPolicy] is called earlier as well.
type Policy interface {
	// Check returns nil if u may have the password, which is valid UTF-8, in
	// normalization form C and not empty. It may use u's Email, FirstName,
	// LastName and Profile, as they are about to be stored.
	//
	// A [FieldError] is shown to the user as it is, or as [HandlerOptions].Translate
	// translates it. It may be a value or a pointer, and may be wrapped. Of a
	// [ValidationError], one FieldError is shown. Any other error that wraps
	// [ErrInvalid] refuses the password without a reason. Every other error means
	// that the password couldn't be checked, and ends the call. A nil
	// *FieldError is not nil as an error, and refuses the password.
	Check(ctx context.Context, password string, u User) error
}

// A LocalPolicy is a [Policy] with rules that ask no other service. At a
// registration, CheckLocal is called in any case, so that what it refuses is
// listed beside what is wrong with other fields. Check is still called, and
// decides alone: it checks the local rules too.
type LocalPolicy interface {
	Policy
	// CheckLocal is like Check, without the rules that ask another service. Email
	// and the other fields of u may be invalid. An address or a name of more than
	// 1020 bytes, which is too long in any case, is empty.
	CheckLocal(ctx context.Context, password string, u User) error
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
//
// A long password may be as easy to guess as the short one that it was made from.
// So these are refused as well, whatever their length:
//
//   - a password without a visible character
//   - sequences of letters or digits or along the rows of a keyboard, forwards or
//     backwards: of 4 characters or more on average, or of 5 or more with fewer
//     than 5 other characters; also two that alternate, or one with every
//     character doubled
//   - a repetition of fewer than 8 characters
//   - nothing but the user's address, its local part, the user's names, their
//     words and the service's name, besides digits and signs
//   - a blocked password that is padded or repeated: what remains is blocked
//     without the digits and signs at both ends, without signs, without a
//     repetition, or without one character that is repeated at the end. If
//     Blocked is nil, the words of 5 to 7 letters that the blocklist has with
//     digits after them count as blocked here.
//
// A sign is a character other than a letter or digit. Sequences and repetitions
// are also recognized with one separator between their characters, and between
// digits and signs at both ends. None of 100,000 random passphrases and 100,000
// random strings of 15 to 24 characters, some of digits alone, was refused.
type NIST struct {
	// MinLength is the least number of characters: Unicode code points in
	// normalization form C. 0 is 15, which NIST requires if the password is the
	// only factor; with a second factor NIST requires 8. If it is negative, each call of
	// Accounts returns an error.
	MinLength int
	// Service is the service's name. If it is empty, it is not compared.
	Service string
	// Blocked reports whether a password is too common to be used. It is called
	// with the password as it was typed, in normalization form C; to compare
	// without regard to letter case, it must fold the password itself. It is then
	// called, at most 9 times, with what remains of the password without padding
	// and repetitions, in lower case. Nil is [CommonPassword].
	Blocked func(password string) bool
	// Compromised, if not nil, reports whether a password is known from a data
	// breach; see [PwnedPasswords.Compromised]. It is called last, and only by
	// Check. Its error ends the call; to accept passwords that couldn't be checked, it
	// must return no error.
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
//   - [CodeTooManyBytes]: longer than 1024 bytes
//   - [CodeNotVisible]: without visible characters
//   - [CodeOwnName], [CodeOwnNamePadded]: the user's address, the part of it before
//     the "@" or the user's name
//   - [CodeService], [CodeServicePadded]: the service's name
//   - [CodeSequence]: a sequence or a repetition
//   - [CodeCommon], [CodeCommonPadded]: on the blocklist; padded or repeated
//   - [CodeCompromised]
//
// If n.Compromised returns an error, Check returns an error that wraps it.
func (n NIST) Check(ctx context.Context, password string, u User) error {
	if err := n.CheckLocal(ctx, password, u); err != nil {
		return err
	}
	return n.checkCompromised(ctx, password)
}

// checkCompromised is the part of Check that isn't in CheckLocal.
func (n NIST) checkCompromised(ctx context.Context, password string) error {
	if n.Compromised == nil {
		return nil
	}
	compromised, err := n.Compromised(ctx, password)
	switch {
	case err != nil:
		return fmt.Errorf("check password for breaches: %w", err)
	case compromised:
		return refusedPassword(FieldError{Code: CodeCompromised})
	}
	return nil
}

// check returns what is wrong with the fields.
func (n NIST) check() error {
	if n.MinLength < 0 {
		return errors.New("signup: NIST.MinLength is negative")
	}
	return nil
}

// CheckLocal is Check without Compromised.
func (n NIST) CheckLocal(_ context.Context, password string, u User) error {
	least := n.MinLength
	if least == 0 {
		least = defaultMinLength
	}
	blocked, blockedRemainder := n.Blocked, n.Blocked
	if blocked == nil {
		blocked, blockedRemainder = CommonPassword, commonRemainder
	}
	normal := nfc(password)
	switch {
	case utf8.RuneCountInString(normal) < least:
		return refusedPassword(FieldError{Code: CodeTooShort, Min: least})
	case len(normal) > maxPasswordBytes:
		return refusedPassword(FieldError{Code: CodeTooManyBytes, Max: maxPasswordBytes})
	}
	folded := fold(normal)
	joined := keepText(folded)
	known := canConsistOf(folded, u.Email, u.Key(), u.FirstName, u.LastName, n.Service)
	switch {
	case isBlank(normal):
		return refusedPassword(FieldError{Code: CodeNotVisible})
	case known && isOwn(folded, u):
		return refusedPassword(FieldError{Code: CodeOwnName})
	case n.Service != "" && folded == fold(n.Service):
		return refusedPassword(FieldError{Code: CodeService})
	case blocked(normal):
		return refusedPassword(FieldError{Code: CodeCommon})
	case known && isMadeOf(folded, ownTexts(u)):
		return refusedPassword(FieldError{Code: CodeOwnNamePadded})
	case known && n.Service != "" && isMadeOf(folded, append(ownTexts(u), n.Service)):
		return refusedPassword(FieldError{Code: CodeServicePadded})
	case isPlain(folded, joined):
		return refusedPassword(FieldError{Code: CodeSequence})
	case isPaddedCommon(folded, joined, blockedRemainder):
		return refusedPassword(FieldError{Code: CodeCommonPadded})
	}
	return nil
}

// refusedPassword returns e as the error of a Policy.
func refusedPassword(e FieldError) error {
	e.Field = FieldPassword
	return *inEnglish(e)
}

// fold returns s case-folded and in normalization form C. Folding may undo the
// form, so s is normalized before and after.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s) // the same, without the tables
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
}
