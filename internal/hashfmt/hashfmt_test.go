package hashfmt_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/hashfmt"
	"golang.org/x/text/unicode/norm"
)

// matches reports whether hash is in a known format and a hash of password.
func matches(hash, password string) bool {
	h, ok := hashfmt.Parse(hash)
	return ok && h.Verify(password, false).OK
}

// tooSlow is the time of one hash from which its test is cut short.
const tooSlow = 200 * time.Millisecond

// change returns s with its last character changed.
func change(s string) string {
	r := []rune(s)
	r[len(r)-1]++
	return string(r)
}

// swapCase returns s in another letter case.
func swapCase(s string) string {
	if upper := strings.ToUpper(s); upper != s {
		return upper
	}
	return strings.ToLower(s)
}

// Each hash was made by the release of Werkzeug that its entry names.
func TestWerkzeug(t *testing.T) {
	data, err := os.ReadFile("../../testdata/werkzeug_hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ Password, Hash, Werkzeug string }
	if err := json.Unmarshal(data, &entries); err != nil || len(entries) == 0 {
		t.Fatalf("got %d hashes and %v, want some and nil", len(entries), err)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		method, _, _ := strings.Cut(e.Hash, "$")
		kind := method[:strings.LastIndex(method, ":")+1] // without the cost
		again := seen[kind]
		seen[kind] = true
		t.Run(e.Werkzeug+" "+method, func(t *testing.T) {
			t.Parallel()
			if method == "plain" {
				for _, p := range []string{e.Password, "", e.Hash} {
					if matches(e.Hash, p) {
						t.Errorf("got a match of %q with a text that contains the password, want none", p)
					}
				}
				return
			}
			start := time.Now()
			if !matches(e.Hash, e.Password) {
				t.Error("got no match for the password, want one")
			}
			wrong := []string{change(e.Password), "", swapCase(e.Password)}
			if time.Since(start) > tooSlow {
				wrong = wrong[:1]
				if again {
					wrong = nil
				}
			}
			for _, p := range wrong {
				if matches(e.Hash, p) {
					t.Errorf("got a match for %q, want none", p)
				}
			}
			if nfd := norm.NFD.String(e.Password); nfd != e.Password && !matches(e.Hash, nfd) {
				t.Error("got no match for the password in NFD, want one")
			}
		})
	}
}

func TestVectors(t *testing.T) {
	for _, c := range []struct{ name, password, hash string }{
		// Argon2's reference implementation, P-H-C/phc-winner-argon2, src/test.c
		// (CC0). RFC 9106's own vector has a secret and associated data, which
		// the format can't express.
		{"argon2id", "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		{"argon2id 256 KiB", "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
		{"argon2id, two lanes", "password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
		{"argon2id, other salt", "password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"},
		// django/django, tests/auth_tests/test_hashers.py, of 1.10 and 4.1.
		{"Django 1.10", "lètmein", "pbkdf2_sha256$30000$seasalt$VrX+V8drCGo68wlvy6rfu8i1d1pfkdeXA4LJkRGJodY="},
		{"Django 1.10, other salt", "lètmein", "pbkdf2_sha256$30000$seasalt2$a75qzbogeVhNFeMqhdgyyoqGKpIzYUo651sq57RERew="},
		{"Django 4.1", "lètmein", "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c="},
		// jBCrypt's test suite.
		{"bcrypt $2a$, empty", "", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."},
		{"bcrypt $2a$", "abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"},
		// pyca/bcrypt, tests/test_bcrypt.py.
		{"bcrypt $2b$", "Kk4DQuMMfZL9o", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"},
		// The PHP manual, password_verify.
		{"bcrypt $2y$", "rasmuslerdorf", "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"},
		// Openwall's crypt_blowfish (public domain): bytes above 127, not UTF-8,
		// and all of the 72 bytes.
		{"bcrypt $2y$, 8 bits", "\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"},
		{"bcrypt $2a$, 72 bytes", strings.Repeat("\xaa\x55", 36), "$2a$05$/OK.fbVrR/bpIqNJ5ianF.R9xrDjiycxMbQE2bp.vgqlYpW5wx2yy"},
		{"bcrypt $2a$, 72 of more bytes", vector73[:72], vectorTruncated},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			if !matches(c.hash, c.password) {
				t.Error("got no match for the password, want one")
			}
			if time.Since(start) < tooSlow && matches(c.hash, c.password+"x") {
				t.Error("got a match for another password, want none")
			}
		})
	}
}

// From crypt_blowfish, which ignores what follows 72 bytes.
const (
	vector73        = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"
	vectorTruncated = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
)
