package hashfmt

import (
	"encoding/base64"
	"strings"
)

// parseDjango parses Django's pbkdf2_sha256$ITERATIONS$SALT$BASE64.
func parseDjango(hash string) (Hash, bool) {
	parts := strings.Split(hash, "$")
	// base64 skips line breaks.
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" || parts[2] == "" || strings.ContainsAny(parts[3], "\r\n") {
		return Hash{}, false
	}
	want, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil {
		return Hash{}, false
	}
	return pbkdf2Hash(DjangoPBKDF2, "sha256", parts[1], parts[2], want)
}
