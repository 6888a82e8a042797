package hashfmt

import (
	"crypto/hmac"
	"encoding/hex"
	"strings"
)

// parseWerkzeug parses what werkzeug.security.generate_password_hash has made
// since 2011: METHOD$SALT$HEX. The salt is used as text.
func parseWerkzeug(hash string) (Hash, bool) {
	method, rest, _ := strings.Cut(hash, "$")
	salt, text, ok := strings.Cut(rest, "$")
	want, hexOK := lowerHex(text)
	if !ok || salt == "" || !hexOK {
		return Hash{}, false
	}
	args := strings.Split(method, ":")
	switch {
	case args[0] == "scrypt" && len(args) == 4:
		return scryptHash(WerkzeugScrypt, [3]string(args[1:]), salt, want)
	case args[0] == "pbkdf2" && len(args) == 3:
		return pbkdf2Hash(WerkzeugPBKDF2, args[1], args[2], salt, want)
	case len(args) == 1 && args[0] == "sha1":
		return saltedSHA1(salt, want)
	case len(args) == 1 && args[0] == "md5" && !isWerkzeugSalt(salt):
		return Hash{}, false // Django's md5$SALT$HEX, which is no HMAC
	case len(args) == 1:
		return werkzeugHMAC(args[0], salt, want)
	}
	return Hash{}, false
}

// werkzeugHMAC returns a hash that is an HMAC of the password, keyed by the salt.
func werkzeugHMAC(name, salt string, want []byte) (Hash, bool) {
	d, known := digests[name]
	if !known || len(want) != d.size {
		return Hash{}, false
	}
	return Hash{
		Scheme: WerkzeugHMAC,
		Work:   Work{Rounds: 1},
		Matches: func(input []byte) bool {
			mac := hmac.New(d.new, []byte(salt))
			mac.Write(input)
			return equal(want, mac.Sum(nil))
		},
	}, true
}

// isWerkzeugSalt reports whether salt has the length of Werkzeug's: 8 characters, or
// 16 since 2.0. Django's had 5, 12 or 22.
func isWerkzeugSalt(salt string) bool { return len(salt) == 8 || len(salt) == 16 }

// lowerHex decodes hexadecimal digits in lower case.
func lowerHex(s string) ([]byte, bool) {
	b, err := hex.DecodeString(s)
	return b, err == nil && s == strings.ToLower(s)
}
