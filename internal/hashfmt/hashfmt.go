// Package hashfmt reads the formats of stored password hashes: those of package
// signup and those of other programs. It parses a hash, returns the cost of
// verifying it, and verifies passwords.
package hashfmt

import (
	"bytes"
	"crypto/subtle"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The schemes, by the names that signup's Hash.Scheme documents.
const (
	Bcrypt              = "bcrypt"
	BcryptHMACSHA384    = "bcrypt-hmac-sha384"
	Argon2id            = "argon2id"
	Argon2i             = "argon2i"
	WerkzeugScrypt      = "werkzeug-scrypt"
	WerkzeugPBKDF2      = "werkzeug-pbkdf2"
	WerkzeugHMAC        = "werkzeug-hmac"
	DjangoPBKDF2SHA256  = "django-pbkdf2-sha256"
	DjangoPBKDF2SHA1    = "django-pbkdf2-sha1"
	DjangoArgon2id      = "django-argon2id"
	DjangoArgon2i       = "django-argon2i"
	DjangoBcrypt        = "django-bcrypt"
	DjangoBcryptSHA256  = "django-bcrypt-sha256"
	DjangoScrypt        = "django-scrypt"
	DjangoSHA1          = "django-sha1"
	PasslibPBKDF2SHA1   = "passlib-pbkdf2-sha1"
	PasslibPBKDF2SHA256 = "passlib-pbkdf2-sha256"
	PasslibPBKDF2SHA512 = "passlib-pbkdf2-sha512"
)

// MaxLen is the greatest length of a hash, in bytes. It is far more than any of
// the formats needs.
const MaxLen = 1024

// Work is the cost of verifying one password.
type Work struct {
	// Rounds is the processor time, in rounds of bcrypt: a bcrypt hash of cost 12
	// takes 1<<12. Other algorithms are compared by measured time.
	Rounds int64
	// Memory is in bytes.
	Memory int64
}

// A Hash is a hash in a known format. The zero value is none.
type Hash struct {
	Scheme string // one of the constants, if Parse returned the Hash
	Work   Work   // of each call of Matches
	// Foreign reports whether another package parsed the hash. Then its Scheme
	// says nothing about what Matches expects, and may be a name that it shares
	// with one of the constants.
	Foreign bool
	// Matches reports whether the hash is one of input, the bytes that the
	// algorithm hashes. For bcrypt, input is at most 72 bytes long; for the other
	// formats, and if Foreign is true, it is the password.
	Matches func(input []byte) bool
	// Decoy, if not nil, does the work of Matches for no password: with the same
	// parameters, in as much memory and in as many goroutines.
	Decoy func()
	// InOneLane, if not nil, does the work of Matches in one lane, so that it can
	// be measured. Matches then divides it among several goroutines.
	InOneLane func()
}

// Parse parses a hash in any of the known formats, and reports whether it is in
// one of them. It computes nothing, and limits no cost. A text that contains the
// password itself, or that isn't UTF-8, which a Store may refuse, is in no known
// format.
func Parse(hash string) (Hash, bool) {
	// The decoders of Base64 skip line breaks.
	if len(hash) > MaxLen || strings.ContainsAny(hash, "\r\n") || !utf8.ValidString(hash) {
		return Hash{}, false
	}
	for _, parse := range []func(string) (Hash, bool){
		parseBcrypt, parseArgon2, parseWerkzeug, parseDjango, parsePasslib,
	} {
		if h, ok := parse(hash); ok {
			return h, true
		}
	}
	return Hash{}, false
}

// A Verdict is the result of verifying a password.
type Verdict struct {
	// OK reports whether the password matches.
	OK bool
	// Exact reports whether it matched as a whole and in normalization form C, as
	// signup's Hashers hash it.
	Exact bool
	// Tries is how often Matches was called.
	Tries int64
}

// Verify verifies password as it was typed, which is what other programs hash,
// and then in normalization form C. If truncated is true, a longer password
// matches a bcrypt hash of its first 72 bytes.
func (h Hash) Verify(password string, truncated bool) (v Verdict) {
	raw, normal := []byte(password), norm.NFC.Bytes([]byte(password))
	if h.Scheme == BcryptHMACSHA384 && !h.Foreign {
		if !mustPrehash(normal) {
			return Verdict{}
		}
		return Verdict{OK: h.Matches(prehash(normal)), Exact: true, Tries: 1}
	}
	cutsInput := (h.Scheme == Bcrypt || h.Scheme == DjangoBcrypt) && !h.Foreign
	candidates := [][]byte{raw, normal}
	if bytes.Equal(raw, normal) {
		candidates = candidates[:1]
	}
	for _, candidate := range candidates {
		exact := bytes.Equal(candidate, normal)
		if cutsInput && mustPrehash(candidate) {
			if bytes.IndexByte(candidate, 0) >= 0 || len(candidate) > maxBcryptInput && !truncated {
				continue // bcrypt would not use all of it
			}
			candidate, exact = candidate[:maxBcryptInput], false
		}
		v.Tries++
		if h.Matches(candidate) {
			v.OK, v.Exact = true, exact
			return v
		}
	}
	return v
}

// equal compares in a time that doesn't depend on where a and b differ.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// parseCount parses a positive decimal number without sign or leading zeros.
func parseCount(s string, bits int) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, bits)
	return n, err == nil && n > 0 && s[0] != '0' && s[0] != '+'
}
