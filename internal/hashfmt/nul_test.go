package hashfmt_test

import (
	"testing"

	"github.com/gosignup/signup/internal/hashfmt"
)

// HMAC pads its key with NULs, so PBKDF2 and scrypt make one hash of a password and
// of the password followed by NULs.
func TestPasswordFollowedByNULsDoesNotMatch(t *testing.T) {
	for _, c := range []struct{ password, hash string }{
		{"lètmein", "pbkdf2_sha256$30000$seasalt$VrX+V8drCGo68wlvy6rfu8i1d1pfkdeXA4LJkRGJodY="},
		{"lètmein", "pbkdf2_sha1$30000$seasalt2$pMzU1zNPcydf6wjnJFbiVKwgULc="},
		{"cafe\u0301 cre\u0300me", "scrypt:1024:4:2$7HsrwaczbO4C10vj$27070fbb42610ff363036834aebc30286716caf396274786416677ddc58740bd" +
			"dec35fd7464c499739800ec3573777daa54a5e2d03e3fd3d8940317837acbb0b"},
	} {
		h, ok := hashfmt.Parse(c.hash)
		if !ok || !matches(c.hash, c.password) {
			t.Errorf("%s: got no match for the password, want one", c.hash)
			continue
		}
		for _, nuls := range []string{"\x00", "\x00\x00\x00"} {
			if h.Verify(c.password+nuls, false).OK {
				t.Errorf("%s: got a match for the password and %q, want none", h.Scheme, nuls)
			}
		}
	}
}
