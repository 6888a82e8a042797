package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// fits reports whether the hash h matches password, by CheckPassword.
func fits(h, password string) bool {
	return signup.User{PasswordHash: signup.Hash(h)}.CheckPassword(password)
}

// change returns s with its last character changed.
func change(s string) string {
	r := []rune(s)
	r[len(r)-1]++
	return string(r)
}

// From crypt_blowfish, which ignores what follows 72 bytes.
const (
	vector73        = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"
	vectorTruncated = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
)

// withHash returns Accounts with one user, whose hash is h.
func withHash(h string, hasher signup.Hasher) *signup.Accounts {
	return &signup.Accounts{Hasher: hasher, Store: fakestore.Store{
		OnGet: func(context.Context, string) (signup.User, error) {
			return signup.User{ID: "1", Email: "a@b.example", Active: true, PasswordHash: signup.Hash(h)}, nil
		},
		OnUpdate: func(context.Context, *signup.User) error { return nil },
	}}
}

// A right password is refused only if its hash is beyond the limit.
func TestStoredMax(t *testing.T) {
	const sha512 = "pbkdf2:sha512:1000$VWq5dbUU$d0830dbcc162d56e31aadeb1439710e76922df6b1b3ebf831abc848f8b7bf5fb" +
		"82fcd1f10f6ac048411df30dfea0d1f76aa760b4753ee9d602fb89de37df49f6" // about 10 rounds
	const bcrypt7 = "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"
	const sha256 = "pbkdf2:sha256:50000$4fE4mkCF$7c21a30fd34278d66eb9bda9526ba74e40f6c16261e95fafbcc37133bde39405"
	hasher := signup.Bcrypt{Cost: 4}
	for _, c := range []struct {
		name, hash, password string
		max                  signup.Work
		memory               int64
		ok                   bool
	}{
		{"default", sha256, "test", signup.Work{}, 0, true},
		{"PBKDF2 within", sha256, "test", signup.Work{Rounds: 1 << 8}, 0, true},
		{"PBKDF2 beyond", sha256, "test", signup.Work{Rounds: 1 << 6}, 0, false},
		{"PBKDF2-SHA-512 within", sha512, "test", signup.Work{Rounds: 1 << 4}, 0, true},
		{"bcrypt within", bcrypt7, "rasmuslerdorf", signup.Work{Rounds: 1 << 7}, 0, true},
		{"bcrypt beyond", bcrypt7, "rasmuslerdorf", signup.Work{Rounds: 1<<7 - 1}, 0, false},
		{"argon2id within", anArgon2, "password", signup.Work{Memory: 256 << 10}, 0, true},
		{"argon2id beyond", anArgon2, "password", signup.Work{Memory: 256<<10 - 1}, 0, false},
		// A hash that needs more than all memory could never run.
		{"argon2id beyond all memory", anArgon2, "password", signup.Work{}, 256<<10 - 1, false},
	} {
		a := withHash(c.hash, hasher)
		a.HashLimits.MaxStoredWork, a.HashLimits.MaxMemory = c.max, c.memory
		_, err := a.Authenticate(t.Context(), "a@b.example", c.password)
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, signup.ErrBadCredentials) {
			t.Errorf("%s: got %v, want success: %t", c.name, err, c.ok)
		}
	}

	a := withHash(aBcrypt, hasher)
	a.HashLimits.MaxStoredWork.Rounds = 15
	if _, err := a.Authenticate(t.Context(), "a@b.example", "test"); err == nil || errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("a limit below the cost of the Hasher: got %v, want an error of the configuration", err)
	}
}

// newUser stores a user with the hash h.
func newUser(t *testing.T, a *signup.Accounts, h signup.Hash) {
	t.Helper()
	a.Store = memstore.New()
	u := signup.User{ID: "1", Email: "a@b.example", Active: true, PasswordHash: h}
	if err := a.Store.Create(t.Context(), &u); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
}

// logsIn reports whether password is accepted, and returns the hash then stored.
func logsIn(t *testing.T, a *signup.Accounts, password string) (bool, signup.Hash) {
	t.Helper()
	u, err := a.Authenticate(t.Context(), "a@b.example", password)
	if err != nil && !errors.Is(err, signup.ErrBadCredentials) {
		t.Fatalf("Authenticate returned %v, want nil or ErrBadCredentials", err)
	}
	stored, getErr := a.Store.Get(t.Context(), "a@b.example")
	if getErr != nil {
		t.Fatalf("Get returned %v, want nil", getErr)
	}
	if err == nil && !u.Equal(stored) {
		t.Errorf("Authenticate returned %v, want the stored user %v", u, stored)
	}
	return err == nil, stored.PasswordHash
}

