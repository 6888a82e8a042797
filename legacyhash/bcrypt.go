package legacyhash

import (
	"encoding/base64"

	"golang.org/x/crypto/bcrypt"
)

// maxBcrypt is how many bytes of a password bcrypt hashes.
const maxBcrypt = 72

// bcrypt64 is the Base64 of bcrypt.
var bcrypt64 = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

// parseBcrypt parses "$2a$12$", 22 characters of salt and 31 of hash, and returns
// the cost. "$2b$" and "$2y$" are the same algorithm.
func parseBcrypt(text string) (cost int, ok bool) {
	if len(text) != 60 || text[6] != '$' {
		return 0, false
	}
	switch text[:4] {
	case "$2a$", "$2b$", "$2y$":
	default:
		return 0, false
	}
	tens, ones := text[4], text[5]
	if tens < '0' || tens > '9' || ones < '0' || ones > '9' {
		return 0, false
	}
	cost = int(tens-'0')*10 + int(ones-'0')
	return cost, cost >= bcrypt.MinCost && cost <= bcrypt.MaxCost && isBcrypt64(text[7:])
}

// isBcrypt64 reports whether text is 22 characters of salt and 31 of hash, both
// canonical.
func isBcrypt64(text string) bool {
	_, saltOK := decode(bcrypt64, text[:22])
	_, hashOK := decode(bcrypt64, text[22:])
	return saltOK && hashOK
}

// matchBcrypt reports whether text, which parseBcrypt accepts, is a bcrypt hash of
// input, of at most 72 bytes.
func matchBcrypt(text string, input []byte) bool {
	return bcrypt.CompareHashAndPassword([]byte(text), input) == nil
}
