package signup

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Hasher makes and checks the hashes of passwords. It is safe for concurrent
// use. Accounts bounds how many of its calls run at once, so it needs no
// bound of its own.
//
// One that wraps another, to add a pepper for example, must mark its hashes, so
// that they aren't taken for the other's, as in the example. Accounts hands it
// passwords in Unicode normalisation form C.
type Hasher interface {
	// Hash hashes password with a new random salt, in a format that names
	// itself and its cost.
	Hash(password string) (Hash, error)
	// Verify reports whether h is a hash of password. Of a format that it
	// doesn't know it reports false, and of one that costs far more than
	// its own too: whoever can write to a Store may have planted it.
	Verify(h Hash, password string) bool
	// NeedsRehash reports, without hashing anything, whether h has another
	// format or cost than Hash makes today. A log-in replaces such a hash.
	NeedsRehash(h Hash) bool
	// Work returns what one call of Hash takes, and so one of Verify for a
	// hash that is Current, whatever the password. It has at least 1 round.
	Work() Work
}

// Work is what it takes to make or check one hash.
type Work struct {
	// Rounds is the processor's work, in rounds of bcrypt: a hash of bcrypt's
	// cost 12 is 1<<12 of them. Other algorithms are compared by the time
	// that they were measured to take, and so approximately.
	Rounds int64
	// Memory is in bytes.
	Memory int64
}

// maxPasswordText bounds, in bytes, what is taken for a password at all: longer
// texts are work for nothing.
const maxPasswordText = 4096

// checkPasswordText returns what is wrong with password before any policy.
func checkPasswordText(password string) *FieldError {
	switch {
	case password == "":
		return required(FieldPassword)
	case len(password) > maxPasswordText:
		return &FieldError{FieldPassword, "too_long", fmt.Sprintf("'%s' must be at most %d bytes long.", FieldPassword, maxPasswordText)}
	case !utf8.ValidString(password):
		return &FieldError{FieldPassword, "invalid", "'" + FieldPassword + "' must be valid UTF-8 text."}
	}
	return nil
}

// nfc returns password in Unicode normalisation form C (NIST SP 800-63B-4,
// section 3.1.1.2), so that it is the same from every keyboard.
func nfc(password string) string { return norm.NFC.String(password) }
