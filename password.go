package signup

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"
)

// A Hasher makes and checks the hashes of passwords. It is safe for concurrent
// use. Accounts bounds how many of its calls run at once, so it needs no
// bound of its own.
type Hasher interface {
	// Hash hashes password with a new random salt, in a format that names
	// itself and its cost.
	Hash(password string) (Hash, error)
	// Verify reports whether h is a hash of password. Of a format that it
	// doesn't know it reports false.
	Verify(h Hash, password string) bool
	// Current reports, without hashing anything, whether h is of the format
	// and cost that Hash makes. A log-in replaces a hash that is not.
	Current(h Hash) bool
}

// Bcrypt is the Hasher that is used where none is given.
//
// A password is put into Unicode normalisation form C (NIST SP 800-63B-4,
// section 3.1.1.2) and, if that is at most 72 bytes long, hashed by bcrypt:
// "$2a$12$" and so on. bcrypt ignores what goes beyond 72 bytes; a longer
// password is hashed before, so that every byte counts. What bcrypt gets then
// is the standard Base64 of
//
//	HMAC-SHA-384(key = "github.com/gosignup/signup", message = password)
//
// which is 64 bytes long, and the hash is marked by the text
// "$hmac-sha384-bcrypt" before the "$2a$12$".
type Bcrypt struct {
	// Cost is bcrypt's: one more doubles the work. 0 is 12. From 10 on it
	// is fit for use (OWASP Password Storage Cheat Sheet); less, down to 4,
	// is for tests.
	Cost int
}

const (
	defaultBcryptCost = 12
	maxBcryptInput    = 72
	longMark          = "$hmac-sha384-bcrypt"
	longKey           = "github.com/gosignup/signup"
)

func (b Bcrypt) cost() int {
	if b.Cost == 0 {
		return defaultBcryptCost
	}
	return b.Cost
}

// Hash returns the hash of password, or an error for a Cost that bcrypt
// doesn't have.
func (b Bcrypt) Hash(password string) (Hash, error) {
	if c := b.cost(); c < bcrypt.MinCost || c > bcrypt.MaxCost {
		return nil, fmt.Errorf("signup: bcrypt cost %d is not within %d to %d", c, bcrypt.MinCost, bcrypt.MaxCost)
	}
	input, long := bcryptInput(password)
	h, err := bcrypt.GenerateFromPassword(input, b.cost())
	if err != nil {
		return nil, fmt.Errorf("signup: bcrypt: %w", err)
	}
	if long {
		h = append([]byte(longMark), h...)
	}
	return h, nil
}

// Verify reports whether h is a hash of password, whatever its cost. It takes
// the variants $2a$, $2b$ and $2y$, which differ in mistakes that this bcrypt
// never made.
func (b Bcrypt) Verify(h Hash, password string) bool {
	plain, marked := bytes.CutPrefix(h, []byte(longMark))
	input, long := bcryptInput(password)
	// Compare in any case, so that time doesn't tell how long the password is.
	matches := bcrypt.CompareHashAndPassword(plain, input) == nil
	return matches && marked == long
}

// Current reports whether h is a bcrypt hash of b's cost.
func (b Bcrypt) Current(h Hash) bool {
	cost, err := bcrypt.Cost(bytes.TrimPrefix(h, []byte(longMark)))
	return err == nil && cost == b.cost()
}

// bcryptInput returns what bcrypt is to hash for password, and whether
// that was hashed before.
func bcryptInput(password string) (input []byte, long bool) {
	input = norm.NFC.Bytes([]byte(password))
	if len(input) <= maxBcryptInput {
		return input, false
	}
	mac := hmac.New(sha512.New384, []byte(longKey))
	mac.Write(input)
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil)), true
}

// checkPasswordText returns what is wrong with password before any policy.
func checkPasswordText(password string) *FieldError {
	switch {
	case password == "":
		return required(fieldPassword)
	case !utf8.ValidString(password):
		return &FieldError{fieldPassword, "invalid", "'" + fieldPassword + "' must be valid UTF-8 text."}
	}
	return nil
}
