package signup

import (
	"bytes"
	"crypto/subtle"
)

// A storedHash is a hash in one of the formats that are known here: what it
// takes to check it, and how.
type storedHash struct {
	kind    hashKind
	work    Work
	matches func(password []byte) bool
}

type hashKind int

const (
	whole       hashKind = iota // takes passwords of any length
	plainBcrypt                 // of at most 72 bytes, by this program or another
	longBcrypt                  // of more than 72 bytes, by this program
)

// parseHash reads h. It takes no format that holds the password itself.
func parseHash(h Hash) (storedHash, bool) {
	text := string(h)
	if len(text) > maxStoredHash {
		return storedHash{}, false
	}
	for _, parse := range []func(string) (storedHash, bool){
		parseBcrypt, parseArgon2id, parseWerkzeug, parseDjango,
	} {
		if s, ok := parse(text); ok {
			return s, true
		}
	}
	return storedHash{}, false
}

// maxStoredHash is in bytes, and far more than any of the formats needs.
const maxStoredHash = 1024

// What a stored hash may take in any case: more than the published defaults of
// the programs that make such hashes. Those are bcrypt 12 (PHP), scrypt
// N=2^17 r=8 p=1 (OWASP), a million iterations of PBKDF2 (Werkzeug 3.1; Django
// 6.0 has 1.2 million) and argon2id with 256 MiB and three passes (libsodium's
// moderate). RFC 9106's 2 GiB are out of reach unless Accounts.MaxStored
// says otherwise.
var leastMaxStored = Work{Rounds: 1 << 13, Memory: 256 << 20}

// maxStored returns what a stored hash may take by default, where own is what
// the application's own take.
func maxStored(own Work) Work {
	return Work{
		Rounds: max(4*own.Rounds, leastMaxStored.Rounds),
		Memory: max(own.Memory, leastMaxStored.Memory),
	}
}

// fits reports whether w is within the bound.
func (w Work) fits(bound Work) bool { return w.Rounds <= bound.Rounds && w.Memory <= bound.Memory }

// A verdict is what came of checking a password.
type verdict struct {
	ok    bool
	exact bool // it fits whole and in normal form C, as Hasher would hash it
	tries int64
}

// verify checks password as it was typed, which is what other programs hash,
// and in normal form C. With truncated, a longer password fits a bcrypt hash of
// its first 72 bytes.
func (s storedHash) verify(password string, truncated bool) (v verdict) {
	raw, normal := []byte(password), []byte(nfc(password))
	if s.kind == longBcrypt {
		if len(normal) <= maxBcryptInput {
			return verdict{}
		}
		return verdict{ok: s.matches(shortened(normal)), exact: true, tries: 1}
	}
	candidates := [][]byte{raw, normal}
	if bytes.Equal(raw, normal) {
		candidates = candidates[:1]
	}
	for _, candidate := range candidates {
		exact := bytes.Equal(candidate, normal)
		if s.kind == plainBcrypt && len(candidate) > maxBcryptInput {
			if !truncated {
				continue // bcrypt would compare no more than 72 bytes of it
			}
			candidate, exact = candidate[:maxBcryptInput], false
		}
		v.tries++
		if s.matches(candidate) {
			v.ok, v.exact = true, exact
			return v
		}
	}
	return v
}

// verifyWithin is verify for a Hasher: it takes no hash beyond the bound, and the
// work of one for every other.
func (s storedHash) verifyWithin(bound Work, password string) bool {
	if !s.work.fits(bound) {
		return false
	}
	v := s.verify(password, false)
	if v.tries == 0 {
		s.matches(nil)
	}
	return v.ok
}

// equal compares in a time that doesn't depend on where a and b differ.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
