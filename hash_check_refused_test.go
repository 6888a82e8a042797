package signup_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"golang.org/x/crypto/argon2"
)

// Hashes of "test", except anArgon2, which is of "password". The tests change
// them in one place, so that nothing else is wrong with them.
const (
	aHMAC     = "sha1$uGNNyZVI$e49346a21fa200bd5295ad52578a876746509a27"
	aPBKDF2   = "pbkdf2:sha1:1000$kiCZ1Z0Z$281928164762c59aed493b0c2b3564cf4b59cd36"
	aScrypt   = "scrypt:1024:4:2$0TqQCXq1nsdygLCw$"
	aDjango   = "pbkdf2_sha256$1000$seasalt2$fYK/D3jQHlgWxlPJtwasr3cOruz96mwekCL4NDsngoE="
	aBcrypt   = "$2b$04$2.iJ.tYE620toghDq6xjlOyUSc/5o6FlsNNoZohajxLAJWv2O4iTC"
	anArgon2  = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	aDigest64 = "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
)

// Hashes of no known password, which are only well formed.
const (
	aPasslib = "$pbkdf2-sha256$1000$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

	aDjangoScrypt = "scrypt$1024$seasalt$8$1$" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
)

// refused has hashes that no log-in accepts, or spends time or memory on.
var refused = []struct{ name, hash string }{
	{"no hash", ""},
	{"the password", "test"},
	{"plain", "plain$$test"},
	{"plain, salted", "plain$x$test"},
	{"unsalted SHA-1", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"},
	{"unsalted SHA-1, Werkzeug", "sha1$$a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"},
	{"unsalted MD5, Django", "md5$$098f6bcd4621d373cade4e832627b4f6"},
	{"unsalted PBKDF2", "pbkdf2:sha1:1000$$281928164762c59aed493b0c2b3564cf4b59cd36"},
	{"unsalted PBKDF2, Django", replace(aDjango, "seasalt2", "")},
	{"Django's MD5", "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"},
	{"binary", "\x00\xff\xfe$\xff$\xff"},
	{"dollars", strings.Repeat("$", 64)},
	{"1 MiB", strings.Repeat("x", 1<<20)},
	{"1 MiB of dollars", strings.Repeat("$", 1<<20)},
	{"1 MiB of digest", aHMAC + strings.Repeat("0", 1<<20)},
	{"1 MiB of salt", replace(aHMAC, "uGNNyZVI", strings.Repeat("x", 1<<20))},
	{"1 MiB of iterations", replace(aPBKDF2, ":1000", ":1"+strings.Repeat("0", 1<<20))},

	{"unknown digest", replace(aHMAC, "sha1", "sha3")},
	{"digest's name in upper case", replace(aHMAC, "sha1", "SHA1")},
	{"no digest's name", replace(aHMAC, "sha1", "")},
	{"another digest", replace(aHMAC, "sha1", "sha256")},
	{"short digest", aHMAC[:len(aHMAC)-2]},
	{"half a byte", aHMAC[:len(aHMAC)-1]},
	{"long digest", aHMAC + "00"},
	{"no digest", replace(aHMAC, "e49346a21fa200bd5295ad52578a876746509a27", "")},
	{"upper-case hexadecimal", replace(aHMAC, "e49346a21fa200bd5295ad52578a876746509a27", "E49346A21FA200BD5295AD52578A876746509A27")},
	{"trailing $", aHMAC + "$"},
	{"trailing line", aHMAC + "\n"},
	{"leading space", " " + aHMAC},

	{"PBKDF2 with unknown digest", replace(aPBKDF2, "sha1", "whirlpool")},
	{"PBKDF2 without iterations", replace(aPBKDF2, ":1000", "")},
	{"PBKDF2 with empty iterations", replace(aPBKDF2, ":1000", ":")},
	{"PBKDF2 with 0 iterations", replace(aPBKDF2, ":1000", ":0")},
	{"PBKDF2 with -1 iterations", replace(aPBKDF2, ":1000", ":-1")},
	{"PBKDF2 with leading zero", replace(aPBKDF2, ":1000", ":01000")},
	{"PBKDF2 with sign", replace(aPBKDF2, ":1000", ":+1000")},
	{"PBKDF2 with hexadecimal iterations", replace(aPBKDF2, ":1000", ":0x3e8")},
	{"PBKDF2 with underscore", replace(aPBKDF2, ":1000", ":1_000")},
	{"PBKDF2 with one parameter more", replace(aPBKDF2, ":1000", ":1000:1")},
	{"PBKDF2 with most iterations", replace(aPBKDF2, ":1000", ":2147483647")},
	{"PBKDF2-SHA-256 with most iterations", "pbkdf2:sha256:2147483647$kiCZ1Z0Z$" + aDigest64[:64]},
	{"PBKDF2 with 2^31 iterations", replace(aPBKDF2, ":1000", ":2147483648")},
	{"PBKDF2 with 2^64 + 1000 iterations", replace(aPBKDF2, ":1000", ":18446744073709552616")},

	{"scrypt without parameters", replace(aScrypt, ":1024:4:2", "") + aDigest64},
	{"scrypt with two parameters", replace(aScrypt, ":1024:4:2", ":1024:4") + aDigest64},
	{"scrypt with four parameters", replace(aScrypt, ":1024:4:2", ":1024:4:2:1") + aDigest64},
	{"scrypt, 1 TiB", replace(aScrypt, ":1024:4:2", ":1073741824:8:1") + aDigest64},
	{"scrypt, 512 MiB", replace(aScrypt, ":1024:4:2", ":524288:8:1") + aDigest64},
	{"scrypt, N = 1000", replace(aScrypt, ":1024:4:2", ":1000:4:2") + aDigest64},
	{"scrypt, N = 1", replace(aScrypt, ":1024:4:2", ":1:4:2") + aDigest64},
	{"scrypt, N = 0", replace(aScrypt, ":1024:4:2", ":0:4:2") + aDigest64},
	{"scrypt, r = 0", replace(aScrypt, ":1024:4:2", ":1024:0:2") + aDigest64},
	{"scrypt, p = 0", replace(aScrypt, ":1024:4:2", ":1024:4:0") + aDigest64},
	{"scrypt, r*p = 2^30", replace(aScrypt, ":1024:4:2", ":1024:32768:32768") + aDigest64},
	{"scrypt, r*p = 2^64", replace(aScrypt, ":1024:4:2", ":1024:4294967296:4294967296") + aDigest64},
	{"scrypt, most of r and p", replace(aScrypt, ":1024:4:2", ":1024:2147483647:2147483647") + aDigest64},
	{"scrypt, N*r*p = 2^63", replace(aScrypt, ":1024:4:2", ":1073741824:1073741824:8") + aDigest64},
	{"scrypt, N*r*p = 2^60", replace(aScrypt, ":1024:4:2", ":1073741824:32768:32767") + aDigest64},
	{"scrypt, much r", replace(aScrypt, ":1024:4:2", ":2:1073741823:1") + aDigest64},
	{"scrypt, much p", replace(aScrypt, ":1024:4:2", ":2:1:1073741823") + aDigest64},
	{"scrypt, 32 bytes", aScrypt + aDigest64[:64]},
	{"scrypt, 65 bytes", aScrypt + aDigest64 + "00"},

	{"Django's unusable", "!" + aDjango},
	{"Django's unusable, alone", "!"},
	{"Django's unusable, random", "!" + strings.Repeat("x", 40)},
	{"Django's SHA-1, unsalted", "sha1$$" + strings.Repeat("a9", 20)},
	{"Django's SHA-1, leading space", " sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8"},
	{"Django's SHA-1, $ in the salt", "sha1$sea$salt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8"},
	{"Django's crypt", "crypt$$ab1Hv2Lg7ltQo"},
	{"Django's PBKDF2-SHA-1, unsalted", "pbkdf2_sha1$1000$$pMzU1zNPcydf6wjnJFbiVKwgULc="},
	{"Django's PBKDF2-SHA-1, most iterations", "pbkdf2_sha1$2147483647$seasalt2$pMzU1zNPcydf6wjnJFbiVKwgULc="},
	{"Django's PBKDF2-SHA-1, SHA-256's length", replace(aDjango, "sha256", "sha1")},
	{"Django's PBKDF2-SHA-1, no padding", "pbkdf2_sha1$1000$seasalt2$pMzU1zNPcydf6wjnJFbiVKwgULc"},
	{"Django's PBKDF2-SHA-512", replace(aDjango, "sha256", "sha512")},
	{"Django's Argon2 with two $", "argon2$" + anArgon2},
	{"Django's Argon2 twice", "argon2$argon2" + anArgon2},
	{"Django's argon2d", "argon2" + replace(anArgon2, "argon2id", "argon2d")},
	{"Django's Argon2, m the most", "argon2" + replace(anArgon2, "m=256", "m=4294967295")},
	{"Django's Argon2, t the most", "argon2" + replace(anArgon2, "t=2", "t=4294967295")},
	{"Django's Argon2, 65 lanes", "argon2" + replace(anArgon2, "m=256,t=2,p=1", "m=2048,t=2,p=65")},
	{"Django's Argon2, padded", "argon2" + anArgon2 + "="},
	{"Django's Argon2, trailing line", "argon2" + anArgon2 + "\n"},
	{"Django's bcrypt with one $", "bcrypt" + aBcrypt},
	{"Django's bcrypt $2x$", "bcrypt$" + replace(aBcrypt, "$2b$", "$2x$")},
	{"Django's bcrypt, 2^31 rounds", "bcrypt$" + replace(aBcrypt, "$04$", "$31$")},
	{"Django's bcrypt, short", "bcrypt$" + aBcrypt[:59]},
	{"Django's bcrypt, trailing space", "bcrypt$" + aBcrypt + " "},
	{"Django's bcrypt, marked", "bcrypt$$hmac-sha384-bcrypt" + aBcrypt},
	{"bcrypt, marked, Django's", "$hmac-sha384-bcryptbcrypt$" + aBcrypt},
	{"Django's bcrypt_sha256 with one $", "bcrypt_sha256" + aBcrypt},
	{"Django's bcrypt_sha256, 2^31 rounds", "bcrypt_sha256$" + replace(aBcrypt, "$04$", "$31$")},
	{"Django's bcrypt_sha256, trailing line", "bcrypt_sha256$" + aBcrypt + "\n"},
	{"Django's bcrypt_sha512", "bcrypt_sha512$" + aBcrypt},
	{"Django's scrypt, unsalted", replace(aDjangoScrypt, "seasalt", "")},
	{"Django's scrypt, 512 MiB", replace(aDjangoScrypt, "$1024$", "$524288$")},
	{"Django's scrypt, N = 1000", replace(aDjangoScrypt, "$1024$", "$1000$")},
	{"Django's scrypt, most of p", replace(aDjangoScrypt, "$8$1$", "$8$134217727$")},
	{"Django's scrypt, much r", replace(aDjangoScrypt, "$8$1$", "$134217727$1$")},
	{"Django's scrypt, r*p = 2^62", replace(aDjangoScrypt, "$8$1$", "$2147483647$2147483647$")},
	{"Django's scrypt, p = 0", replace(aDjangoScrypt, "$8$1$", "$8$0$")},
	{"Django's scrypt, without p", replace(aDjangoScrypt, "$8$1$", "$8$")},
	{"Django's scrypt, no padding", strings.TrimSuffix(aDjangoScrypt, "=")},
	{"Django's scrypt, trailing $", aDjangoScrypt + "$"},
	{"Django's scrypt, line break", replace(aDjangoScrypt, "AAAA", "AA\nAA")},
	{"passlib, unsalted", replace(aPasslib, "c2FsdHNhbHQ", "")},
	{"passlib, no rounds", replace(aPasslib, "$1000$", "$$")},
	{"passlib, 0 rounds", replace(aPasslib, "$1000$", "$0$")},
	{"passlib, leading zero", replace(aPasslib, "$1000$", "$01000$")},
	{"passlib, most rounds", replace(aPasslib, "$1000$", "$2147483647$")},
	{"passlib, 2^32 rounds", replace(aPasslib, "$1000$", "$4294967296$")},
	{"passlib, padded salt", replace(aPasslib, "c2FsdHNhbHQ", "c2FsdHNhbHQ=")},
	{"passlib, padded digest", aPasslib + "="},
	{"passlib, trailing bits", aPasslib[:len(aPasslib)-1] + "B"},
	{"passlib, + in the salt", replace(aPasslib, "c2Fs", "c2+s")},
	{"passlib, another digest", replace(aPasslib, "sha256", "sha512")},
	{"passlib, SHA-1", replace(aPasslib, "-sha256", "")},
	{"passlib, unknown digest", replace(aPasslib, "sha256", "sha384")},
	{"passlib, no leading $", aPasslib[1:]},
	{"passlib, trailing $", aPasslib + "$"},
	{"passlib, trailing line", aPasslib + "\n"},
	{"passlib, line break in the salt", replace(aPasslib, "c2Fs", "c2\nFs")},
	{"Django without padding", strings.TrimSuffix(aDjango, "=")},
	{"Django with non-zero trailing bits", replace(aDjango, "E=", "F=")},
	{"Django in the URLs' Base64", replace(aDjango, "fYK/", "fYK_")},
	{"Django with trailing $", aDjango + "$"},
	{"Django with short digest", replace(aDjango, "fYK/", "")},
	{"Django with no iterations", replace(aDjango, "$1000$", "$$")},
	{"Django with leading zero", replace(aDjango, "$1000$", "$01000$")},
	{"Django with most iterations", replace(aDjango, "$1000$", "$2147483647$")},
	{"Django with 2^64 + 1000 iterations", replace(aDjango, "$1000$", "$18446744073709552616$")},

	{"bcrypt, 2^31 rounds", replace(aBcrypt, "$04$", "$31$")},
	{"bcrypt, marked, 2^31 rounds", "$hmac-sha384-bcrypt" + replace(aBcrypt, "$2b$04$", "$2a$31$")},
	{"bcrypt, 2^15 rounds", replace(aBcrypt, "$04$", "$15$")},
	{"bcrypt, cost 32", replace(aBcrypt, "$04$", "$32$")},
	{"bcrypt, cost 3", replace(aBcrypt, "$04$", "$03$")},
	{"bcrypt, cost of one digit", replace(aBcrypt, "$04$", "$4$")},
	{"bcrypt, cost of three digits", replace(aBcrypt, "$04$", "$004$")},
	{"bcrypt $2x$", replace(aBcrypt, "$2b$", "$2x$")},
	{"bcrypt $2$", replace(aBcrypt, "$2b$", "$2$")},
	{"bcrypt $2B$", replace(aBcrypt, "$2b$", "$2B$")},
	{"bcrypt $1b$", replace(aBcrypt, "$2b$", "$1b$")},
	{"bcrypt, short", aBcrypt[:59]},
	{"bcrypt, long", aBcrypt + "."},
	{"bcrypt, trailing $", aBcrypt + "$"},
	{"bcrypt, no digest", aBcrypt[:29]},
	{"bcrypt, marked", "$hmac-sha384-bcrypt" + aBcrypt},
	{"bcrypt, marked twice", "$hmac-sha384-bcrypt$hmac-sha384-bcrypt" + aBcrypt},

	{"argon2d", replace(anArgon2, "argon2id", "argon2d")},
	{"argon2d, version 16", replace(anArgon2, "argon2id$v=19", "argon2d$v=16")},
	{"argon2d, no version", replace(anArgon2, "argon2id$v=19", "argon2d")},
	{"argon2", replace(anArgon2, "argon2id", "argon2")},
	{"argon2id, version 17", replace(anArgon2, "v=19", "v=17")},
	{"argon2id, version 0x13", replace(anArgon2, "v=19", "v=0x13")},
	{"argon2id, version twice", replace(anArgon2, "$v=19", "$v=19$v=19")},
	{"argon2id, empty version", replace(anArgon2, "v=19", "v=")},
	{"argon2i, t the most", replace(anArgon2, "argon2id$v=19$m=256,t=2", "argon2i$v=19$m=256,t=4294967295")},
	{"argon2i, version 16, m the most", replace(anArgon2, "argon2id$v=19$m=256", "argon2i$v=16$m=4294967295")},
	{"argon2i, no version, t the most", replace(anArgon2, "argon2id$v=19$m=256,t=2", "argon2i$m=256,t=4294967295")},
	{"argon2i, no version, m < 8p", replace(anArgon2, "argon2id$v=19$m=256,t=2,p=1", "argon2i$m=31,t=2,p=4")},
	{"argon2id, 65 lanes", replace(anArgon2, "m=256,t=2,p=1", "m=2048,t=2,p=65")},
	{"argon2id, 255 lanes", replace(anArgon2, "m=256,t=2,p=1", "m=262144,t=6,p=255")},
	{"argon2id, m and t the most", replace(anArgon2, "m=256,t=2", "m=4294967295,t=4294967295")},
	{"argon2id, t the most", replace(anArgon2, "t=2", "t=4294967295")},
	{"argon2id, m the most", replace(anArgon2, "m=256", "m=4294967295")},
	{"argon2id, m = 2^32 + 256", replace(anArgon2, "m=256", "m=4294967552")},
	{"argon2id, t = 2^32 + 2", replace(anArgon2, "t=2", "t=4294967298")},
	{"argon2id, m < 8p", replace(anArgon2, "m=256,t=2,p=1", "m=31,t=2,p=4")},
	{"argon2id, m = 0", replace(anArgon2, "m=256", "m=0")},
	{"argon2id, t = 0", replace(anArgon2, "t=2", "t=0")},
	{"argon2id, p = 0", replace(anArgon2, "p=1", "p=0")},
	{"argon2id, p = 256", replace(anArgon2, "p=1", "p=256")},
	{"argon2id, p = 257", replace(anArgon2, "p=1", "p=257")},
	{"argon2id, other order", replace(anArgon2, "m=256,t=2", "t=2,m=256")},
	{"argon2id, m twice", replace(anArgon2, "m=256", "m=256,m=256")},
	{"argon2id, p twice", replace(anArgon2, "p=1", "p=1,p=1")},
	{"argon2id, m twice without t", replace(anArgon2, "t=2", "m=256")},
	{"argon2id, without p", replace(anArgon2, ",p=1", "")},
	{"argon2id, keyid", replace(anArgon2, "p=1", "p=1,keyid=AA")},
	{"argon2id, m with leading zero", replace(anArgon2, "m=256", "m=0256")},
	{"argon2id, m with sign", replace(anArgon2, "m=256", "m=+256")},
	{"argon2id, space", replace(anArgon2, ",t", ", t")},
	{"argon2id, padded salt", replace(anArgon2, "c29tZXNhbHQ", "c29tZXNhbHQ=")},
	{"argon2id, padded digest", anArgon2 + "="},
	{"argon2id, trailing bits in the salt", replace(anArgon2, "c29tZXNhbHQ", "c29tZXNhbHR")},
	{"argon2id, trailing bits in the digest", anArgon2[:len(anArgon2)-1] + "5"},
	{"argon2id, short salt", replace(anArgon2, "c29tZXNhbHQ", "c29tZXM")},
	{"argon2id, short digest", replace(anArgon2, "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "nf65EOgLrQMR/uIPnA4r")},
	{"argon2id, no digest", replace(anArgon2, "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "")},
	{"argon2id, trailing $", anArgon2 + "$"},
	{"argon2id, no leading $", anArgon2[1:]},
	{"bcrypt, salt out of its alphabet", "$2a$04$" + strings.Repeat("!", 53)},
	{"bcrypt, digest out of its alphabet", aBcrypt[:59] + "!"},
	{"bcrypt, cost with sign", replace(aBcrypt, "$04$", "$+4$")},
	{"argon2id, line break in the salt", replace(anArgon2, "c29t", "c2\n9t")},
	{"argon2id, trailing line", anArgon2 + "\r\n"},
	{"Django, trailing line", aDjango + "\n"},
}

// replace is strings.Replace. It panics if s does not contain old.
func replace(s, old, by string) string {
	if strings.Count(s, old) == 0 {
		panic(old + " is not in " + s)
	}
	return strings.Replace(s, old, by, 1)
}

func TestStoredRefused(t *testing.T) {
	// The hashes that the refused ones are made from are accepted.
	for _, h := range []string{aHMAC, aPBKDF2, aDjango, aBcrypt} {
		if !fits(h, "test") {
			t.Errorf("%s: got no match, want one", h)
		}
	}
	for _, h := range []string{aPasslib, aDjangoScrypt} {
		if signup.Hash(h).Scheme() == "" {
			t.Errorf("%s: got no scheme, want one", h)
		}
	}
	if !fits(anArgon2, "password") {
		t.Errorf("%s: got no match, want one", anArgon2)
	}

	start := time.Now()
	for _, c := range refused {
		for _, password := range []string{"test", "password", "lètmein", "", c.hash} {
			if fits(c.hash, password) {
				t.Errorf("%s: got a match for %.20q, want none", c.name, password)
			}
		}
		if !cheap.NeedsRehash(signup.Hash(c.hash)) || !(signup.Argon2id{}).NeedsRehash(signup.Hash(c.hash)) {
			t.Errorf("%s: got no need for a rehash, want one", c.name)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the checks took %s, want at most 10s", took)
	}
}

// A hash by one algorithm that is marked as one by another matches nothing.
func TestStoredMarkedOtherwise(t *testing.T) {
	for _, h := range []string{
		replace(anArgon2, "v=19", "v=16"), replace(anArgon2, "$v=19", ""), replace(anArgon2, "argon2id", "argon2i"),
		"argon2" + replace(anArgon2, "v=19", "v=16"), "bcrypt_sha256$" + aBcrypt,
	} {
		if signup.Hash(h).Scheme() == "" {
			t.Errorf("%s: got no scheme, want one", h)
		}
		for _, password := range []string{"test", "password", ""} {
			if fits(h, password) {
				t.Errorf("%s: got a match for %q, want none", h, password)
			}
		}
	}
}

// A log-in refuses the hashes in refused too, at the cost of one hash of the Hasher.
func TestStoredRefusedByLogin(t *testing.T) {
	start := time.Now()
	for _, c := range refused {
		refuses := func(hasher signup.Hasher, bound signup.Work) {
			t.Helper()
			a := withHash(c.hash, hasher)
			a.HashLimits.MaxStoredWork = bound
			if _, err := a.Authenticate(t.Context(), "a@b.example", "password"); !errors.Is(err, signup.ErrBadCredentials) {
				t.Errorf("%s, %T, %+v: got %v, want ErrBadCredentials", c.name, hasher, bound, err)
			}
		}
		for _, bound := range []signup.Work{{}, {Rounds: 1 << 10}, {Memory: 1 << 20}, {Rounds: 1 << 10, Memory: 1 << 20}} {
			refuses(cheapArgon2id, bound)
		}
		if strings.HasPrefix(c.name, "bcrypt") {
			refuses(cheap, signup.Work{})
		}
		counting := &countingHasher{Bcrypt: cheap}
		refuses(counting, signup.Work{})
		if n := counting.hashes.Load(); n != 1 {
			t.Errorf("%s: got %d hashes, want 1", c.name, n)
		}
	}
	if took := time.Since(start); took > 30*time.Second { // each of the costly ones would take minutes
		t.Errorf("the log-ins took %s, want at most 30s", took)
	}
}

// A hash that is too long to be parsed must not be computed by the Hasher either:
// its cost was not compared with MaxStoredWork.
func TestStoredTooLong(t *testing.T) {
	salt, b64 := []byte(strings.Repeat("s", 900)), base64.RawStdEncoding
	digest := argon2.IDKey([]byte("test"), salt, 1, 4096, 1, 32)
	h := signup.Hash(fmt.Sprintf("$argon2id$v=19$m=4096,t=1,p=1$%s$%s", b64.EncodeToString(salt), b64.EncodeToString(digest)))
	a := withHash(string([]byte(h)), cheapArgon2id)
	a.HashLimits.MaxStoredWork = signup.Work{Rounds: 16, Memory: 1 << 20}
	if _, err := a.Authenticate(t.Context(), "a@b.example", "test"); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("4 MiB, and a limit of 1 MiB: got %v, want ErrBadCredentials", err)
	}
	if cheapArgon2id.Verify(h, "test") || !(signup.Argon2id{Memory: 4096, Time: 1}).NeedsRehash(h) {
		t.Error("Argon2id: got a match or no need for a rehash, want neither")
	}
}
