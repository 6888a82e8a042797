package hashfmt

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Describe returns what hash looks like, if it is in a well-known format that Parse
// doesn't accept, for an error message: "crypt(3) $6$" for example. It returns "" if
// Parse accepts hash, and if the format is unknown. The result is one of a fixed set
// of texts, and never contains a part of hash that isn't the name of a format.
func Describe(hash string) string {
	switch {
	case strings.TrimSpace(hash) == "":
		return "empty"
	case len(hash) > MaxLen:
		return "longer than 1024 bytes"
	case strings.TrimSpace(hash) != hash:
		return "surrounded by white space"
	}
	if _, ok := Parse(hash); ok {
		return ""
	}
	switch {
	case isHexDigest(hash), isUnsalted(hash):
		return "an unsalted digest"
	case isIdentity(hash):
		return "ASP.NET Core Identity"
	}
	for _, f := range described {
		if strings.HasPrefix(strings.ToLower(hash), f.prefix) {
			return f.name
		}
	}
	if strings.HasPrefix(hash, "{") {
		return describeBraces(hash)
	}
	return ""
}

const clearText = "text that contains the password itself ({noop}, plain$)"

// described are the formats that begin with a prefix, here in lower case. The first
// one that fits counts.
var described = []struct{ prefix, name string }{
	{"!!", "the mark of a locked account in crypt(3)"},
	{"!*", "the mark of a locked account in crypt(3)"},
	{"!$", "the mark of a locked account in crypt(3)"},
	{"!", "the unusable-password mark of Django"},
	{"*lk*", "the mark of a locked account in crypt(3)"},
	{"*0", "the failure mark of crypt(3)"},
	{"*1", "the failure mark of crypt(3)"},
	{"plain$", clearText},
	{"plain:", clearText},

	{"$1$", "crypt(3) $1$"},
	{"$5$", "crypt(3) $5$"},
	{"$6$", "crypt(3) $6$"},
	{"$7$", "crypt(3) $7$"},
	{"$y$", "crypt(3) $y$"},
	{"$gy$", "crypt(3) $gy$"},
	{"$md5", "crypt(3) $md5"},
	{"$sha1$", "crypt(3) $sha1$"},
	{"$apr1$", "Apache $apr1$"},
	{"$p$", "phpass"},
	{"$h$", "phpass"},
	{"$s$", "Drupal $S$"},
	{"u$s$", "Drupal U$S$"},
	{"$wp$", "WordPress $wp$"},
	{"crypt$", "Django's crypt"},
	{"md5$", "salted MD5"},
	{"scram-sha-256$", "PostgreSQL SCRAM-SHA-256"},

	{"$2$", "bcrypt $2$"},
	{"$2x$", "bcrypt $2x$"},
	{"$argon2d$", "argon2d"},
	{"argon2$argon2d$", "argon2d"},
	{"$bcrypt-sha256$", "passlib $bcrypt-sha256$"},
	{"$scrypt$", "passlib $scrypt$"},
	{"$keycloak-pbkdf2", "Keycloak's PBKDF2"},
	{"$firebase-scrypt$", "Firebase's scrypt"},
	{"$devise$", "Devise's bcrypt with a pepper"},

	// What Parse accepts if it is well formed.
	{"$2a$", "bcrypt, malformed"},
	{"$2b$", "bcrypt, malformed"},
	{"$2y$", "bcrypt, malformed"},
	{prehashMark, "bcrypt-hmac-sha384, malformed"},
	{"$argon2i", "argon2, malformed or of more than 64 lanes"},
	{"argon2$", "Django's argon2, malformed or of more than 64 lanes"},
	{"bcrypt$", "Django's bcrypt, malformed"},
	{"bcrypt_sha256$", "Django's bcrypt_sha256, malformed"},
	{"pbkdf2_sha", "Django's PBKDF2, malformed or of an unknown digest"},
	{"scrypt$", "Django's scrypt, malformed"},
	{"scrypt:", "Werkzeug's scrypt, malformed"},
	{"pbkdf2:", "Werkzeug's PBKDF2, malformed or of an unknown digest"},
	{"$pbkdf2", "passlib's PBKDF2, malformed or of an unknown digest"},
	{"sha1$", "salted SHA-1, malformed"},
}

// describeBraces describes {NAME} and what follows it, as in LDAP (RFC 2307) and
// Spring Security.
func describeBraces(hash string) string {
	if isSpringSHA256(hash) {
		return "Spring Security {sha256}"
	}
	name, _, _ := strings.Cut(hash[1:], "}")
	switch name = strings.ToUpper(name); name {
	case "NOOP", "PLAIN", "CLEARTEXT", "CLEAR":
		return clearText
	case "SSHA", "SSHA224", "SSHA256", "SSHA384", "SSHA512", "SMD5", "SHA", "SHA256", "SHA384", "SHA512", "MD5", "CRYPT", "SASL":
		return "LDAP {" + name + "}"
	case "BCRYPT", "PBKDF2", "SCRYPT", "ARGON2", "LDAP", "SHA-1", "SHA-256", "MD4",
		"PBKDF2@SPRINGSECURITY_V5_8", "SCRYPT@SPRINGSECURITY_V5_8", "ARGON2@SPRINGSECURITY_V5_8":
		return "Spring Security {" + strings.ToLower(strings.TrimSuffix(name, "@SPRINGSECURITY_V5_8")) + "}"
	}
	return ""
}

// isHexDigest reports whether s is the hexadecimal digest of MD5 or SHA-1, or of a
// variant of SHA-2 or SHA-3. MySQL writes "*" before one, and PostgreSQL "md5".
func isHexDigest(s string) bool {
	switch len(s) {
	case 41:
		s = strings.TrimPrefix(s, "*")
	case 35:
		s = strings.TrimPrefix(s, "md5")
	}
	switch len(s) {
	case 32, 40, 56, 64, 96, 128:
		_, err := hex.DecodeString(s)
		return err == nil
	}
	return false
}

// isUnsalted reports whether s is in a format with a salt that is empty.
func isUnsalted(s string) bool {
	name, digest, ok := strings.Cut(s, "$$")
	_, known := digests[name]
	return ok && known && isHexDigest(digest)
}

// isIdentity reports whether s is a hash by ASP.NET Core Identity, of its version 2
// or 3.
func isIdentity(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	return err == nil && (len(b) == 49 && b[0] == 0 || len(b) >= 45 && b[0] == 1 && b[1] == 0 && b[2] == 0 && b[3] == 0)
}
