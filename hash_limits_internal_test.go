package signup

import (
	"strings"
	"testing"
)

// The published defaults of other programs, and the parameters that standards
// recommend, are within the default limit. Nothing is hashed here: the digests
// are of no password.
func TestStoredPublishedDefaults(t *testing.T) {
	const bcryptTail = "psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi"
	const argon2Tail = "$yIJ8FYi62dWyEbnZLcRk2Q$kMHSKAXumMBEQcvAmxwQUGqnZr4h537lz0bRipXRpAY"
	hex := func(bytes int) string { return "$somesalt$" + strings.Repeat("0a", bytes) }
	const b64 = "$seasalt$r1uLUxoxpP2Ued/qxvmje7UH9PUJBkRrvf9gGPL7Cps="
	// The lowest default that an Accounts can have.
	least := defaultMaxStored(Bcrypt{Cost: 4}.Work())
	users := defaultMaxStored(Bcrypt{}.Work())

	for _, c := range []struct {
		name, hash string
		memory     int64 // approximate
		want       bool
	}{
		{"Werkzeug 3, scrypt", "scrypt:32768:8:1" + hex(64), 32 << 20, true},
		{"OWASP, scrypt", "scrypt:131072:8:1" + hex(64), 128 << 20, true},
		{"OWASP, scrypt, p = 10", "scrypt:8192:8:10" + hex(64), 8 << 20, true},
		{"Werkzeug 3.1, PBKDF2", "pbkdf2:sha256:1000000" + hex(32), 0, true},
		{"OWASP, PBKDF2-SHA-1", "pbkdf2:sha1:1400000" + hex(20), 0, true},
		{"OWASP, PBKDF2-SHA-512", "pbkdf2:sha512:220000" + hex(64), 0, true},
		{"Django 5.2", "pbkdf2_sha256$1000000" + b64, 0, true},
		{"Django 6.0", "pbkdf2_sha256$1200000" + b64, 0, true},
		{"PHP 8.4, Python", "$2y$12$" + bcryptTail, 0, true},
		{"bcrypt 13", "$2b$13$" + bcryptTail, 0, true},
		{"argon2-cffi, PHP", "$argon2id$v=19$m=65536,t=3,p=4" + argon2Tail, 64 << 20, true},
		{"Django, argon2id", "$argon2id$v=19$m=102400,t=2,p=8" + argon2Tail, 100 << 20, true},
		{"libsodium, interactive", "$argon2id$v=19$m=65536,t=2,p=1" + argon2Tail, 64 << 20, true},
		{"libsodium, moderate", "$argon2id$v=19$m=262144,t=3,p=1" + argon2Tail, 256 << 20, true},
		{"OWASP, argon2id", "$argon2id$v=19$m=47104,t=1,p=1" + argon2Tail, 46 << 20, true},
		{"OWASP, argon2id, least memory", "$argon2id$v=19$m=7168,t=5,p=1" + argon2Tail, 7 << 20, true},

		{"RFC 9106, first", "$argon2id$v=19$m=2097152,t=1,p=4" + argon2Tail, 2 << 30, false},
		{"libsodium, sensitive", "$argon2id$v=19$m=1048576,t=4,p=1" + argon2Tail, 1 << 30, false},
		{"bcrypt 15", "$2b$15$" + bcryptTail, 0, false},
		{"10 million rounds", "pbkdf2:sha256:10000000" + hex(32), 0, false},
	} {
		s, ok := parseHash(Hash(c.hash))
		if !ok {
			t.Errorf("%s: got an unknown format, want a known one", c.name)
			continue
		}
		w := Work(s.Work)
		if w.fits(least) != c.want || w.fits(users) != c.want {
			t.Errorf("%s: got that %+v is within %+v: %t, and within %+v: %t; want %t",
				c.name, w, least, w.fits(least), users, w.fits(users), c.want)
		}
		if w.Rounds < 1 || w.Memory < c.memory || w.Memory > c.memory+c.memory/64+1<<20 {
			t.Errorf("%s: got %+v, want about %d bytes of memory", c.name, w, c.memory)
		}
	}
}
