package legacyhash

import (
	"strings"

	"github.com/go-crypt/crypt/algorithm/shacrypt"
	"github.com/gosignup/signup"
)

// Crypt is crypt(3) with SHA-256 ("$5$") or SHA-512 ("$6$"), as in /etc/shadow. A
// salt is 1 to 16 characters of the alphabet that such programs make salts of;
// rounds are 1000 to 999999999, and 5000 if the text names none.
var Crypt signup.HashFormat = format(parseCrypt)

// crypt64 is the alphabet of crypt(3) and phpass, in the order of its values.
const crypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// parseCrypt parses "$6$rounds=10000$", up to 16 characters of salt, "$" and the
// hash. shacrypt alone accepts leading zeros, any salt and any length of the hash.
func parseCrypt(text string) (signup.ParsedHash, bool) {
	variant, rest, ok := cutCryptVariant(text)
	if !ok {
		return signup.ParsedHash{}, false
	}
	rounds := uint64(shacrypt.IterationsDefaultOmitted)
	if after, named := strings.CutPrefix(rest, "rounds="); named {
		number, after, _ := strings.Cut(after, "$")
		if rounds, ok = parseNumber(number, shacrypt.IterationsMax); !ok || rounds < shacrypt.IterationsMin {
			return signup.ParsedHash{}, false
		}
		rest = after
	}
	salt, hash, ok := strings.Cut(rest, "$")
	if !ok || len(salt) < 1 || len(salt) > 16 || !isCrypt64(salt, 1<<6) ||
		len(hash) != variant.length || !isCrypt64(hash, variant.last) {
		return signup.ParsedHash{}, false
	}
	digest, err := shacrypt.Decode(text)
	if err != nil {
		return signup.ParsedHash{}, false
	}
	return signup.ParsedHash{
		Scheme:  variant.scheme,
		Work:    steps(rounds, variant.perRound),
		Matches: limited(maxRehashed, digest.MatchBytes),
	}, true
}

// A cryptVariant is what differs between "$5$" and "$6$".
type cryptVariant struct {
	scheme   string
	length   int    // of the hash, in characters
	last     int    // how many values its last character has
	perRound uint64 // see work.go
}

func cutCryptVariant(text string) (v cryptVariant, rest string, ok bool) {
	if rest, ok = strings.CutPrefix(text, "$5$"); ok {
		return cryptVariant{"sha256-crypt", 43, 1 << 4, sha256CryptPerRound}, rest, true
	}
	rest, ok = strings.CutPrefix(text, "$6$")
	return cryptVariant{"sha512-crypt", 86, 1 << 2, sha512CryptPerRound}, rest, ok
}

// isCrypt64 reports whether text is of crypt64, and its last character one of the
// first last values: the others would stand for more bits than the hash has.
func isCrypt64(text string, last int) bool {
	return text != "" && strings.Trim(text, crypt64) == "" &&
		strings.IndexByte(crypt64, text[len(text)-1]) < last
}
