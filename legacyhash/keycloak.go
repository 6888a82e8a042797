package legacyhash

import (
	"encoding/base64"
	"strings"

	"github.com/gosignup/signup"
)

// Keycloak is Keycloak's PBKDF2 with SHA-1, SHA-256 or SHA-512. [KeycloakHash]
// makes the text of what Keycloak stores:
//
//	$keycloak-pbkdf2-sha256$27500$salt$hash
//
// after "$keycloak-" the algorithm, the iterations, and salt and hash as they are
// in Keycloak, in Base64. Keycloak's argon2 needs no format: KeycloakHash returns
// a text that package signup itself verifies. Keycloak's option max-padding-length
// must not be more than 64.
var Keycloak signup.HashFormat = format(parseKeycloak)

const keycloakMark = "$keycloak-"

// keycloakDigests has Keycloak's names of the algorithms.
var keycloakDigests = map[string]pbkdf2Digest{
	"pbkdf2":        pbkdf2SHA1,
	"pbkdf2-sha256": pbkdf2SHA256,
	"pbkdf2-sha512": pbkdf2SHA512,
}

// parseKeycloak accepts a salt of 8 to 64 bytes, and a hash of 16 to 64. Keycloak
// makes 16 and 64 by default.
func parseKeycloak(text string) (signup.ParsedHash, bool) {
	rest, marked := strings.CutPrefix(text, keycloakMark)
	parts := strings.Split(rest, "$")
	if !marked || len(parts) != 4 {
		return signup.ParsedHash{}, false
	}
	digest, known := keycloakDigests[parts[0]]
	iterations, iterationsOK := parseNumber(parts[1], 1<<31-1)
	salt, saltOK := decode(base64.StdEncoding, parts[2])
	want, wantOK := decode(base64.StdEncoding, parts[3])
	if !known || !iterationsOK || !saltOK || !wantOK ||
		len(salt) < 8 || len(salt) > 64 || len(want) < 16 || len(want) > 64 {
		return signup.ParsedHash{}, false
	}
	return digest.hash("keycloak-"+parts[0], iterations, salt, want), true
}
