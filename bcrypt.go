package signup

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

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
	bcryptAlphabet    = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
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
		return "", fmt.Errorf("signup: bcrypt cost %d is not within %d to %d", c, bcrypt.MinCost, bcrypt.MaxCost)
	}
	input, mark := []byte(nfc(password)), ""
	if len(input) > maxBcryptInput {
		input, mark = shortened(input), longMark
	}
	h, err := bcrypt.GenerateFromPassword(input, b.cost())
	if err != nil {
		return "", fmt.Errorf("signup: bcrypt: %w", err)
	}
	return Hash(mark + string(h)), nil
}

// Verify reports whether h is a bcrypt hash of password, as Hash makes them or, in
// the variants $2a$, $2b$ and $2y$ (which differ in mistakes that this bcrypt
// never made), other programs. Its cost may be another than b's, up to b's plus
// 2 and at least up to 13.
func (b Bcrypt) Verify(h Hash, password string) bool {
	s, ok := parseBcrypt(string(h))
	return ok && s.verifyWithin(maxStored(b.Work()), password)
}

// NeedsRehash reports whether h is not a bcrypt hash of b's cost as Hash makes them.
func (b Bcrypt) NeedsRehash(h Hash) bool {
	s, ok := parseBcrypt(string(h))
	return !ok || s.work != b.Work() || !strings.HasPrefix(strings.TrimPrefix(string(h), longMark), "$2a$")
}

// Work returns 1<<Cost rounds.
func (b Bcrypt) Work() Work {
	return Work{Rounds: 1 << min(max(b.cost(), 0), bcrypt.MaxCost), Memory: 5 << 10}
}

// parseBcrypt reads "$2a$12$", 22 characters of salt and 31 of hash, maybe marked.
func parseBcrypt(h string) (storedHash, bool) {
	plain, marked := strings.CutPrefix(h, longMark)
	if len(plain) != 60 || plain[0] != '$' || plain[3] != '$' || plain[6] != '$' {
		return storedHash{}, false
	}
	// Of another salt bcrypt would compute nothing, and a log-in cost nothing.
	if plain[4] < '0' || plain[4] > '9' || strings.Trim(plain[7:], bcryptAlphabet) != "" {
		return storedHash{}, false
	}
	cost, err := bcrypt.Cost([]byte(plain))
	if err != nil || cost < bcrypt.MinCost || cost > bcrypt.MaxCost {
		return storedHash{}, false
	}
	switch plain[1:3] {
	case "2a", "2b", "2y":
	default:
		return storedHash{}, false
	}
	s := storedHash{
		work:    Bcrypt{Cost: cost}.Work(),
		matches: func(password []byte) bool { return bcrypt.CompareHashAndPassword([]byte(plain), password) == nil },
	}
	if marked {
		s.kind = longBcrypt
	} else {
		s.kind = plainBcrypt
	}
	return s, true
}

// shortened returns what bcrypt is to hash in place of a longer password.
func shortened(password []byte) []byte {
	mac := hmac.New(sha512.New384, []byte(longKey))
	mac.Write(password)
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}
