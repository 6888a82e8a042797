package legacyhash_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/legacyhash"
)

// allFormats returns All and the formats with parameters.
func allFormats(t testing.TB) []signup.HashFormat {
	t.Helper()
	firebase, err := legacyhash.Firebase(firebaseParameters)
	if err != nil {
		t.Fatal(err)
	}
	return append(legacyhash.All(), firebase, legacyhash.Devise("a pepper"))
}

// Of the README of firebase/scrypt.
var firebaseParameters = legacyhash.FirebaseParameters{
	SignerKey:     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
	SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
}

func parseAny(t testing.TB, h signup.Hash) (signup.ParsedHash, bool) {
	for _, f := range allFormats(t) {
		if p, ok := f.ParseHash(h); ok {
			return p, true
		}
	}
	return signup.ParsedHash{}, false
}

// No text that differs from a stored one in what a decoder could overlook is
// accepted, except as another hash.
func TestOnlyTheExactTextIsAccepted(t *testing.T) {
	for _, v := range vectors(t) {
		f, h := v.prepare(t)
		if v.builtIn() {
			continue
		}
		text := string(h)
		last := text[len(text)-1:]
		for name, changed := range map[string]string{
			"a line break after":  text + "\n",
			"a line break within": text[:len(text)-4] + "\n" + text[len(text)-4:],
			"a carriage return":   text + "\r",
			"a NUL":               text + "\x00",
			"a blank before":      " " + text,
			"a blank after":       text + " ",
			"a part more":         text + "$",
			"padding":             text + "=",
			"one character less":  strings.TrimSuffix(text, last),
			"another character":   text + "!",
			"1025 bytes":          text + strings.Repeat("A", 1025-len(text)),
			"twice":               text + text,
			"nothing":             "",
		} {
			if _, ok := f.ParseHash(signup.Hash(changed)); ok {
				t.Errorf("%s with %s: got a hash, want none", v.Program, name)
			}
		}
	}
}

