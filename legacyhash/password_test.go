package legacyhash_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/legacyhash"
	"golang.org/x/crypto/bcrypt"
)

func TestBcryptOfAPrefixDoesNotMatch(t *testing.T) {
	password := strings.Repeat("correct horse ", 5) + "ab" // 72 bytes
	hash, err := bcrypt.GenerateFromPassword([]byte(password), 4)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		format signup.HashFormat
		mark   string
	}{
		"Spring": {legacyhash.Spring, "{bcrypt}"},
		"Devise": {legacyhash.Devise("a pepper"), "$devise"},
	} {
		p, ok := c.format.ParseHash(signup.Hash(c.mark + string(hash)))
		if !ok || !p.Matches([]byte(password)) {
			t.Errorf("%s: got no match for 72 bytes, want one", name)
			continue
		}
		if p.Matches([]byte(password+"x")) || p.Matches([]byte(password[:71])) {
			t.Errorf("%s: got a match for 73 or 71 bytes, want none", name)
		}
	}
}

// A refused password must not match as the empty one, which is hashed in its place.
func TestRefusedPasswordIsNotTheEmptyOne(t *testing.T) {
	checked := map[string]bool{}
	for _, v := range vectors(t) {
		f, h := v.prepare(t)
		p, ok := f.ParseHash(h)
		if v.Password != "" || !ok {
			continue
		}
		checked[v.Format] = true
		if !p.Matches(nil) {
			t.Errorf("%s: got no match for the empty password, want one", v.Program)
		}
		if p.Matches([]byte{0}) || p.Matches([]byte(strings.Repeat("x", 73))) {
			t.Errorf("%s: got a match for a refused password, want none", v.Program)
		}
	}
	for _, format := range []string{"Crypt", "PHPass", "LDAP", "BcryptSHA256"} {
		if !checked[format] {
			t.Errorf("%s: got no vector of the empty password, want one", format)
		}
	}
}

func TestTruncatedBcryptIsForPackageSignupAlone(t *testing.T) {
	for _, v := range vectors(t) {
		f, h := v.prepare(t)
		if p, ok := f.ParseHash(h); ok && (p.Scheme == "bcrypt" || strings.HasPrefix(p.Scheme, "bcrypt-hmac")) {
			t.Errorf("%s: got scheme %q, want one that package signup doesn't have", v.Program, p.Scheme)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	firebase, err := legacyhash.Firebase(firebaseParameters)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []signup.HashFormat{legacyhash.Devise("correct horse pepper"), firebase} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			shown := fmt.Sprintf(verb, f)
			if strings.Contains(shown, "pepper") || strings.Contains(shown, "jxspr8") {
				t.Errorf("%s: got a text with the secret, want none", verb)
			}
		}
	}
}
