package main

import (
	"regexp"
	"strings"
)

// The formats of User.CheckPassword, each with its salt as a group. What a hash
// may cost, which is bounded too, isn't looked at.
var hashFormats = []*regexp.Regexp{
	regexp.MustCompile(`^(?:pbkdf2:[a-z0-9]+:[1-9][0-9]*|scrypt:[1-9][0-9]*:[1-9][0-9]*:[1-9][0-9]*|[a-z0-9]+)\$([^$]+)\$[0-9a-f]+$`), // Werkzeug
	regexp.MustCompile(`^pbkdf2_sha256\$[1-9][0-9]*\$([^$]+)\$[A-Za-z0-9+/]{43}=$`),                                                   // Django
	regexp.MustCompile(`^(?:\$hmac-sha384-bcrypt)?\$2[aby]\$[0-9][0-9]\$([./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$`),
	regexp.MustCompile(`^\$argon2id\$v=19\$m=[1-9][0-9]*,t=[1-9][0-9]*,p=[1-9][0-9]*\$([A-Za-z0-9+/]{11,})\$[A-Za-z0-9+/]{22,}$`),
}

// hexDigits is how long the result of each of Werkzeug's methods is.
var hexDigits = map[string]int{"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128, "scrypt": 128}

// saltOf returns the salt of a hash, and whether a log-in can check the hash.
func saltOf(hash string) (salt string, known bool) {
	if len(hash) > 1024 {
		return "", false
	}
	for n, format := range hashFormats {
		found := format.FindStringSubmatch(hash)
		if found == nil {
			continue
		}
		if n == 0 {
			method, _, _ := strings.Cut(hash, "$")
			names := strings.Split(method, ":")
			if names[0] == "pbkdf2" {
				names = names[1:]
			}
			if digits := len(hash) - strings.LastIndexByte(hash, '$') - 1; digits != hexDigits[names[0]] {
				return "", false
			}
		}
		return found[1], true
	}
	return "", false
}

// isPassword reports whether the hash is one of Werkzeug's that has the password
// in it as it is.
func isPassword(hash string) bool { return strings.HasPrefix(hash, "plain$") }
