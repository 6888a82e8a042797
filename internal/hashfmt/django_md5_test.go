package hashfmt_test

import (
	"testing"

	"github.com/gosignup/signup/internal/hashfmt"
)

// Django's salted MD5 is no HMAC. As one of Werkzeug's, it would be accepted by an
// import and match no password.
func TestDjangoMD5IsNotWerkzeugs(t *testing.T) {
	const digest = "$3f86d0d3d465b7b458c231bf3555c0e3"
	for _, salt := range []string{"a1b2c", "seasalt", "abcdefghijkl", "abcdefghijklmnopqrstuv"} {
		if h, ok := hashfmt.Parse("md5$" + salt + digest); ok {
			t.Errorf("a salt of %d characters: got scheme %q, want none", len(salt), h.Scheme)
		}
		if got := hashfmt.Describe("md5$" + salt + digest); got != "salted MD5" {
			t.Errorf("a salt of %d characters: got the description %q, want salted MD5", len(salt), got)
		}
	}
	for _, salt := range []string{"02tfxCI3", "abcdefghijklmnop"} {
		if _, ok := hashfmt.Parse("md5$" + salt + digest); !ok {
			t.Errorf("a salt of %d characters: got no scheme, want Werkzeug's", len(salt))
		}
	}
}