// The first 72 bytes, which are all that bcrypt hashes, are not the password.
func TestStoredTruncated(t *testing.T) {
	const p72 = "0123456789012345678901234567890123456789012345678901234567890123456789ab"
	for _, c := range []struct {
		name, hash, p72, p73 string
	}{
		// by Python's bcrypt 5.0.0
		{"foreign", "$2b$04$1690WPl5bdgZUzpgZc1f6uDca6ZO7KgF.R99rmVSLTvWpk.hJTXa6", p72, p72 + "c"},
		{"published", vectorTruncated, vector73[:72], vector73},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !fits(c.hash, c.p72) || fits(c.hash, c.p73) {
				t.Errorf("CheckPassword returned %t for 72 bytes, %t for 73; want true, false", fits(c.hash, c.p72), fits(c.hash, c.p73))
			}

			a := newAccounts()
			newUser(t, a, signup.Hash(c.hash))
			if ok, h := logsIn(t, a, c.p73); ok || string(h) != c.hash {
				t.Error("got a log-in with more than 72 bytes, or another hash stored; want neither")
			}
			if ok, _ := logsIn(t, a, c.p72); !ok {
				t.Error("got no log-in with 72 bytes, want one")
			}

			for _, hasher := range []signup.Hasher{cheap, cheapArgon2id} {
				a := &signup.Accounts{Hasher: hasher, AllowTruncatedBcrypt: true}
				newUser(t, a, signup.Hash(c.hash))
				if ok, h := logsIn(t, a, change(c.p72)+"c"); ok || string(h) != c.hash {
					t.Error("got a log-in with other 72 bytes, or another hash stored; want neither")
				}
				ok, h := logsIn(t, a, c.p73)
				if !ok || hasher.NeedsRehash(h) || !hasher.Verify(h, c.p73) {
					t.Fatalf("got a log-in: %t, and a hash that needs a rehash: %t; want true and false", ok, hasher.NeedsRehash(h))
				}
				for _, wrong := range []string{change(c.p73), c.p72, c.p73 + "x"} {
					if ok, _ := logsIn(t, a, wrong); ok {
						t.Errorf("got a later log-in with %q, want none", wrong)
					}
				}
				if ok, again := logsIn(t, a, c.p73); !ok || string(again) != string(h) {
					t.Error("got no second log-in, or another hash; want a log-in and the same hash")
				}
			}
		})
	}
}

// A hash that Bcrypt made is of the whole password, also if shorter ones of other
// programs may stand for longer passwords.
func TestTruncationIsForOtherProgramsHashes(t *testing.T) {
	for _, password := range []string{
		strings.Repeat("correct horse ", 5) + "12", // 72 bytes
		strings.Repeat("correct horse ", 5) + "1",
		strings.Repeat("correct horse ", 6),
		"correct horse battery",
		"correct horse\x00battery",
	} {
		h, err := cheap.Hash(password)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		a := &signup.Accounts{Hasher: cheap, AllowTruncatedBcrypt: true}
		newUser(t, a, h)
		padded := password + "\x00" + password + "\x00" + password // what bcrypt makes of a short one
		wrong := []string{password + "x", change(password), padded, strings.TrimRight(padded, "e") + "x", password + "\x00"}
		if len(password) >= 72 {
			wrong = append(wrong, password[:72]+"x", password[:71])
		}
		for _, w := range wrong {
			if ok, _ := logsIn(t, a, w); ok {
				t.Errorf("password of %d bytes: got a log-in with %q, want none", len(password), w)
			}
		}
		ok, again := logsIn(t, a, password)
		if !ok || again != h {
			t.Errorf("password of %d bytes: got a log-in: %t, another hash: %t; want true, false", len(password), ok, again != h)
		}
	}
	// Another program's hash of exactly 72 bytes becomes one that no longer password
	// matches.
	a := &signup.Accounts{Hasher: cheap}
	newUser(t, a, vectorTruncated)
	if ok, h := logsIn(t, a, vector73[:72]); !ok || h.Scheme() != "bcrypt-hmac-sha384" {
		t.Errorf("got a log-in: %t, and a hash of the scheme %q; want true and bcrypt-hmac-sha384", ok, h.Scheme())
	}
}

