package hashfmt_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/hashfmt"
)

const (
	base64Alphabet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	passlibAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./"
	bcryptAlphabet  = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// alphabetOf returns the alphabet of the digest in a hash of that scheme, or "" if it
// is written in hexadecimal digits.
func alphabetOf(scheme string) string {
	switch {
	case strings.HasPrefix(scheme, "werkzeug-"), scheme == hashfmt.DjangoSHA1:
		return ""
	case strings.Contains(scheme, "bcrypt"):
		return bcryptAlphabet
	case strings.HasPrefix(scheme, "passlib-"):
		return passlibAlphabet
	}
	return base64Alphabet
}

// withUnusedBits returns the texts that differ from text, in that alphabet, only in the
// bits of the last character that stand for nothing.
func withUnusedBits(text, alphabet string) (others []string) {
	digits := strings.TrimRight(text, "=")
	last := len(digits) - 1
	unused := len(digits) * 6 % 8
	for bits := 1; bits < 1<<unused; bits++ {
		value := strings.IndexByte(alphabet, digits[last]) ^ bits
		others = append(others, digits[:last]+alphabet[value:value+1]+text[len(digits):])
	}
	return others
}

// A hash whose digest ends in bits that stand for nothing is refused, or still matches
// its password: no text is accepted that no password matches.
func TestBitsThatStandForNothing(t *testing.T) {
	data, err := os.ReadFile("../../testdata/foreign_hashes.json")
	if err != nil {
		t.Fatalf("ReadFile returned %v, want nil", err)
	}
	var entries []struct{ Scheme, Password, Hash string }
	if err := json.Unmarshal(data, &entries); err != nil {
		t.Fatalf("Unmarshal returned %v, want nil", err)
	}
	entries = append(entries, []struct{ Scheme, Password, Hash string }{
		{hashfmt.Bcrypt, "abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"},
		{hashfmt.Bcrypt, "Kk4DQuMMfZL9o", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"},
		{hashfmt.BcryptHMACSHA384, "", "$hmac-sha384-bcrypt$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"},
		{hashfmt.Argon2id, "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
	}...)
	checked := map[string]int{}
	for _, e := range entries {
		alphabet := alphabetOf(e.Scheme)
		if alphabet == "" {
			continue
		}
		before, digest := e.Hash[:strings.LastIndex(e.Hash, "$")+1], e.Hash[strings.LastIndex(e.Hash, "$")+1:]
		if alphabet == bcryptAlphabet { // a salt of 22 characters precedes the digest
			before, digest = before+digest[:22], digest[22:]
		}
		for _, other := range withUnusedBits(digest, alphabet) {
			checked[e.Scheme]++
			if _, ok := hashfmt.Parse(before + other); ok && !matches(before+other, e.Password) {
				t.Errorf("%s: got a hash that doesn't match the password of %s, want none", before+other, e.Hash)
			}
		}
	}
	for _, scheme := range []string{
		hashfmt.Bcrypt, hashfmt.BcryptHMACSHA384, hashfmt.Argon2id, hashfmt.Argon2i, hashfmt.DjangoPBKDF2SHA256,
		hashfmt.DjangoPBKDF2SHA1, hashfmt.DjangoArgon2id, hashfmt.DjangoArgon2i, hashfmt.DjangoBcrypt,
		hashfmt.DjangoBcryptSHA256, hashfmt.DjangoScrypt, hashfmt.PasslibPBKDF2SHA1, hashfmt.PasslibPBKDF2SHA256,
		hashfmt.PasslibPBKDF2SHA512,
	} {
		if checked[scheme] == 0 {
			t.Errorf("%s: got no text with other bits, want some", scheme)
		}
	}
}

// bcrypt hashes with such a salt, which some programs accept from their users.
func TestBcryptSaltWithBitsThatStandForNothing(t *testing.T) {
	const hash, password = "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm", "Kk4DQuMMfZL9o"
	others := withUnusedBits(hash[7:29], bcryptAlphabet)
	if len(others) != 15 {
		t.Fatalf("got %d salts, want 15", len(others))
	}
	for _, salt := range others {
		if h := hash[:7] + salt + hash[29:]; !matches(h, password) {
			t.Errorf("%s: got no match for the password, want one", h)
		}
	}
}
