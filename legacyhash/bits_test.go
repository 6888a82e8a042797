package legacyhash_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

const (
	base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	cryptAlphabet  = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// withUnusedBits returns the texts that differ from h only in the bits of the last
// character of the digest that stand for nothing. h is in the format of that name.
func withUnusedBits(format string, h signup.Hash) (others []string) {
	text := strings.TrimRight(string(h), "=")
	digest := text[strings.LastIndexAny(text, "$}")+1:]
	alphabet, shift := base64Alphabet, 0
	switch {
	case format == "Drupal7", strings.HasPrefix(text, "{pbkdf2"), strings.HasPrefix(text, "{sha256}"):
		return nil // cut to whole characters, or in hexadecimal digits
	case format == "PHPass":
		alphabet, digest = cryptAlphabet, text[12:]
	case format == "Crypt":
		alphabet = cryptAlphabet
	case format == "BcryptSHA256", format == "Devise", strings.HasPrefix(text, "{bcrypt}"):
		alphabet, digest = bcryptAlphabet, text[len(text)-31:]
	}
	unused := len(digest) * 6 % 8
	if alphabet == cryptAlphabet {
		shift = 6 - unused // the lowest bits come first
	}
	last := len(text) - 1
	for bits := 1; bits < 1<<unused; bits++ {
		value := strings.IndexByte(alphabet, text[last]) ^ bits<<shift
		others = append(others, text[:last]+alphabet[value:value+1]+string(h[len(text):]))
	}
	return others
}

// A hash whose digest ends in bits that stand for nothing is refused: no text is
// accepted that no password matches.
func TestBitsThatStandForNothingAreRefused(t *testing.T) {
	checked := map[string]int{}
	for _, v := range vectors(t) {
		f, h := v.prepare(t)
		if v.builtIn() {
			continue
		}
		for _, other := range withUnusedBits(v.Format, h) {
			checked[v.Format]++
			if p, ok := f.ParseHash(signup.Hash(other)); ok {
				t.Errorf("%s, %s: got scheme %q, want no hash", v.Program, other, p.Scheme)
			}
		}
	}
	for _, format := range []string{"Crypt", "PHPass", "LDAP", "BcryptSHA256", "Spring", "Keycloak", "Firebase", "Devise"} {
		if checked[format] == 0 {
			t.Errorf("%s: got no text with other bits, want some", format)
		}
	}
}
