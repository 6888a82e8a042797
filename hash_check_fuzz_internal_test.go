package signup

import (
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/hashfmt"
	"golang.org/x/crypto/scrypt"
)

// Any text can be parsed as a stored hash, and a hash within the limits can be
// computed. CheckPassword agrees with the parser.
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
		{"pbkdf2_sha1$30000$seasalt2$pMzU1zNPcydf6wjnJFbiVKwgULc=", "l\u00e8tmein"},
		{"argon2$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
		{"$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password"},
		{"$argon2i$v=16$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs", "password"},
		{"$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY", "password"},
		{"$argon2id$m=512,t=1,p=64$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY", "password"},
		{"bcrypt$$2b$04$1690WPl5bdgZUzpgZc1f6uDca6ZO7KgF.R99rmVSLTvWpk.hJTXa6", strings.Repeat("0123456789", 7) + "ab"},
		{"bcrypt_sha256$$2b$04$1690WPl5bdgZUzpgZc1f6uDca6ZO7KgF.R99rmVSLTvWpk.hJTXa6", strings.Repeat("0123456789", 8)},
		{"scrypt$16$seasalt$1$1$" + strings.Repeat("A", 86) + "==", "test"},
		{"scrypt$1073741824$seasalt$8$1$" + strings.Repeat("A", 86) + "==", "test"},
		{"sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8", "l\u00e8tmein"},
		{"$pbkdf2$1000$c2FsdHNhbHQ$" + strings.Repeat("A", 27), "test"},
		{"$pbkdf2-sha256$1000$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "test"},
		{"$pbkdf2-sha512$2147483647$c2FsdHNhbHQ$" + strings.Repeat("A", 86), "test"},
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
				t.Error("got true for a text longer than a password may be, want false")
			}
			return
		}
		own, err := weak.Hash(password)
		if err != nil || weak.NeedsRehash(own) || !weak.Verify(own, password) || !(User{PasswordHash: own}).CheckPassword(password) {
			t.Errorf("argon2id: got hash %q of %q, %v; want a current one that matches", []byte(own), password, err)
		}
		if n := len(nfc(password)); n > 70 && n < 75 { // around bcrypt's limit
			own, err := Bcrypt{Cost: 4}.Hash(password)
			if err != nil || !(User{PasswordHash: own}).CheckPassword(password) || (User{PasswordHash: own}).CheckPassword(password+"x") {
				t.Errorf("bcrypt: got hash %q of %q, %v; want one that matches it alone", []byte(own), password, err)
			}
		}

		h := Hash(hash)
		s, ok := parseHash(h)
		if scheme := h.Scheme(); (scheme != "") != ok {
			t.Errorf("got scheme %q, want one: %t", scheme, ok)
		}
		current := !Bcrypt{}.NeedsRehash(h) || !Bcrypt{Cost: 4}.NeedsRehash(h) || !Argon2id{}.NeedsRehash(h) || !weak.NeedsRehash(h)
		if !ok {
			if (User{PasswordHash: h}).CheckPassword(password) || current && len(hash) <= hashfmt.MaxLen {
				t.Errorf("got an unknown hash that matches or is current (%t), want neither", current)
			}
			return
		}
		if s.Work.Rounds < 1 || s.Work.Memory < 0 {
			t.Fatalf("got %+v, want at least 1 round", s.Work)
		}
		if !Work(s.Work).fits(small) {
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
				t.Errorf("Key returned %v, want nil", err)
			}
		}
		v := s.Verify(password, false)
		if v.Tries < 0 || v.Tries > 2 || v.OK && v.Tries == 0 {
			t.Errorf("got %+v, want 0 to 2 tries, and at least 1 for a match", v)
		}
		if v.OK && hash == password {
			t.Error("got a hash that matches itself as a password, want none")
		}
		if v.OK != (User{PasswordHash: h}).CheckPassword(password) {
			t.Errorf("got %t from CheckPassword, want %t", !v.OK, v.OK)
		}
		if v.OK && !s.Verify(password, true).OK {
			t.Error("got false if truncated passwords are allowed, want true as without")
		}
	})
}