const (
	h43 = "0123456789012345678901234567890123456789012"
	b53 = "abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
	s44 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" // 32 bytes
	s12 = "AAAAAAAAAAA="                                 // 8 bytes
	s22 = "AAAAAAAAAAAAAAAAAAAAAA"                       // 16 bytes
	u43 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"plain text", "{noop}correct horse"},
		{"plain text without a name", "correct horse"},
		{"unsalted SHA", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="},
		{"unsalted SHA with Spring's name", "{ldap}{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="},
		{"no salt in SSHA", "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="},
		{"mixed case", "{SShA}W6ph5Mm5Pz8GgiULbPgzG37mj9gAAAAA"},
		{"Kelvin's sign and long s", "{\u017f\u017fha}W6ph5Mm5Pz8GgiULbPgzG37mj9gAAAAA"},
		{"Spring's MD5", "{MD5}5f4dcc3b5aa765d61d8327deb882cf99"},
		{"Spring's SHA-256 without salt", "{SHA-256}5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"},
		{"Spring's sha256 without salt", "{sha256}5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"},
		{"no name", "{}$2a$10$" + b53},
		{"hexadecimal digits", "5f4dcc3b5aa765d61d8327deb882cf99"},
		{"md5-crypt", "$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1"},
		{"DES", "rl.3StKT.4T8M"},
		{"$2x$", "$2x$10$" + b53},
		{"$2x$ with Spring's name", "{bcrypt}$2x$10$" + b53},
		{"bcrypt's cost 3", "{bcrypt}$2a$03$" + b53},
		{"bcrypt's cost 32", "{bcrypt}$2a$32$" + b53},
		{"bcrypt's cost with a sign", "{bcrypt}$2a$+9$" + b53},
		{"bcrypt's salt not canonical", "{bcrypt}$2a$10$" + strings.Replace(b53, "uu5", "uv5", 1)},
		{"bcrypt without a mark", "$2a$10$" + b53},
		{"crypt with 999 rounds", "$5$rounds=999$salt$" + h43},
		{"crypt with 1000000000 rounds", "$5$rounds=1000000000$salt$" + h43},
		{"crypt with many rounds", "$5$rounds=18446744073709556616$salt$" + h43},
		{"crypt with leading zeros", "$5$rounds=05000$salt$" + h43},
		{"crypt with a sign", "$5$rounds=+5000$salt$" + h43},
		{"crypt with rounds twice", "$5$rounds=5000$rounds=5000$salt$" + h43},
		{"crypt with two rounds", "$5$rounds=5000,rounds=5000$salt$" + h43},
		{"crypt without salt", "$5$$" + h43},
		{"crypt with 17 characters of salt", "$5$12345678901234567$" + h43},
		{"crypt with another salt", "$5$sa:lt$" + h43},
		{"crypt with a bit too many", "$5$salt$" + h43[:42] + "z"},
		{"crypt without a hash", "$5$salt$"},
		{"phpass with cost 6", "$P$4" + h43[:30]},
		{"phpass with cost 31", "$P$T" + h43[:30]},
		{"phpass with a bit too many", "$P$B" + h43[:29] + "z"},
		{"Drupal with cost 6", "$S$4" + h43 + "01234567"},
		{"Drupal with cost 31", "$S$T" + h43 + "01234567"},
		{"U$P$", "U$P$B" + h43[:29] + "0"},
		{"UU$S$", "UU$S$D" + h43 + "01234567"},
		{"bcrypt-sha256 with a leading zero", "$bcrypt-sha256$v=2,t=2b,r=04$" + b53[:22] + "$" + b53[22:]},
		{"bcrypt-sha256 with cost 32", "$bcrypt-sha256$v=2,t=2b,r=32$" + b53[:22] + "$" + b53[22:]},
		{"bcrypt-sha256 of version 3", "$bcrypt-sha256$v=3,t=2b,r=12$" + b53[:22] + "$" + b53[22:]},
		{"bcrypt-sha256 with $2x$", "$bcrypt-sha256$2x,12$" + b53[:22] + "$" + b53[22:]},
		{"scrypt with N=1", "{scrypt}$801$" + s12 + "$" + s44},
		{"scrypt with N=2^31", "{scrypt}$1f0801$" + s12 + "$" + s44},
		{"scrypt with r=0", "{scrypt}$e0001$" + s12 + "$" + s44},
		{"scrypt with p=0", "{scrypt}$e0800$" + s12 + "$" + s44},
		{"scrypt with a leading zero", "{scrypt}$0e0801$" + s12 + "$" + s44},
		{"scrypt in capitals", "{scrypt}$E0801$" + s12 + "$" + s44},
		{"scrypt with a longer number", "{scrypt}$1000e0801$" + s12 + "$" + s44},
		{"argon2i", "{argon2}$argon2i$v=19$m=4096,t=3,p=1$" + s22 + "$" + u43},
		{"argon2id of version 16", "{argon2}$argon2id$v=16$m=4096,t=3,p=1$" + s22 + "$" + u43},
		{"argon2id without passes", "{argon2}$argon2id$v=19$m=4096,t=0,p=1$" + s22 + "$" + u43},
		{"argon2id with 256 lanes", "{argon2}$argon2id$v=19$m=4096,t=3,p=256$" + s22 + "$" + u43},
		{"argon2id with 65 lanes", "{argon2}$argon2id$v=19$m=4096,t=3,p=65$" + s22 + "$" + u43},
		{"argon2id with too little memory", "{argon2}$argon2id$v=19$m=15,t=3,p=2$" + s22 + "$" + u43},
		{"argon2id with 2^32 KiB", "{argon2}$argon2id$v=19$m=4294967296,t=3,p=1$" + s22 + "$" + u43},
		{"argon2id in another order", "{argon2}$argon2id$v=19$t=3,m=4096,p=1$" + s22 + "$" + u43},
		{"Keycloak without iterations", "$keycloak-pbkdf2-sha256$0$" + s12 + "$" + s44},
		{"Keycloak with 2^31 iterations", "$keycloak-pbkdf2-sha256$2147483648$" + s12 + "$" + s44},
		{"Keycloak with a negative number", "$keycloak-pbkdf2-sha256$-1$" + s12 + "$" + s44},
		{"Keycloak with another digest", "$keycloak-pbkdf2-md5$1000$" + s12 + "$" + s44},
		{"Keycloak without salt", "$keycloak-pbkdf2-sha256$1000$$" + s44},
		{"Keycloak with bits that stand for nothing", "$keycloak-pbkdf2-sha256$1000$" + s12 + "$" + s44[:42] + "B="},
		{"Firebase without salt", "$firebase-scrypt$$" + s44},
		{"Firebase with another length", "$firebase-scrypt$" + s12 + "$" + s44},
		{"Devise with a bad hash", "$devise$2a$10$" + b53[1:]},
		{"Devise twice", "$devise$devise$2a$10$" + b53},
	} {
		if p, ok := parseAny(t, signup.Hash(c.text)); ok {
			t.Errorf("%s: got scheme %q, want no hash", c.name, p.Scheme)
		}
	}
}

