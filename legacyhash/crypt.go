package legacyhash

import (
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"

	xcrypt "github.com/go-crypt/x/crypt"
	"github.com/gosignup/signup"
)

// Crypt is crypt(3) with SHA-256 ("$5$") or SHA-512 ("$6$"), as in /etc/shadow. A
// salt is 1 to 16 characters of the alphabet that such programs make salts of;
// rounds are 1000 to 999999999, and 5000 if the text names none.
var Crypt signup.HashFormat = format(parseCrypt)

// crypt64 is the alphabet of crypt(3) and phpass, in the order of its values.
const crypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const (
	leastRounds   = 1000
	mostRounds    = 999_999_999
	defaultRounds = 5000
	maxCryptSalt  = 16 // characters
)

// parseCrypt parses "$6$rounds=10000$", up to 16 characters of salt, "$" and the
// hash.
func parseCrypt(text string) (signup.ParsedHash, bool) {
	variant, rest, ok := cutCryptVariant(text)
	if !ok {
		return signup.ParsedHash{}, false
	}
	rounds := uint64(defaultRounds)
	if after, named := strings.CutPrefix(rest, "rounds="); named {
		number, after, _ := strings.Cut(after, "$")
		if rounds, ok = parseNumber(number, mostRounds); !ok || rounds < leastRounds {
			return signup.ParsedHash{}, false
		}
		rest = after
	}
	salt, want, ok := strings.Cut(rest, "$")
	if !ok || len(salt) < 1 || len(salt) > maxCryptSalt || !isCrypt64(salt, 1<<6) ||
		len(want) != variant.length || !isCrypt64(want, variant.last) {
		return signup.ParsedHash{}, false
	}
	return signup.ParsedHash{
		Scheme: variant.scheme,
		Work:   steps(rounds, variant.perRound),
		Matches: limited(maxFlat, func(password []byte) bool {
			return equal([]byte(want), variant.sum(salt, password, int(rounds)))
		}),
	}, true
}

// A cryptVariant is what differs between "$5$" and "$6$".
type cryptVariant struct {
	scheme   string
	new      func() hash.Hash
	length   int    // of the hash, in characters
	last     int    // how many values its last character has
	perRound uint64 // see work.go
}

// sum returns the hash as text. A round hashes a digest, the password once or twice,
// and mostly the salt.
func (v cryptVariant) sum(salt string, password []byte, rounds int) []byte {
	longest := v.new().Size() + 2*maxFlat + maxCryptSalt
	return xcrypt.KeySHACrypt(flat(v.new, longest), password, []byte(salt), rounds)
}

func cutCryptVariant(text string) (v cryptVariant, rest string, ok bool) {
	if rest, ok = strings.CutPrefix(text, "$5$"); ok {
		return cryptVariant{"sha256-crypt", sha256.New, 43, 1 << 4, sha256CryptPerRound}, rest, true
	}
	rest, ok = strings.CutPrefix(text, "$6$")
	return cryptVariant{"sha512-crypt", sha512.New, 86, 1 << 2, sha512CryptPerRound}, rest, ok
}

// isCrypt64 reports whether text is of crypt64, and its last character one of the
// first last values: the others would stand for more bits than the hash has.
func isCrypt64(text string, last int) bool {
	return text != "" && strings.Trim(text, crypt64) == "" &&
		strings.IndexByte(crypt64, text[len(text)-1]) < last
}
