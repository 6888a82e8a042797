package signup

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/scrypt"
)

// What programs make by default, or are advised to, is within the bounds by
// default. The digests are not of any password: nothing is hashed.
func TestStoredPublishedDefaults(t *testing.T) {
	const bcryptTail = "psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi"
	const argon2Tail = "$yIJ8FYi62dWyEbnZLcRk2Q$kMHSKAXumMBEQcvAmxwQUGqnZr4h537lz0bRipXRpAY"
	hex := func(bytes int) string { return "$somesalt$" + strings.Repeat("0a", bytes) }
	const b64 = "$seasalt$r1uLUxoxpP2Ued/qxvmje7UH9PUJBkRrvf9gGPL7Cps="
	// The smallest bounds that anybody gets.
	least := maxStored(Bcrypt{Cost: 4}.Work())
	users := maxStored(Bcrypt{}.Work())

	for _, c := range []struct {
		name, hash string
		memory     int64 // about
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
			t.Errorf("%s: unknown", c.name)
			continue
		}
		if s.work.fits(least) != c.want || s.work.fits(users) != c.want {
			t.Errorf("%s: %+v fits: %t", c.name, s.work, !c.want)
		}
		if s.work.Rounds < 1 || s.work.Memory < c.memory || s.work.Memory > c.memory+c.memory/64+1<<20 {
			t.Errorf("%s: %+v", c.name, s.work)
		}
	}
}

// Whatever is stored, reading it is harmless, and what is within the bounds can
// be computed.
func FuzzStoredHash(f *testing.F) {
	for _, seed := range []struct{ hash, password string }{
		{"$2a$04$psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi", "cafe\u0301 cre\u0300me"},
		{"$2b$04$1690WPl5bdgZUzpgZc1f6uDca6ZO7KgF.R99rmVSLTvWpk.hJTXa6", strings.Repeat("0123456789", 7) + "ab"},
		{"$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq", "rasmuslerdorf"},
		{"$hmac-sha384-bcrypt$2a$04$psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi", strings.Repeat("x", 73)},
		{"$argon2id$v=19$m=64,t=1,p=1$yIJ8FYi62dWyEbnZLcRk2Q$kMHSKAXumMBEQcvAmxwQUGqnZr4h537lz0bRipXRpAY", "cafe\u0301 cre\u0300me"},
		{"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
		{"$argon2id$v=19$m=4294967295,t=4294967295,p=255$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
		{"sha1$uGNNyZVI$e49346a21fa200bd5295ad52578a876746509a27", "test"},
		{"md5$02tfxCI3$84f8dc02941136e50a8a25ca3eb27748", "test"},
		{"pbkdf2:sha1:1000$kiCZ1Z0Z$281928164762c59aed493b0c2b3564cf4b59cd36", "test"},
		{"pbkdf2:sha256:2147483647$3Ng87auv$27ba4e9609faaf7952a828058a7859927bf71c29bae9f40a462d8bc8a0c76119", "test"},
		{"scrypt:16:1:1$somesalt$" + strings.Repeat("0a", 64), "test"},
		{"scrypt:1073741824:8:1$somesalt$" + strings.Repeat("0a", 64), "test"},
		{"scrypt:1024:32768:32768$somesalt$" + strings.Repeat("0a", 64), "test"},
		{"pbkdf2_sha256$1000$seasalt2$fYK/D3jQHlgWxlPJtwasr3cOruz96mwekCL4NDsngoE=", "test"},
		{"plain$$test", "test"},
		{"", ""},
	} {
		f.Add(seed.hash, seed.password)
	}
	small := Work{Rounds: 1 << 6, Memory: 1 << 20}
	weak := Argon2id{Memory: 8, Time: 1}

	f.Fuzz(func(t *testing.T, hash, password string) {
		if len(password) > maxPasswordText {
			if (User{PasswordHash: Hash(hash)}).CheckPassword(password) {
				t.Error("a text that is too long for a password fits")
			}
			return
		}
		own, err := weak.Hash(password)
		if err != nil || weak.NeedsRehash(own) || !weak.Verify(own, password) || !(User{PasswordHash: own}).CheckPassword(password) {
			t.Errorf("argon2id's own hash %q of %q, %v", []byte(own), password, err)
		}
		if n := len(nfc(password)); n > 70 && n < 75 { // on either side of bcrypt's limit
			own, err := Bcrypt{Cost: 4}.Hash(password)
			if err != nil || !(User{PasswordHash: own}).CheckPassword(password) || (User{PasswordHash: own}).CheckPassword(password+"x") {
				t.Errorf("bcrypt's own hash %q of %q, %v", []byte(own), password, err)
			}
		}

		h := Hash(hash)
		s, ok := parseHash(h)
		current := !Bcrypt{}.NeedsRehash(h) || !Bcrypt{Cost: 4}.NeedsRehash(h) || !Argon2id{}.NeedsRehash(h) || !weak.NeedsRehash(h)
		if !ok {
			if (User{PasswordHash: h}).CheckPassword(password) || current && len(hash) <= maxStoredHash {
				t.Errorf("an unknown hash fits, or is Current: %t", current)
			}
			return
		}
		if s.work.Rounds < 1 || s.work.Memory < 0 {
			t.Fatalf("%+v", s.work)
		}
		if !s.work.fits(small) {
			return
		}
		if method, ok := strings.CutPrefix(hash, "scrypt:"); ok {
			method, salt, _ := strings.Cut(method, "$")
			salt, _, _ = strings.Cut(salt, "$")
			var params []int
			for _, param := range strings.Split(method, ":") {
				n, _ := strconv.Atoi(param)
				params = append(params, n)
			}
			if _, err := scrypt.Key([]byte(password), []byte(salt), params[0], params[1], params[2], 64); err != nil {
				t.Error(err)
			}
		}
		v := s.verify(password, false)
		if v.tries < 0 || v.tries > 2 || v.ok && v.tries == 0 {
			t.Errorf("%+v", v)
		}
		if v.ok && hash == password {
			t.Error("a hash fits as its own password")
		}
		if v.ok != (User{PasswordHash: h}).CheckPassword(password) {
			t.Error("CheckPassword differs")
		}
		if v.ok && !s.verify(password, true).ok {
			t.Error("a password fits unless truncated ones are allowed")
		}
	})
}
