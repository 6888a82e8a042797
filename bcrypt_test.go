package signup_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"golang.org/x/crypto/bcrypt"
)

var cheap = signup.Bcrypt{Cost: 4}

func TestBcrypt(t *testing.T) {
	fourBytes := strings.Repeat("😀", 63)
	for _, c := range []struct{ name, password, wrong string }{
		{"short", "test", "Test"},
		{"empty", "", "x"},
		{"72 bytes", strings.Repeat("x", 72), strings.Repeat("x", 73)},
		{"73 bytes", strings.Repeat("x", 73), strings.Repeat("x", 72)},
		{"73 bytes, the last differs", strings.Repeat("x", 72) + "y", strings.Repeat("x", 72) + "z"},
		{"64 code points of four bytes, the last differs", fourBytes + "😀", fourBytes + "😁"},
		{"NUL", "a\x00b", "a\x00c"},
		{"1024 bytes", strings.Repeat("x", 1024), strings.Repeat("x", 1023)},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := cheap.Hash(c.password)
			if err != nil {
				t.Fatalf("Hash returned %v, want nil", err)
			}
			u := signup.User{PasswordHash: h}
			if !cheap.Verify(h, c.password) || !u.CheckPassword(c.password) {
				t.Error("got no match for the password, want one")
			}
			if cheap.Verify(h, c.wrong) || u.CheckPassword(c.wrong) {
				t.Error("got a match for another password, want none")
			}
			again, err := cheap.Hash(c.password)
			if err != nil || string(again) == string(h) {
				t.Errorf("got the same hash twice, or %v; want another salt", err)
			}
		})
	}
}

func TestBcryptNormalizes(t *testing.T) {
	h, err := cheap.Hash("caf\u00e9 au lait, toujours")
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	if !cheap.Verify(h, "cafe\u0301 au lait, toujours") {
		t.Error("got no match in NFD for a hash in NFC, want one")
	}
}

// The formats are documented, so that other programs can verify the hashes.
func TestBcryptFormats(t *testing.T) {
	h, err := cheap.Hash("test")
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(h), []byte("test")); err != nil {
		t.Errorf("bcrypt.CompareHashAndPassword returned %v, want nil", err)
	}

	long := strings.Repeat("long ", 20)
	h, err = cheap.Hash(long)
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	plain, ok := strings.CutPrefix(string([]byte(h)), "$hmac-sha384-bcrypt")
	if !ok {
		t.Fatal("got a hash without the mark, want one with it")
	}
	mac := hmac.New(sha512.New384, []byte("github.com/gosignup/signup"))
	mac.Write([]byte(long))
	if err := bcrypt.CompareHashAndPassword([]byte(plain), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))); err != nil {
		t.Errorf("bcrypt.CompareHashAndPassword returned %v, want nil", err)
	}
	// What bcrypt hashed is not the password.
	if cheap.Verify(h, base64.StdEncoding.EncodeToString(mac.Sum(nil))) {
		t.Error("got a match for the prehashed password, want none")
	}
}

// bcrypt's $2a$, $2b$ and $2y$ hashes of other programs, from the test vectors
// of Openwall's crypt_blowfish (public domain).
func TestBcryptVectors(t *testing.T) {
	for _, c := range []struct{ password, hash string }{
		{"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		{"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
		{"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
		{"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"},
	} {
		u := signup.User{PasswordHash: signup.Hash(c.hash)}
		if !u.CheckPassword(c.password) || u.CheckPassword(c.password+"x") {
			t.Errorf("%q: CheckPassword returned %t for its password, %t for another; want true, false", c.hash, u.CheckPassword(c.password), u.CheckPassword(c.password+"x"))
		}
	}
}

func TestBcryptRefuses(t *testing.T) {
	for _, cost := range []int{-1, 1, 3, 32} {
		if h, err := (signup.Bcrypt{Cost: cost}).Hash("test"); err == nil || h != "" {
			t.Errorf("cost %d: got %v, want an error and no hash", cost, err)
		}
	}
	for _, h := range []string{"", "test", "plain$$test", "$2a$04$", "$hmac-sha384-bcrypt", "$hmac-sha384-bcrypt$2a$04$"} {
		if cheap.Verify(signup.Hash(h), "test") || cheap.Verify(signup.Hash(h), "") || !cheap.NeedsRehash(signup.Hash(h)) {
			t.Errorf("%q: got a match or no need for a rehash, want neither", h)
		}
	}
}

func TestBcryptCurrent(t *testing.T) {
	for _, password := range []string{"short", strings.Repeat("long ", 20)} {
		h, err := cheap.Hash(password)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		if cheap.NeedsRehash(h) || !(signup.Bcrypt{Cost: 5}).NeedsRehash(h) || !(signup.Bcrypt{}).NeedsRehash(h) {
			t.Errorf("%q, cost 4: NeedsRehash returned %t for the cost 4, %t for 5, %t for 12; want false, true, true", password, cheap.NeedsRehash(h), signup.Bcrypt{Cost: 5}.NeedsRehash(h), signup.Bcrypt{}.NeedsRehash(h))
		}
	}
}
