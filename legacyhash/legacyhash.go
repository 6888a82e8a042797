package legacyhash

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"math"
	"strconv"

	"github.com/gosignup/signup"
)

// All returns the formats that need no parameters: [Crypt], [PHPass], [Drupal7], [LDAP],
// [BcryptSHA256], [Spring] and [Keycloak]. No text is in two of them. The caller may
// append to the slice.
func All() []signup.HashFormat {
	return []signup.HashFormat{Crypt, PHPass, Drupal7, LDAP, BcryptSHA256, Spring, Keycloak}
}

// A format is a signup.HashFormat. It is a function, so that fmt and log/slog show
// no pepper or key that it holds.
type format func(text string) (signup.ParsedHash, bool)

// ParseHash parses h and reports whether it is in this format.
func (f format) ParseHash(h signup.Hash) (signup.ParsedHash, bool) {
	if len(h) == 0 || len(h) > maxText {
		return signup.ParsedHash{}, false
	}
	return f(string(h))
}

const (
	// maxText is the greatest length of a hash, in bytes, as in package signup.
	maxText = 1024
	// anyLength is for algorithms that hash the password once.
	anyLength = math.MaxInt
)

// limited returns a function that reports whether password is at most maxLen bytes
// long, has no NUL byte, and matches. It calls matches for every password, so that
// each takes the same time.
func limited(maxLen int, matches func(password []byte) bool) func([]byte) bool {
	return func(password []byte) bool {
		allowed := len(password) <= maxLen && bytes.IndexByte(password, 0) < 0
		if !allowed {
			password = nil
		}
		return matches(password) && allowed
	}
}

// equal compares in a time that doesn't depend on where a and b differ.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// parseNumber parses a positive decimal number of at most limit, without sign or
// leading zeros.
func parseNumber(s string, limit uint64) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n > 0 && n <= limit && strconv.FormatUint(n, 10) == s
}

// decode decodes text, if it is canonical: package base64 ignores line breaks and,
// unless it is strict, bits that stand for nothing.
func decode(b64 *base64.Encoding, text string) ([]byte, bool) {
	b, err := b64.DecodeString(text)
	return b, err == nil && b64.EncodeToString(b) == text
}
