package hashfmt_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/hashfmt"
)

// Salts that are used as text are UTF-8, as the programs write them. A Store may
// refuse any other hash.
func TestHashIsUTF8(t *testing.T) {
	for _, hash := range []string{
		"pbkdf2_sha256$30000$seasalt$VrX+V8drCGo68wlvy6rfu8i1d1pfkdeXA4LJkRGJodY=",
		"pbkdf2:sha1:1000$seasalt$281928164762c59aed493b0c2b3564cf4b59cd36",
		"sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8",
	} {
		if _, ok := hashfmt.Parse(strings.Replace(hash, "seasalt", "s\u00e9asalt", 1)); !ok {
			t.Errorf("%s with a letter beyond ASCII: got no scheme, want one", hash)
		}
		for _, salt := range []string{"sea\xffsalt", "\xc3", "\xed\xa0\x80"} {
			if h, ok := hashfmt.Parse(strings.Replace(hash, "seasalt", salt, 1)); ok {
				t.Errorf("%s with the salt %q: got scheme %q, want none", hash, salt, h.Scheme)
			}
		}
	}
}
