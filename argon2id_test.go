package signup_test

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"golang.org/x/crypto/argon2"
)

// Not what any vector has, so that those are never Current.
var cheapArgon2id = signup.Argon2id{Memory: 64, Time: 1}

func TestArgon2id(t *testing.T) {
	for _, c := range []struct{ name, password, wrong string }{
		{"short", "test", "Test"},
		{"empty", "", "x"},
		{"more than bcrypt's 72 bytes", strings.Repeat("x", 72) + "y", strings.Repeat("x", 72) + "z"},
		{"NUL", "a\x00b", "a\x00c"},
		{"1024 bytes", strings.Repeat("x", 1024), strings.Repeat("x", 1023)},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := cheapArgon2id.Hash(c.password)
			if err != nil {
				t.Fatalf("Hash returned %v, want nil", err)
			}
			u := signup.User{PasswordHash: h}
			// Verify takes hashes of other parameters.
			if !cheapArgon2id.Verify(h, c.password) || !(signup.Argon2id{}).Verify(h, c.password) || !u.CheckPassword(c.password) {
				t.Error("the password doesn't fit")
			}
			if cheapArgon2id.Verify(h, c.wrong) || u.CheckPassword(c.wrong) {
				t.Error("another password fits")
			}
			again, err := cheapArgon2id.Hash(c.password)
			if err != nil || string(again) == string(h) {
				t.Errorf("the same hash twice, or %v", err)
			}
		})
	}
}

func TestArgon2idNormalises(t *testing.T) {
	for _, c := range [][2]string{{"caf\u00e9", "cafe\u0301"}, {"cafe\u0301", "caf\u00e9"}} {
		h, err := cheapArgon2id.Hash(c[0])
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		if !cheapArgon2id.Verify(h, c[1]) {
			t.Errorf("%q doesn't fit the hash of %q", c[1], c[0])
		}
	}
}

// The format is promised, so that another program can verify the hashes.
func TestArgon2idFormat(t *testing.T) {
	b64 := `([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$`
	for _, c := range []struct {
		hasher signup.Argon2id
		prefix string
	}{
		{signup.Argon2id{}, `^\$argon2id\$v=19\$m=19456,t=2,p=1\$`},
		{signup.Argon2id{Memory: 32, Time: 3, Threads: 4}, `^\$argon2id\$v=19\$m=32,t=3,p=4\$`},
		{signup.Argon2id{Memory: 8 * 255, Time: 1, Threads: 255}, `^\$argon2id\$v=19\$m=2040,t=1,p=255\$`},
	} {
		h, err := c.hasher.Hash("test")
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		parts := regexp.MustCompile(c.prefix + b64).FindStringSubmatch(string([]byte(h)))
		if parts == nil {
			t.Errorf("%+v makes %q", c.hasher, []byte(h))
			continue
		}
		salt, _ := base64.RawStdEncoding.DecodeString(parts[1])
		memory, time, threads := c.hasher.Memory, c.hasher.Time, c.hasher.Threads
		if memory == 0 {
			memory, time, threads = 19456, 2, 1
		}
		want := argon2.IDKey([]byte("test"), salt, time, memory, threads, 32)
		if parts[2] != base64.RawStdEncoding.EncodeToString(want) {
			t.Errorf("%+v makes another hash than argon2id", c.hasher)
		}
		if c.hasher.NeedsRehash(h) || !c.hasher.Verify(h, "test") {
			t.Errorf("%+v doesn't know its own hash", c.hasher)
		}
	}
}

func TestArgon2idRefuses(t *testing.T) {
	for _, c := range []struct {
		hasher signup.Argon2id
		ok     bool
	}{
		{signup.Argon2id{Memory: 8, Time: 1}, true},
		{signup.Argon2id{Memory: 7, Time: 1}, false},
		{signup.Argon2id{Memory: 1, Time: 1}, false},
		{signup.Argon2id{Memory: 16, Time: 1, Threads: 2}, true},
		{signup.Argon2id{Memory: 15, Time: 1, Threads: 2}, false},
		{signup.Argon2id{Memory: 2039, Time: 1, Threads: 255}, false},
	} {
		h, err := c.hasher.Hash("test")
		if (err == nil) != c.ok || (h != "") != c.ok {
			t.Errorf("%+v: %v", c.hasher, err)
		}
		if err != nil {
			a := &signup.Accounts{Store: memstore.New(), Hasher: c.hasher}
			r := signup.Registration{Email: "a@b.co", Password: goodPassword}
			if _, got := a.Register(t.Context(), r); got == nil || got.Error() != err.Error() || errors.Is(got, signup.ErrInvalid) {
				t.Errorf("%+v: Register: %v, want %v", c.hasher, got, err)
			}
		}
	}
	for _, h := range []string{"", "test", "plain$$test", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$$", aBcrypt} {
		if cheapArgon2id.Verify(signup.Hash(h), "test") || cheapArgon2id.Verify(signup.Hash(h), "") || !cheapArgon2id.NeedsRehash(signup.Hash(h)) {
			t.Errorf("%q fits", h)
		}
	}
}

