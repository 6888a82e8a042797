package main

import (
	"strings"

	"github.com/gosignup/signup"
)

// isKnown reports whether a log-in can verify the hash. It doesn't look at the
// cost of the hash, which is limited too.
func isKnown(hash string) bool { return signup.Hash(hash).Scheme() != "" }

// isSalted reports whether the hash is known and has a salt that can't be guessed:
// at least 8 characters, the least that Werkzeug and Django generate.
func isSalted(hash string) bool {
	parts := strings.Split(hash, "$")
	switch signup.Hash(hash).Scheme() {
	case "":
		return false
	case "bcrypt", "bcrypt-hmac-sha384", "django-bcrypt", "django-bcrypt-sha256",
		"argon2id", "argon2i", "django-argon2id", "django-argon2i":
		return true // the format requires at least 8 bytes
	case "django-scrypt":
		return len(parts[2]) >= 8
	}
	return len(parts[len(parts)-2]) >= 8 // the last two are the salt and the digest
}
