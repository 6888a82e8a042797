package signup

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The limits of RFC 5321, section 4.5.3.1, in bytes. A path of 256 bytes includes
// its angle brackets.
const (
	maxEmail     = 254
	maxLocalPart = 64
)

// maxTypedEmail limits the work for one address. Normalization makes a text
// shorter, to a third at most.
const maxTypedEmail = 4 * maxEmail

// EmailRule is the name of the rule by which [CanonicalEmail] makes keys. It
// consists of a number that this package assigns and the versions of its Unicode
// tables, which change with Go's. A [Store] keeps it with each user
// ([User.KeyRule]). [EmailCollisions] finds the users that would share a key, or
// have none, under another rule.
const EmailRule = "2/idna-" + idna.UnicodeVersion + "/precis-" + norm.Version

// CanonicalEmail returns the canonical form of the address s, by which accounts are
// compared. Two addresses have the same form if they differ only in surrounding
// white space, in letter case, in Unicode normalization or width, or in how the
// international labels of the domain are written. The form is at most 254 bytes
// long, is its own canonical form, and its domain is in ASCII. Send mail to what
// [NormalizeEmail] returns.
//
// The domain follows UTS #46 (IDNA 2008, RFC 5891), and the local part PRECIS
// UsernameCaseMapped (RFC 8265). Tags ("+tag") and dots are kept. An address has a
// canonical form only if it follows RFC 5321 or, beyond ASCII, RFC 6531, without
// quoted local parts, address literals and comments, and if its domain has at
// least two labels (RFC 5321, section 2.3.5: fully qualified). The last label has
// two characters or more, and not only digits. An address with an invisible
// character has none, except for a zero-width joiner or non-joiner where a script
// needs it (RFC 5892, appendix A).
//
// Otherwise the error is a [FieldError], which wraps [ErrInvalid]. Its code says what
// is wrong: [CodeRequired] if s shows nothing, [CodeTooManyBytes] if s is too long,
// [CodeNotUTF8], one of the codes of a part of an address such as
// [CodeLocalPartDots], or [CodeInvalid].
func CanonicalEmail(s string) (string, error) {
	a, e := parseEmail(s)
	if e != nil {
		return "", *e
	}
	return a.key, nil
}

// NormalizeEmail returns the address s as [Accounts.Register] stores it in
// [User.Email]. A program that stores users by other means should store this form
// too, so that mail goes to the address that was checked. The form is its own
// normal form, has the canonical form of s, and is at most 254 bytes long.
//
// Surrounding white space is removed. The local part stays as typed, in
// normalization form C. A domain in ASCII stays as typed; any other is written in
// Unicode as UTS #46 maps it, in lower case.
//
// If s has no canonical form, the error is that of [CanonicalEmail].
func NormalizeEmail(s string) (string, error) {
	a, e := parseEmail(s)
	if e != nil {
		return "", *e
	}
	return a.email, nil
}

// An address is an e-mail address that was checked.
type address struct {
	email string // as it is stored, and as mail is sent to it
	key   string // its canonical form
}

// parseEmail returns the address that s writes, or what is wrong with s.
func parseEmail(s string) (address, *FieldError) {
	if isBlank(s) {
		return address{}, required(FieldEmail)
	}
	trimmed := strings.TrimSpace(s)
	a, flaw := parseAddress(trimmed)
	if flaw == nil && !isASCII(trimmed) && !a.isFixed() {
		flaw = &addressFlaw{}
	}
	if flaw != nil {
		return address{}, flaw.fieldError(s)
	}
	return a, nil
}

// isFixed reports whether both forms of a are addresses with a's key, and the
// stored form is its own.
func (a address) isFixed() bool {
	key, flaw := parseAddress(a.key)
	if flaw != nil || key.key != a.key {
		return false
	}
	email, flaw := parseAddress(a.email)
	return flaw == nil && email == a
}

// parseAddress expects s without surrounding white space. It normalizes both parts
// first, because both standards map characters before they normalize: they map
// U+0345 to a letter, past which no mark is sorted.
func parseAddress(s string) (address, *addressFlaw) {
	if len(s) > maxTypedEmail {
		return address{}, flawLong
	}
	if !utf8.ValidString(s) {
		return address{}, flawUTF8
	}
	if r, ok := invisibleIn(s); ok {
		return address{}, flawInvisible(r)
	}
	if flaw := checkSyntax(s); flaw != nil {
		return address{}, flaw
	}
	at := strings.LastIndexByte(s, '@')
	typed := norm.NFC.String(s[:at])
	local, flaw := canonicalLocalPart(typed)
	if flaw != nil {
		return address{}, flaw
	}
	domain, ascii, flaw := parseDomain(s[at+1:])
	if flaw != nil {
		return address{}, flaw
	}
	a := address{email: s, key: s}
	if s[:at] != typed || s[at+1:] != domain {
		a.email = typed + "@" + domain
	}
	if s[:at] != local || s[at+1:] != ascii {
		a.key = local + "@" + ascii
	}
	if len(a.email) > maxEmail || len(a.key) > maxEmail {
		return address{}, flawLong
	}
	return a, nil
}

// An addressFlaw says what is wrong with an address. The zero addressFlaw doesn't
// say more than that.
type addressFlaw struct {
	code      string // "" is CodeInvalid
	max       int    // not 0: a part is too long
	character string
}

var (
	flawLong = &addressFlaw{code: CodeTooManyBytes, max: maxEmail}
	flawUTF8 = &addressFlaw{code: CodeNotUTF8}
)

func flawInvisible(r rune) *addressFlaw {
	return &addressFlaw{code: CodeAddressInvisible, character: fmt.Sprintf("%U", r)}
}

// flawOr returns otherwise, or, if s has a zero-width joiner or non-joiner, that it
// stands where it is invisible.
func flawOr(s string, otherwise *addressFlaw) *addressFlaw {
	for _, r := range s {
		if isJoiner(r) {
			return flawInvisible(r)
		}
	}
	return otherwise
}

// fieldError returns the error for the client that sent s. It quotes s, unless s may
// be long or isn't text.
func (f *addressFlaw) fieldError(s string) *FieldError {
	if f.max != 0 || f == flawUTF8 {
		s = ""
	}
	return inEnglish(FieldError{Field: FieldEmail, Code: cmp.Or(f.code, CodeInvalid), Max: f.max, Value: s, Character: f.character})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
