package legacyhash

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/gosignup/signup"
)

// Spring is what the DelegatingPasswordEncoder of Spring Security's
// PasswordEncoderFactories writes: {bcrypt}, {pbkdf2}, {scrypt} and {argon2} with
// their default parameters, also with @SpringSecurity_v5_8 after the last three
// names, {sha256} (StandardPasswordEncoder) and {ldap}{SSHA}. The costs of bcrypt,
// scrypt and argon2id are in the text and may be others. An encoder with a secret
// isn't supported. A bcrypt hash without {bcrypt} is one of package signup's own.
var Spring signup.HashFormat = format(parseSpring)

// v58 is Spring's suffix for the parameters that it made its defaults in 5.8.
const v58 = "@SpringSecurity_v5_8"

// springEncoders parse what follows the name in braces.
var springEncoders = map[string]format{
	"bcrypt":       parseSpringBcrypt,
	"pbkdf2":       springPBKDF2{pbkdf2SHA1, 185_000, 8}.parse,
	"pbkdf2" + v58: springPBKDF2{pbkdf2SHA256, 310_000, 16}.parse,
	"scrypt":       parseSpringScrypt,
	"scrypt" + v58: parseSpringScrypt,
	"argon2":       parseSpringArgon2,
	"argon2" + v58: parseSpringArgon2,
	"sha256":       parseSpringStandard,
	"ldap":         parseSpringLDAP,
}

// parseSpring parses a name in braces and what its encoder wrote.
func parseSpring(text string) (signup.ParsedHash, bool) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(text, "{"), "}")
	parse := springEncoders[name]
	if !ok || !strings.HasPrefix(text, "{") || parse == nil {
		return signup.ParsedHash{}, false
	}
	return parse(rest)
}

func parseSpringBcrypt(text string) (signup.ParsedHash, bool) {
	cost, ok := parseBcrypt(text)
	if !ok {
		return signup.ParsedHash{}, false
	}
	return signup.ParsedHash{
		Scheme:  "spring-bcrypt",
		Work:    bcryptWork(cost),
		Matches: limited(maxBcrypt, func(password []byte) bool { return matchBcrypt(text, password) }),
	}, true
}

// parseSpringLDAP parses what LdapShaPasswordEncoder writes, if it has a salt.
func parseSpringLDAP(text string) (signup.ParsedHash, bool) {
	h, ok := parseLDAP(text)
	if h.Scheme != "ldap-ssha" {
		return signup.ParsedHash{}, false
	}
	return h, ok
}

// A springPBKDF2 is the default parameters of a Pbkdf2PasswordEncoder, which are
// not in its texts.
type springPBKDF2 struct {
	digest     pbkdf2Digest
	iterations uint64
	saltLen    int
}

// parse parses the salt and 32 bytes of hash in hexadecimal digits.
func (p springPBKDF2) parse(text string) (signup.ParsedHash, bool) {
	b, ok := decodeHex(text)
	if !ok || len(b) != p.saltLen+32 {
		return signup.ParsedHash{}, false
	}
	return p.digest.hash("spring-pbkdf2", p.iterations, b[:p.saltLen], b[p.saltLen:]), true
}

const (
	standardSalt       = 8    // bytes
	standardIterations = 1024 // of SHA-256
)

// parseSpringStandard parses a salt of 8 bytes and 32 bytes of hash, as
// StandardPasswordEncoder without a secret writes them.
func parseSpringStandard(text string) (signup.ParsedHash, bool) {
	b, ok := decodeHex(text)
	if !ok || len(b) != standardSalt+sha256.Size {
		return signup.ParsedHash{}, false
	}
	salt, want := b[:standardSalt], b[standardSalt:]
	return signup.ParsedHash{
		Scheme: "spring-sha256",
		Work:   steps(standardIterations, sha256PerRound),
		Matches: limited(anyLength, func(password []byte) bool {
			sum := sha256.Sum256(append(salt[:standardSalt:standardSalt], password...))
			for range standardIterations - 1 {
				sum = sha256.Sum256(sum[:])
			}
			return equal(want, sum[:])
		}),
	}, true
}

// decodeHex decodes lower-case hexadecimal digits.
func decodeHex(text string) ([]byte, bool) {
	b, err := hex.DecodeString(text)
	return b, err == nil && hex.EncodeToString(b) == text
}
