package legacyhash_test

import (
	"testing"

	"github.com/gosignup/signup"
)

// FuzzParseHash parses any text, and verifies what is cheap enough.
func FuzzParseHash(f *testing.F) {
	for _, v := range vectors(f) {
		_, h := v.prepare(f)
		f.Add(string(h), v.Password)
	}
	for _, text := range []string{
		"", "$", "{", "}", "{}", "$5$", "$6$rounds=", "$P$", "$S$", "U", "U$S$", "$bcrypt-sha256$$$", "{bcrypt}", "{scrypt}$$$",
		"{argon2}$argon2id$v=19$,,$$", "$keycloak-$$$", "$firebase-scrypt$", "$devise",
	} {
		f.Add(text, "correct horse")
	}
	all := allFormats(f)
	f.Fuzz(func(t *testing.T, text, password string) {
		found := 0
		for _, format := range all {
			p, ok := format.ParseHash(signup.Hash(text))
			if !ok {
				continue
			}
			found++
			if p.Scheme == "" || p.Matches == nil || p.Work.Rounds < 1 || p.Work.Memory < 0 || len(text) > 1024 {
				t.Fatalf("got %q and %+v for %d bytes, want a complete hash", p.Scheme, p.Work, len(text))
			}
			if p.Work.Rounds <= 32 && p.Work.Memory <= 1<<20 && p.Matches([]byte(password)) && text == password {
				t.Error("got a hash that matches itself as a password, want none")
			}
		}
		if found > 1 {
			t.Errorf("got %d formats that accept the text, want at most 1", found)
		}
	})
}