func TestArgon2idCurrent(t *testing.T) {
	h, err := (signup.Argon2id{Memory: 64, Time: 2, Threads: 2}).Hash("test")
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	for _, c := range []struct {
		hasher signup.Hasher
		want   bool
	}{
		{signup.Argon2id{Memory: 64, Time: 2, Threads: 2}, true},
		{signup.Argon2id{Memory: 64, Threads: 2}, true}, // 2 is the default
		{signup.Argon2id{Memory: 65, Time: 2, Threads: 2}, false},
		{signup.Argon2id{Memory: 64, Time: 1, Threads: 2}, false},
		{signup.Argon2id{Memory: 64, Time: 2, Threads: 1}, false},
		{signup.Argon2id{Memory: 64, Time: 2, Threads: 22}, false},
		{signup.Argon2id{}, false},
		{signup.Bcrypt{}, false},
	} {
		if got := !c.hasher.NeedsRehash(h); got != c.want {
			t.Errorf("%+v: %t", c.hasher, got)
		}
	}
}

func TestArgon2idWork(t *testing.T) {
	byDefault := signup.Argon2id{}.Work()
	if byDefault != (signup.Argon2id{Memory: 19456, Time: 2, Threads: 1}).Work() || byDefault.Memory != 19<<20 ||
		byDefault.Rounds < 100 || byDefault.Rounds > 1000 {
		t.Errorf("by default: %+v", byDefault)
	}
	twice := signup.Argon2id{Time: 4}.Work()
	if r := float64(twice.Rounds) / float64(byDefault.Rounds); twice.Memory != byDefault.Memory || r < 1.9 || r > 2.1 {
		t.Errorf("twice the passes: %+v", twice)
	}
	if w := (signup.Argon2id{Memory: 8, Time: 1}).Work(); w.Rounds < 1 || w.Memory != 8<<10 {
		t.Errorf("the least: %+v", w)
	}
	// The product overflows nothing.
	if w := (signup.Argon2id{Memory: 1<<32 - 1, Time: 1<<32 - 1}).Work(); w.Rounds < 1<<57 || w.Memory != (1<<32-1)<<10 {
		t.Errorf("the most: %+v", w)
	}
}

func TestArgon2idAccounts(t *testing.T) {
	ctx := t.Context()
	a := &signup.Accounts{Store: memstore.New(), Hasher: cheapArgon2id}
	u, err := a.Register(ctx, signup.Registration{Email: "a@b.co", Password: goodPassword})
	if err != nil || cheapArgon2id.NeedsRehash(u.PasswordHash) {
		t.Fatalf("%v; the hash needs a rehash: %t", err, cheapArgon2id.NeedsRehash(u.PasswordHash))
	}
	if ok, h := logsIn(t, a, goodPassword); !ok || string(h) != string(u.PasswordHash) {
		t.Error("the password doesn't log in, or the hash is another one")
	}
	for _, wrong := range []string{"", goodPassword + "!", strings.ToUpper(goodPassword)} {
		if ok, _ := logsIn(t, a, wrong); ok {
			t.Errorf("%q logs in", wrong)
		}
	}

	// The Hasher changes, there and back, over the same users.
	for _, hasher := range []signup.Hasher{cheap, cheapArgon2id, signup.Argon2id{Memory: 64, Time: 2}, signup.Bcrypt{Cost: 5}} {
		b := &signup.Accounts{Store: a.Store, Hasher: hasher}
		_, before := logsIn(t, b, goodPassword+"!")
		if !hasher.NeedsRehash(before) {
			t.Errorf("%+v: Current without a log-in", hasher)
		}
		ok, after := logsIn(t, b, goodPassword)
		if !ok || hasher.NeedsRehash(after) || !hasher.Verify(after, goodPassword) || hasher.Verify(after, goodPassword+"!") {
			t.Errorf("%+v: %t; needs a rehash: %t", hasher, ok, hasher.NeedsRehash(after))
		}
	}
}
