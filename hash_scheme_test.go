package signup_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

func TestHashScheme(t *testing.T) {
	long := strings.Repeat("long ", 20)
	made := func(h signup.Hasher, password string) string {
		hash, err := h.Hash(password)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		return string([]byte(hash))
	}
	for _, c := range []struct{ hash, password, want string }{
		{made(cheap, "test"), "test", "bcrypt"},
		{aBcrypt, "test", "bcrypt"},
		{"$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq", "rasmuslerdorf", "bcrypt"},
		{made(cheap, long), long, "bcrypt-hmac-sha384"},
		{made(cheapArgon2id, "test"), "test", "argon2id"},
		{anArgon2, "password", "argon2id"},
		{"scrypt:1024:4:2$7HsrwaczbO4C10vj$27070fbb42610ff363036834aebc30286716caf396274786416677ddc58740bd" +
			"dec35fd7464c499739800ec3573777daa54a5e2d03e3fd3d8940317837acbb0b", "cafe\u0301 cre\u0300me", "werkzeug-scrypt"},
		{aPBKDF2, "test", "werkzeug-pbkdf2"},
		{aHMAC, "test", "werkzeug-hmac"},
		{aDjango, "test", "django-pbkdf2-sha256"},
		{"argon2" + anArgon2, "password", "django-argon2id"},
		{"bcrypt$" + aBcrypt, "test", "django-bcrypt"},
		// Argon2's reference implementation, src/test.c.
		{"$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password", "argon2i"},
		{"$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY", "password", "argon2i"},
		// Django's test suite.
		{"pbkdf2_sha1$30000$seasalt2$pMzU1zNPcydf6wjnJFbiVKwgULc=", "l\u00e8tmein", "django-pbkdf2-sha1"},
		{"sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8", "l\u00e8tmein", "django-sha1"},
	} {
		if got := signup.Hash(c.hash).Scheme(); got != c.want || !fits(c.hash, c.password) {
			t.Errorf("%s: got %q, and a match of its password: %t; want %q and true", c.hash, got, fits(c.hash, c.password), c.want)
		}
	}

	// The cost makes no difference.
	for hash, want := range map[string]string{
		replace(aBcrypt, "$04$", "$31$"):                   "bcrypt",
		replace(anArgon2, "m=256", "m=4294967295"):         "argon2id",
		replace(aPBKDF2, ":1000", ":2147483647"):           "werkzeug-pbkdf2",
		replace(aScrypt, ":1024:", ":524288:") + aDigest64: "werkzeug-scrypt",
		replace(aDjango, "$1000$", "$2147483647$"):         "django-pbkdf2-sha256",
	} {
		if got := signup.Hash(hash).Scheme(); got != want || fits(hash, "test") {
			t.Errorf("%s: got %q, and a match: %t; want %q and false", hash, got, fits(hash, "test"), want)
		}
	}

	for _, hash := range []string{
		"", "test", "$", "plain$$test", "plain$x$test", "$1$saltsalt$" + strings.Repeat("a", 22),
		"sha1$$" + strings.Repeat("a", 40), "sha1$seasalt$" + strings.Repeat("A", 40), "argon2$" + anArgon2, "bcrypt" + aBcrypt,
		"bcrypt_sha256" + aBcrypt, "!" + aDjango, replace(anArgon2, "argon2id", "argon2d"), replace(aBcrypt, "$2b$", "$2x$"),
		"$pbkdf2$1000$$pMzU1zNPcydf6wjnJFbiVKwgULc", "marked" + aBcrypt, aHMAC + "\n", " " + aBcrypt,
		replace(aHMAC, "uGNNyZVI", strings.Repeat("s", 1024)),
	} {
		if got := signup.Hash(hash).Scheme(); got != "" {
			t.Errorf("%.80q: got %q, want none", hash, got)
		}
	}
}

// Each hash was made by the release of Werkzeug that its entry names.
func TestHashSchemeWerkzeug(t *testing.T) {
	data, err := os.ReadFile("testdata/werkzeug_hashes.json")
	if err != nil {
		t.Fatalf("os.ReadFile returned %v, want nil", err)
	}
	var entries []struct{ Hash, Werkzeug string }
	if err := json.Unmarshal(data, &entries); err != nil || len(entries) == 0 {
		t.Fatalf("got %d hashes and %v, want some and nil", len(entries), err)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		method, _, _ := strings.Cut(e.Hash, "$")
		name, _, _ := strings.Cut(method, ":")
		want := "werkzeug-hmac"
		switch name {
		case "scrypt", "pbkdf2":
			want = "werkzeug-" + name
		case "plain":
			want = ""
		}
		got := signup.Hash(e.Hash).Scheme()
		if got != want {
			t.Errorf("Werkzeug %s, %s: got %q, want %q", e.Werkzeug, method, got, want)
		}
		seen[got] = true
	}
	for _, scheme := range []string{"", "werkzeug-scrypt", "werkzeug-pbkdf2", "werkzeug-hmac"} {
		if !seen[scheme] {
			t.Errorf("got no hash with the scheme %q, want some", scheme)
		}
	}
}

// Each hash was made by the program and release that its entry names.
func TestHashSchemeForeign(t *testing.T) {
	data, err := os.ReadFile("testdata/foreign_hashes.json")
	if err != nil {
		t.Fatalf("os.ReadFile returned %v, want nil", err)
	}
	var entries []struct{ Scheme, Password, Hash, Program string }
	if err := json.Unmarshal(data, &entries); err != nil || len(entries) == 0 {
		t.Fatalf("got %d hashes and %v, want some and nil", len(entries), err)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if got := signup.Hash(e.Hash).Scheme(); got != e.Scheme {
			t.Errorf("%s, %s: got %q, want %q", e.Program, e.Hash, got, e.Scheme)
		}
		// One of each scheme: package hashfmt verifies them all.
		if !seen[e.Scheme] && (!fits(e.Hash, e.Password) || fits(e.Hash, change(e.Password))) {
			t.Errorf("%s, %s: got no match for the password, or one for another; want a match for it alone", e.Program, e.Hash)
		}
		seen[e.Scheme] = true
	}
	if len(seen) != 17 { // all except bcrypt-hmac-sha384
		t.Errorf("got %d schemes, want 17", len(seen))
	}
}
