package signup

import (
	"slices"
	"unicode/utf8"

	"github.com/gosignup/signup/internal/hashfmt"
	"golang.org/x/text/unicode/norm"
)

// A Hasher makes and verifies password hashes. It is safe for concurrent use.
// [Accounts] limits how many of its calls run at once, so a Hasher needs no limit
// of its own.
//
// A Hasher that wraps another, to add a pepper for example, must mark its hashes,
// so that they aren't mistaken for the other's; see the example. Accounts passes
// passwords in Unicode normalization form C.
//
// Hash and Verify should compute in the calling goroutine: Accounts measures its
// processor time, so that a refused log-in takes as much for every stored hash.
type Hasher interface {
	// Hash hashes password with a new random salt. The format of the hash names
	// itself and its cost.
	Hash(password string) (Hash, error)
	// Verify reports whether h is a hash of password. It returns false for a
	// format that it doesn't know, and for a hash that costs far more than its
	// own, which an attacker with write access to the Store may have planted.
	Verify(h Hash, password string) bool
	// NeedsRehash reports, without hashing anything, whether h has another
	// format or cost than Hash makes today. A log-in replaces such a hash.
	NeedsRehash(h Hash) bool
	// Work returns the cost of one call of Hash, whatever the password. A call
	// of Verify costs the same if the hash needs no rehash. Rounds is at least 1.
	Work() Work
}

// Work is the cost of making or verifying one hash.
type Work struct {
	// Rounds is the processor time, in rounds of bcrypt: a bcrypt hash of cost 12
	// takes 1<<12. Other algorithms are compared by measured time, so their
	// rounds are approximate.
	Rounds int64
	// Memory is in bytes.
	Memory int64
}

// verifyStored is Verify for the Hashers of this package: it reports whether h,
// in one of schemes, is a hash of password. If h costs more than the default of
// HashLimits.MaxStoredWork for a Hasher of the cost own, it returns false.
// Otherwise it takes the time of one hash, also for a password that h can't match.
func verifyStored(h Hash, own Work, password string, schemes ...string) bool {
	stored, ok := parseScheme(h, schemes...)
	if !ok || !Work(stored.Work).fits(defaultMaxStored(own)) {
		return false
	}
	v := stored.Verify(password, false)
	if v.Tries == 0 {
		stored.Matches(nil)
	}
	return v.OK
}

// parseScheme parses h, and reports whether it is in one of schemes.
func parseScheme(h Hash, schemes ...string) (hashfmt.Hash, bool) {
	stored, ok := parseHash(h)
	return stored, ok && slices.Contains(schemes, stored.Scheme)
}

// maxPasswordText is the greatest length of a text that is looked at as a
// password, in bytes. A longer text would be work for nothing.
const maxPasswordText = 4096

// checkPasswordText returns what is wrong with password before any policy.
func checkPasswordText(password string) *FieldError {
	switch {
	case password == "":
		return required(FieldPassword)
	case len(password) > maxPasswordText:
		return inEnglish(FieldError{Field: FieldPassword, Code: CodeTooManyBytes, Max: maxPasswordText})
	case !utf8.ValidString(password):
		return inEnglish(FieldError{Field: FieldPassword, Code: CodeNotUTF8})
	}
	return nil
}

// nfc returns password in Unicode normalization form C (NIST SP 800-63B-4,
// section 3.1.1.2), so that it is the same from every keyboard.
func nfc(password string) string { return norm.NFC.String(password) }