// The costliest text of each format is parsed at once, and its cost stated.
func TestPlantedCosts(t *testing.T) {
	start := time.Now()
	for _, c := range []struct {
		name, text string
		rounds     int64 // at least
		memory     int64 // at least
	}{
		{"crypt", "$6$rounds=999999999$salt$" + h43 + h43[:42] + "0", 1 << 22, 0},
		{"phpass", "$P$S" + h43[:29] + "0", 1 << 20, 0},
		{"Drupal", "$S$S" + h43 + "01234567", 1 << 22, 0},
		{"Drupal, updated", "U$S$S" + h43 + "01234567", 1 << 22, 0},
		{"bcrypt-sha256", "$bcrypt-sha256$v=2,t=2b,r=31$" + b53[:22] + "$" + b53[22:], 1 << 31, 0},
		{"Spring's bcrypt", "{bcrypt}$2a$31$" + b53, 1 << 31, 0},
		{"Devise", "$devise$2a$31$" + b53, 1 << 31, 0},
		{"scrypt with N=2^30", "{scrypt}$1e0801$" + s12 + "$" + s44, 1 << 24, 1 << 40},
		{"scrypt with r=255", "{scrypt}$eff01$" + s12 + "$" + s44, 1 << 13, 255 << 21},
		{"scrypt with p=255", "{scrypt}$e08ff$" + s12 + "$" + s44, 1 << 16, 1 << 24},
		{"argon2id with most memory", "{argon2}$argon2id$v=19$m=4294967295,t=1,p=1$" + s22 + "$" + u43, 1 << 24, 1<<42 - 1<<10},
		{"argon2id with most passes", "{argon2}$argon2id$v=19$m=4294967295,t=4294967295,p=64$" + s22 + "$" + u43, 1 << 50, 1<<42 - 1<<10},
		{"argon2id with least memory", "{argon2}$argon2id$v=19$m=8,t=4294967295,p=1$" + s22 + "$" + u43, 1 << 29, 8 << 10},
		{"Keycloak", "$keycloak-pbkdf2-sha512$2147483647$" + s12 + "$" + s44, 1 << 22, 0},
		{"Keycloak with pieces", "$keycloak-pbkdf2$2147483647$" + s12 + "$" + s44, 1 << 22, 0},
	} {
		p, ok := parseAny(t, signup.Hash(c.text))
		if !ok || p.Work.Rounds < c.rounds || p.Work.Memory < c.memory {
			t.Errorf("%s: got %t and %+v, want true and at least %d rounds and %d bytes", c.name, ok, p.Work, c.rounds, c.memory)
		}
		// Authenticate refuses it without a hash of its cost.
		if _, err := logIn(t, signup.Hash(c.text), "correct horse", allFormats(t)); err != signup.ErrBadCredentials {
			t.Errorf("%s: got %v, want ErrBadCredentials", c.name, err)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("got %v for all planted costs, want less than 5 s", took)
	}
}
