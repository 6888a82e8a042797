package signup

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// The limits of RFC 5321, section 4.5.3.1, in bytes. A path of 256 bytes includes
// its angle brackets.
const (
	maxEmail     = 254
	maxLocalPart = 64
)

// domainProfile is UTS #46 non-transitional processing with STD3 rules, so that a
// domain is the same in Unicode and in Punycode.
var domainProfile = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.BidiRule(),
	idna.StrictDomainName(true),
	idna.VerifyDNSLength(true),
)

// EmailRule is the name of the rule by which [CanonicalEmail] makes keys. It
// consists of a number that this package assigns and the versions of its Unicode
// tables, which change with Go's. A [Store] keeps it with each user
// ([User.KeyRule]), and [EmailCollisions] returns what another rule would change.
const EmailRule = "1/idna-" + idna.UnicodeVersion + "/precis-" + norm.Version

// CanonicalEmail returns the canonical form of the address s, by which accounts are
// compared. Two addresses have the same form if they differ only in letter case,
// in Unicode normalization or width, or in how the international labels of the
// domain are written. The form is at most 254 bytes long, is its own canonical
// form, and its domain is in ASCII. Send mail to the address as it was typed.
//
// The domain follows UTS #46 (IDNA 2008, RFC 5891), and the local part PRECIS
// UsernameCaseMapped (RFC 8265). Tags ("+tag") and dots are kept. An address has a
// canonical form only if it follows RFC 5321 or, beyond ASCII, RFC 6531, without
// quoted local parts, address literals and comments, and if its domain has at
// least two labels (RFC 5321, section 2.3.5: fully qualified).
//
// Otherwise the error is a [FieldError], which wraps [ErrInvalid].
func CanonicalEmail(s string) (string, error) {
	if len(s) > maxEmail {
		return "", FieldError{FieldEmail, CodeTooLong, "'" + FieldEmail + "' must be at most 254 bytes long."}
	}
	key, ok := canonicalEmail(s)
	if !ok {
		return "", invalidEmail(s)
	}
	if isASCII(s) {
		return key, nil // lower-casing is idempotent
	}
	if again, ok := canonicalEmail(key); !ok || again != key {
		return "", invalidEmail(s)
	}
	return key, nil
}

func invalidEmail(s string) error {
	return FieldError{FieldEmail, CodeInvalid, "'" + s + "' is not valid '" + FieldEmail + "'."}
}

// canonicalEmail normalizes both parts first, because both standards map characters
// before they normalize: they map U+0345 to a letter, past which no mark is sorted.
func canonicalEmail(s string) (string, bool) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || !utf8.ValidString(s) {
		return "", false
	}
	local, ok := canonicalLocalPart(s[:at])
	if !ok {
		return "", false
	}
	domain, ok := canonicalDomain(s[at+1:])
	if !ok || len(local)+1+len(domain) > maxEmail {
		return "", false
	}
	return local + "@" + domain, true
}

func canonicalLocalPart(s string) (string, bool) {
	if len(s) > maxLocalPart {
		return "", false
	}
	if isASCII(s) {
		s = strings.ToLower(s)
	} else {
		mapped, err := precis.UsernameCaseMapped.String(norm.NFC.String(s))
		if err != nil {
			return "", false
		}
		s = mapped
	}
	return s, len(s) <= maxLocalPart && isDotString(s)
}

// isDotString reports whether s is a Dot-string of RFC 5321, section 4.1.2,
// whose atoms may have characters beyond ASCII (RFC 6531, section 3.3).
func isDotString(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			c := atom[i]
			if c <= ' ' || c == 0x7f || strings.IndexByte(`"(),:;<>@[\]`, c) >= 0 {
				return false
			}
		}
	}
	return true
}

func canonicalDomain(s string) (string, bool) {
	s, err := domainProfile.ToASCII(norm.NFC.String(s))
	if err != nil || len(s) > 253 {
		return "", false
	}
	labels := strings.Split(s, ".")
	for _, label := range labels {
		// VerifyDNSLength accepts the empty label after a trailing dot.
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
	}
	// A top-level domain is alphabetic (RFC 3696, section 2); digits alone
	// would be an IPv4 address.
	return s, len(labels) > 1 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
