package hashfmt

import "strings"

// legacyPrefixes are what the texts begin with that module legacyhash verifies.
var legacyPrefixes = []string{
	"$5$", "$6$",
	"$P$", "$H$", "$S$", "U$S$",
	"{SSHA}", "{ssha}", "{SSHA256}", "{ssha256}", "{SSHA512}", "{ssha512}",
	"$bcrypt-sha256$",
	"{bcrypt}", "{pbkdf2}", "{scrypt}", "{argon2}", "{ldap}{SSHA}", "{ldap}{ssha}",
	"{pbkdf2@SpringSecurity_v5_8}", "{scrypt@SpringSecurity_v5_8}", "{argon2@SpringSecurity_v5_8}",
	"$keycloak-pbkdf2$", "$keycloak-pbkdf2-sha256$", "$keycloak-pbkdf2-sha512$",
	"$firebase-scrypt$",
	"$devise$2",
}

// IsLegacy reports whether hash begins like a text that module legacyhash verifies.
func IsLegacy(hash string) bool {
	if len(hash) > MaxLen || strings.TrimSpace(hash) != hash {
		return false
	}
	for _, prefix := range legacyPrefixes {
		if strings.HasPrefix(hash, prefix) {
			return true
		}
	}
	return isSpringSHA256(hash)
}

// isSpringSHA256 reports whether hash is as Spring's StandardPasswordEncoder writes it:
// a salt of 8 bytes and a digest. In LDAP, the name means a digest without a salt.
func isSpringSHA256(hash string) bool {
	digits, ok := strings.CutPrefix(hash, "{sha256}")
	return ok && len(digits) == 80 && strings.Trim(digits, "0123456789abcdef") == ""
}