// Other programs don't normalize passwords. These hashes of a password in NFD were
// made by Django 5.2.19, Werkzeug 3.1.9, Python's bcrypt 5.0.0 and argon2-cffi
// 25.1.0.
func TestStoredNFD(t *testing.T) {
	const nfc, nfd = "caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"
	for _, h := range []string{
		"pbkdf2_sha256$1000$seasalt2$Qeywja4IwmctbCtRmb1fFF6ujLu3q5fbo+D/wNSSOgc=",
		"pbkdf2:sha256:1000$UUBIVeOaUCZjo8gJ$256f7d3bff41d779cbbd02b1268feb6e838ff18560ec96f12069ab9a67ef94fb",
		"scrypt:1024:4:2$7HsrwaczbO4C10vj$27070fbb42610ff363036834aebc30286716caf396274786416677ddc58740bd" +
			"dec35fd7464c499739800ec3573777daa54a5e2d03e3fd3d8940317837acbb0b",
		"$2a$04$psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi",
		"$2b$04$psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi",
		"$2y$04$psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi",
		"$argon2id$v=19$m=64,t=1,p=1$yIJ8FYi62dWyEbnZLcRk2Q$kMHSKAXumMBEQcvAmxwQUGqnZr4h537lz0bRipXRpAY",
	} {
		for _, hasher := range []signup.Hasher{cheap, cheapArgon2id} {
			if !fits(h, nfd) || fits(h, nfc) {
				t.Errorf("%s: CheckPassword returned %t in NFD, %t in NFC; want true, false", h, fits(h, nfd), fits(h, nfc))
			}
			a := &signup.Accounts{Hasher: hasher}
			newUser(t, a, signup.Hash(h))
			if ok, now := logsIn(t, a, nfc); ok || string(now) != h {
				t.Errorf("%s: got a log-in in NFC, or another hash stored; want neither", h)
			}
			ok, now := logsIn(t, a, nfd)
			if !ok || hasher.NeedsRehash(now) || string(now) == h {
				t.Errorf("%s: got a log-in: %t, and a hash that needs a rehash: %t; want true and false", h, ok, hasher.NeedsRehash(now))
			}
			u := signup.User{PasswordHash: now}
			if !u.CheckPassword(nfc) || !u.CheckPassword(nfd) {
				t.Errorf("%s: CheckPassword of the new hash returned %t in NFC, %t in NFD; want true, true", h, u.CheckPassword(nfc), u.CheckPassword(nfd))
			}
			for _, spelling := range []string{nfc, nfd} {
				if ok, again := logsIn(t, a, spelling); !ok || string(again) != string(now) {
					t.Errorf("%s: got no second log-in with %q, or another hash; want a log-in and the same hash", h, spelling)
				}
			}
		}
	}
}

// Each format is replaced at the first log-in, and only by the right password.
func TestStoredMigrated(t *testing.T) {
	for _, c := range []struct{ hash, password string }{
		{aHMAC, "test"}, {aPBKDF2, "test"}, {aDjango, "test"}, {aBcrypt, "test"}, {anArgon2, "password"},
	} {
		for _, hasher := range []signup.Hasher{nil, cheap, cheapArgon2id} {
			if hasher == nil {
				hasher = &countingHasher{Bcrypt: cheap} // a Hasher of another package
			}
			a := &signup.Accounts{Hasher: hasher}
			newUser(t, a, signup.Hash(c.hash))
			if ok, h := logsIn(t, a, change(c.password)); ok || string(h) != c.hash {
				t.Errorf("%s: got a log-in with another password, or another hash stored; want neither", c.hash)
			}
			ok, h := logsIn(t, a, c.password)
			if !ok || hasher.NeedsRehash(h) || !hasher.Verify(h, c.password) {
				t.Errorf("%s, %T: got a log-in: %t, and a hash that needs a rehash: %t; want true and false", c.hash, hasher, ok, hasher.NeedsRehash(h))
			}
			if ok, _ := logsIn(t, a, c.password); !ok {
				t.Errorf("%s, %T: got no second log-in, want one", c.hash, hasher)
			}
		}
	}
}
