package mailer

import (
	"errors"
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// A sender is that of all mails.
type sender struct {
	mail.Address
	domain string // in ASCII
}

// parseSender returns the sender that Options.From names.
func parseSender(from string) (sender, error) {
	a, err := mail.ParseAddress(from)
	if err != nil {
		return sender{}, errors.New("mailer: Options.From must be an address, or a name and an address")
	}
	a.Name = displayName(a.Name)
	if ascii, err := asciiDomain(a.Address); err == nil {
		a.Address = ascii
	} // otherwise such as that of root@localhost
	if !isASCII(a.Address) {
		return sender{}, errors.New("mailer: the address in Options.From must be in ASCII before the @")
	}
	return sender{*a, a.Address[strings.LastIndexByte(a.Address, '@')+1:]}, nil
}

var errRecipient = errors.New("mailer: Mail.To isn't an address")

// recipient returns the address of m with the user's name.
//
// The domain is in ASCII, so that each server accepts it. If the part before the @ isn't
// ASCII, the server must support SMTPUTF8 (RFC 6531): there is no other form of it.
func recipient(m signup.Mail) (mail.Address, error) {
	address, err := asciiDomain(m.To)
	if err != nil {
		return mail.Address{}, errRecipient
	}
	return mail.Address{Name: userName(m), Address: address}, nil
}

// asciiDomain returns address with its domain in ASCII.
func asciiDomain(address string) (string, error) {
	key, err := signup.CanonicalEmail(address)
	if err != nil {
		return "", err
	}
	return address[:strings.LastIndexByte(address, '@')] + key[strings.LastIndexByte(key, '@'):], nil
}

// userName returns the name of the user of m, or "" if m goes to an address that the
// user has not verified: then the name may be a stranger's text.
func userName(m signup.Mail) string {
	if m.User.EmailVerifiedAt.IsZero() || m.To != m.User.Email {
		return ""
	}
	return cut(displayName(m.User.FirstName+" "+m.User.LastName), maxUserName)
}

// displayName returns a name for the fields From and To. net/mail leaves a backslash in
// an encoded word, where it isn't allowed (RFC 2047, section 5, rule 3), and then the
// address can't be read.
func displayName(s string) string { return clean(strings.ReplaceAll(s, `\`, " ")) }

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
