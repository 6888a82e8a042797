package hashfmt

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	maxBcryptInput = 72
	bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	prehashMark    = "$hmac-sha384-bcrypt"
	prehashKey     = "github.com/gosignup/signup"
)

// BcryptInput returns what bcrypt hashes for a password in normalization form C,
// and the mark that precedes the hash: a password of 72 bytes or more, or with a
// NUL, is prehashed and marked. So no hash without the mark is one of the first 72
// bytes of a longer password, unless another program made it.
func BcryptInput(password []byte) (input []byte, mark string) {
	if mustPrehash(password) {
		return prehash(password), prehashMark
	}
	return password, ""
}

// mustPrehash reports whether bcrypt itself would not use all of password: it ignores
// what follows 72 bytes, and repeats a shorter password after a NUL.
func mustPrehash(password []byte) bool {
	return len(password) >= maxBcryptInput || bytes.IndexByte(password, 0) >= 0
}

// prehash returns what bcrypt hashes in place of a longer password.
func prehash(password []byte) []byte {
	mac := hmac.New(sha512.New384, []byte(prehashKey))
	mac.Write(password)
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}

// BcryptWork returns the cost of a bcrypt hash of the given cost.
func BcryptWork(cost int) Work {
	return Work{Rounds: 1 << min(max(cost, 0), bcrypt.MaxCost), Memory: 5 << 10}
}

// BcryptIsCurrent reports whether hash, of either bcrypt scheme, is of the
// variant that this package's bcrypt makes: $2a$.
func BcryptIsCurrent(hash string) bool {
	return strings.HasPrefix(strings.TrimPrefix(hash, prehashMark), "$2a$")
}

// parseBcrypt parses a bcrypt hash, which this package's mark may precede.
func parseBcrypt(hash string) (Hash, bool) {
	plain, marked := strings.CutPrefix(hash, prehashMark)
	h, ok := parsePlainBcrypt(plain)
	if marked {
		h.Scheme = BcryptHMACSHA384
	}
	return h, ok
}

// parsePlainBcrypt parses "$2a$12$", 22 characters of salt and 31 of hash.
func parsePlainBcrypt(hash string) (Hash, bool) {
	if len(hash) != 60 || hash[0] != '$' || hash[3] != '$' || hash[6] != '$' {
		return Hash{}, false
	}
	// With a salt of other characters bcrypt would compute nothing, and a log-in
	// would cost nothing.
	if hash[4] < '0' || hash[4] > '9' || strings.Trim(hash[7:], bcryptAlphabet) != "" {
		return Hash{}, false
	}
	// Of the last character, two bits stand for nothing. bcrypt compares text, so a hash
	// in which they aren't 0 would match no password. Such a salt does match.
	if strings.IndexByte(bcryptAlphabet, hash[59])%4 != 0 {
		return Hash{}, false
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil || cost < bcrypt.MinCost || cost > bcrypt.MaxCost {
		return Hash{}, false
	}
	switch hash[1:3] {
	case "2a", "2b", "2y":
	default:
		return Hash{}, false
	}
	return Hash{
		Scheme:  Bcrypt,
		Work:    BcryptWork(cost),
		Matches: func(input []byte) bool { return bcrypt.CompareHashAndPassword([]byte(hash), input) == nil },
	}, true
}
