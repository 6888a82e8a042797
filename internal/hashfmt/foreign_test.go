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

// Each hash was made by the program and release that its entry names.
func TestForeign(t *testing.T) {
	data, err := os.ReadFile("../../testdata/foreign_hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ Scheme, Password, Hash, Program, Made string }
	if err := json.Unmarshal(data, &entries); err != nil || len(entries) == 0 {
		t.Fatalf("got %d hashes and %v, want some and nil", len(entries), err)
	}
	for _, e := range entries {
		t.Run(e.Program+", "+e.Made, func(t *testing.T) {
			t.Parallel()
			h, ok := hashfmt.Parse(e.Hash)
			if !ok || h.Scheme != e.Scheme {
				t.Fatalf("%s: got scheme %q, want %q", e.Hash, h.Scheme, e.Scheme)
			}
			start := time.Now()
			if v := h.Verify(e.Password, false); !v.OK || v.Exact != norm.NFC.IsNormalString(e.Password) {
				t.Errorf("%s: got %+v for the password, want a match", e.Hash, v)
			}
			wrong := []string{change(e.Password), "", e.Password + " ", swapCase(e.Password), e.Hash}
			if time.Since(start) > tooSlow {
				wrong = wrong[:1]
			}
			for _, p := range wrong {
				if h.Verify(p, false).OK {
					t.Errorf("%s: got a match for %q, want none", e.Hash, p)
				}
			}
			for _, variant := range []string{e.Hash + "\n", " " + e.Hash, e.Hash + " ", e.Hash + "$", e.Hash + "=", "$" + e.Hash} {
				if h, ok := hashfmt.Parse(variant); ok {
					t.Errorf("%q: got scheme %q, want none", variant, h.Scheme)
				}
			}
		})
	}
}

// Django's bcrypt ignores what follows 72 bytes, as plain bcrypt does. Its
// bcrypt_sha256 hashes the whole password.
func TestDjangoBcryptLongPasswords(t *testing.T) {
	long := strings.Repeat("correct horse ", 6) // 84 bytes
	const plain = "bcrypt$" + vectorTruncated
	h, ok := hashfmt.Parse(plain)
	if !ok {
		t.Fatal("got an unknown format, want a known one")
	}
	if !h.Verify(vector73[:72], false).OK {
		t.Error("72 bytes: got no match, want one")
	}
	if v := h.Verify(vector73, false); v.OK || v.Tries != 0 {
		t.Errorf("more than 72 bytes: got %+v, want no match and no try", v)
	}
	if v := h.Verify(vector73, true); !v.OK || v.Exact {
		t.Errorf("more than 72 bytes, truncated: got %+v, want a match that isn't exact", v)
	}

	sum, _ := hashfmt.Parse("bcrypt_sha256$" + vectorTruncated)
	if v := sum.Verify(long, true); v.OK || v.Tries != 1 {
		t.Errorf("bcrypt_sha256: got %+v for another password, want no match and one try", v)
	}
}
