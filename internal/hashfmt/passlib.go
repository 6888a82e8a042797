package hashfmt

import (
	"encoding/base64"
	"strings"
)

// ab64 is passlib's "adapted Base64": standard Base64 with "." in place of "+", and
// without padding.
var ab64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./").
	WithPadding(base64.NoPadding).Strict()

// parsePasslib parses passlib's $pbkdf2$ROUNDS$SALT$HASH (of SHA-1),
// $pbkdf2-sha256$… and $pbkdf2-sha512$…. The salt is bytes.
func parsePasslib(hash string) (Hash, bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 5 || parts[0] != "" {
		return Hash{}, false
	}
	var scheme, digest string
	switch parts[1] {
	case "pbkdf2":
		scheme, digest = PasslibPBKDF2SHA1, "sha1"
	case "pbkdf2-sha256":
		scheme, digest = PasslibPBKDF2SHA256, "sha256"
	case "pbkdf2-sha512":
		scheme, digest = PasslibPBKDF2SHA512, "sha512"
	default:
		return Hash{}, false
	}
	salt, saltErr := ab64.DecodeString(parts[3])
	want, wantErr := ab64.DecodeString(parts[4])
	if saltErr != nil || wantErr != nil || len(salt) == 0 {
		return Hash{}, false
	}
	return pbkdf2Hash(scheme, digest, parts[2], string(salt), want)
}
