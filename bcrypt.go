package signup

import (
	"fmt"

	"github.com/gosignup/signup/internal/hashfmt"
	"golang.org/x/crypto/bcrypt"
)

// Bcrypt is the default [Hasher].
//
// A password is put into Unicode normalization form C (NIST SP 800-63B-4,
// section 3.1.1.2). If it is then at most 71 bytes long and has no NUL, it is hashed
// by bcrypt, and the hash begins with "$2a$12$" or another cost. bcrypt ignores what
// follows the first 72 bytes, so a longer password is prehashed, and every byte
// counts. What bcrypt hashes is then the standard Base64 of
//
//	HMAC-SHA-384(key = "github.com/gosignup/signup", message = password)
//
// which is 64 bytes long, and the hash begins with "$hmac-sha384-bcrypt$2a$12$".
type Bcrypt struct {
	// Cost is bcrypt's cost, from 4 to 31. One more doubles the work. 0 is 12.
	// The OWASP Password Storage Cheat Sheet asks for at least 10; less is for
	// tests.
	Cost int
}

const defaultBcryptCost = 12

func (b Bcrypt) cost() int {
	if b.Cost == 0 {
		return defaultBcryptCost
	}
	return b.Cost
}

// check returns what is wrong with the parameters.
func (b Bcrypt) check() error {
	if c := b.cost(); c < bcrypt.MinCost || c > bcrypt.MaxCost {
		return fmt.Errorf("signup: bcrypt cost %d is not within %d to %d", c, bcrypt.MinCost, bcrypt.MaxCost)
	}
	return nil
}

// Hash returns the hash of password. If bcrypt has no such Cost, it returns an
// error.
func (b Bcrypt) Hash(password string) (Hash, error) {
	if err := b.check(); err != nil {
		return "", err
	}
	input, mark := hashfmt.BcryptInput([]byte(nfc(password)))
	h, err := bcrypt.GenerateFromPassword(input, b.cost())
	if err != nil {
		return "", fmt.Errorf("signup: bcrypt: %w", err)
	}
	return Hash(mark + string(h)), nil
}

// Verify reports whether h is a bcrypt hash of password, made by Hash or, in the
// variants $2a$, $2b$ and $2y$, by other programs. (The variants differ in bugs
// that this bcrypt never had.) The cost of h may differ from b's: it may be up to
// 13, or up to b's plus 2 if that is more.
func (b Bcrypt) Verify(h Hash, password string) bool {
	return verifyStored(h, b.Work(), password, hashfmt.Bcrypt, hashfmt.BcryptHMACSHA384)
}

// NeedsRehash reports whether h is anything but a bcrypt hash of b's cost as Hash
// makes it.
func (b Bcrypt) NeedsRehash(h Hash) bool {
	stored, ok := parseScheme(h, hashfmt.Bcrypt, hashfmt.BcryptHMACSHA384)
	return !ok || Work(stored.Work) != b.Work() || !hashfmt.BcryptIsCurrent(string(h))
}

// Work returns 1<<Cost rounds, and bcrypt's few KiB of memory.
func (b Bcrypt) Work() Work { return Work(hashfmt.BcryptWork(b.cost())) }
