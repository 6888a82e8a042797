package hashfmt

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// parseDjango parses what Django's password hashers make, except sha1$SALT$HEX,
// which parseWerkzeug parses. The salts are used as text.
func parseDjango(hash string) (Hash, bool) {
	name, rest, _ := strings.Cut(hash, "$")
	switch name {
	case "pbkdf2_sha256":
		return djangoPBKDF2(DjangoPBKDF2SHA256, "sha256", rest)
	case "pbkdf2_sha1":
		return djangoPBKDF2(DjangoPBKDF2SHA1, "sha1", rest)
	case "argon2": // argon2$argon2id$v=19$m=…,t=…,p=…$SALT$HASH
		return djangoArgon2(rest)
	case "bcrypt": // bcrypt$$2b$12$…
		h, ok := parsePlainBcrypt(rest)
		h.Scheme = DjangoBcrypt
		return h, ok
	case "bcrypt_sha256": // bcrypt_sha256$$2b$12$…
		return djangoBcryptSHA256(rest)
	case "scrypt":
		return djangoScrypt(rest)
	}
	return Hash{}, false
}

func djangoArgon2(s string) (Hash, bool) {
	h, ok := parseArgon2("$" + s)
	if h.Scheme == Argon2id {
		h.Scheme = DjangoArgon2id
	} else {
		h.Scheme = DjangoArgon2i
	}
	return h, ok
}

// djangoPBKDF2 parses ITERATIONS$SALT$BASE64.
func djangoPBKDF2(scheme, digest, s string) (Hash, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 3 || parts[1] == "" {
		return Hash{}, false
	}
	want, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return Hash{}, false
	}
	return pbkdf2Hash(scheme, digest, parts[0], parts[1], want)
}

// djangoScrypt parses N$SALT$R$P$BASE64.
func djangoScrypt(s string) (Hash, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 5 || parts[1] == "" {
		return Hash{}, false
	}
	want, err := base64.StdEncoding.Strict().DecodeString(parts[4])
	if err != nil {
		return Hash{}, false
	}
	return scryptHash(DjangoScrypt, [3]string{parts[0], parts[2], parts[3]}, parts[1], want)
}

// djangoBcryptSHA256 parses a bcrypt hash of the hexadecimal SHA-256 of the
// password, so that bcrypt sees 64 bytes of any password.
func djangoBcryptSHA256(s string) (Hash, bool) {
	h, ok := parsePlainBcrypt(s)
	if !ok {
		return Hash{}, false
	}
	h.Scheme = DjangoBcryptSHA256
	matches := h.Matches
	h.Matches = func(input []byte) bool {
		sum := sha256.Sum256(input)
		return matches(hex.AppendEncode(nil, sum[:]))
	}
	return h, true
}
