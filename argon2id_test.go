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

// No test vector has these parameters, so that NeedsRehash is true for all of them.
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
				t.Error("Verify or CheckPassword returned false for the password, want true")
			}
			if cheapArgon2id.Verify(h, c.wrong) || u.CheckPassword(c.wrong) {
				t.Error("Verify or CheckPassword returned true for another password, want false")
			}
			again, err := cheapArgon2id.Hash(c.password)
			if err != nil || string(again) == string(h) {
				t.Errorf("the second Hash returned the same hash: %t, %v; want false, nil", string(again) == string(h), err)
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
			t.Errorf("Verify of %q returned false for the hash of %q, want true", c[1], c[0])
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
		{signup.Argon2id{Memory: 8 * 64, Time: 1, Threads: 64}, `^\$argon2id\$v=19\$m=512,t=1,p=64\$`},
	} {
		h, err := c.hasher.Hash("test")
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		parts := regexp.MustCompile(c.prefix + b64).FindStringSubmatch(string([]byte(h)))
		if parts == nil {
			t.Errorf("%+v made the hash %q, want the form %s", c.hasher, []byte(h), c.prefix+b64)
			continue
		}
		salt, _ := base64.RawStdEncoding.DecodeString(parts[1])
		memory, time, threads := c.hasher.Memory, c.hasher.Time, c.hasher.Threads
		if memory == 0 {
			memory, time, threads = 19456, 2, 1
		}
		want := argon2.IDKey([]byte("test"), salt, time, memory, threads, 32)
		if parts[2] != base64.RawStdEncoding.EncodeToString(want) {
			t.Errorf("%+v made a key other than argon2.IDKey's, want the same", c.hasher)
		}
		if c.hasher.NeedsRehash(h) || !c.hasher.Verify(h, "test") {
			t.Errorf("%+v of its own hash: NeedsRehash returned %t, Verify %t; want false, true", c.hasher, c.hasher.NeedsRehash(h), c.hasher.Verify(h, "test"))
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
		{signup.Argon2id{Memory: 511, Time: 1, Threads: 64}, false},
	} {
		h, err := c.hasher.Hash("test")
		if (err == nil) != c.ok || (h != "") != c.ok {
			t.Errorf("%+v: Hash returned a hash: %t, %v; want a hash without an error: %t", c.hasher, h != "", err, c.ok)
		}
		if err != nil {
			a := &signup.Accounts{Store: memstore.New(), Hasher: c.hasher}
			r := signup.Registration{Email: "a@b.example", Password: goodPassword}
			if _, got := a.Register(t.Context(), r); got == nil || got.Error() != err.Error() || errors.Is(got, signup.ErrInvalid) {
				t.Errorf("%+v: Register: %v, want %v", c.hasher, got, err)
			}
		}
	}
	for _, h := range []string{"", "test", "plain$$test", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$$", aBcrypt} {
		if cheapArgon2id.Verify(signup.Hash(h), "test") || cheapArgon2id.Verify(signup.Hash(h), "") || !cheapArgon2id.NeedsRehash(signup.Hash(h)) {
			t.Errorf("%q is accepted as a hash or needs no rehash, want it refused and NeedsRehash true", h)
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
			t.Errorf("%+v: a current hash: got %t, want %t", c.hasher, got, c.want)
		}
	}
}

func TestArgon2idWork(t *testing.T) {
	byDefault := signup.Argon2id{}.Work()
	if byDefault != (signup.Argon2id{Memory: 19456, Time: 2, Threads: 1}).Work() || byDefault.Memory != 19<<20 ||
		byDefault.Rounds < 100 || byDefault.Rounds > 1000 {
		t.Errorf("by default: got %+v, want the work of 19 MiB, 2 passes and 1 thread, of 100 to 1000 rounds", byDefault)
	}
	twice := signup.Argon2id{Time: 4}.Work()
	if r := float64(twice.Rounds) / float64(byDefault.Rounds); twice.Memory != byDefault.Memory || r < 1.9 || r > 2.1 {
		t.Errorf("twice the passes: got %+v, want twice the rounds of %+v and the same memory", twice, byDefault)
	}
	if w := (signup.Argon2id{Memory: 8, Time: 1}).Work(); w.Rounds < 1 || w.Memory != 8<<10 {
		t.Errorf("the least: got %+v, want at least 1 round and 8 KiB", w)
	}
	// The product of the parameters doesn't overflow.
	if w := (signup.Argon2id{Memory: 1<<32 - 1, Time: 1<<32 - 1}).Work(); w.Rounds < 1<<57 || w.Memory != (1<<32-1)<<10 {
		t.Errorf("the most: got %+v, want at least 1<<57 rounds and the memory in full", w)
	}
}

func TestArgon2idAccounts(t *testing.T) {
	ctx := t.Context()
	a := &signup.Accounts{Store: memstore.New(), Hasher: cheapArgon2id}
	u, err := a.Register(ctx, signup.Registration{Email: "a@b.example", Password: goodPassword})
	if err != nil || cheapArgon2id.NeedsRehash(u.PasswordHash) {
		t.Fatalf("Register returned %v, a hash that needs a rehash: %t; want nil, false", err, cheapArgon2id.NeedsRehash(u.PasswordHash))
	}
	if ok, h := logsIn(t, a, goodPassword); !ok || string(h) != string(u.PasswordHash) {
		t.Errorf("got a log-in: %t, the same hash: %t; want true, true", ok, string(h) == string(u.PasswordHash))
	}
	for _, wrong := range []string{"", goodPassword + "!", strings.ToUpper(goodPassword)} {
		if ok, _ := logsIn(t, a, wrong); ok {
			t.Errorf("the password %q logs in, want it refused", wrong)
		}
	}

	// The Hasher changes, there and back, over the same users.
	for _, hasher := range []signup.Hasher{cheap, cheapArgon2id, signup.Argon2id{Memory: 64, Time: 2}, signup.Bcrypt{Cost: 5}} {
		b := &signup.Accounts{Store: a.Store, Hasher: hasher}
		_, before := logsIn(t, b, goodPassword+"!")
		if !hasher.NeedsRehash(before) {
			t.Errorf("%+v: before a log-in NeedsRehash returned false, want true", hasher)
		}
		ok, after := logsIn(t, b, goodPassword)
		if !ok || hasher.NeedsRehash(after) || !hasher.Verify(after, goodPassword) || hasher.Verify(after, goodPassword+"!") {
			t.Errorf("%+v: got a log-in: %t, a hash that needs a rehash: %t; want true, false, and a hash of the password", hasher, ok, hasher.NeedsRehash(after))
		}
	}
}

// Argon2id makes no hash that has more lanes than are verified.
func TestArgon2idThreads(t *testing.T) {
	most := signup.Argon2id{Memory: 8 * 64, Time: 1, Threads: 64}
	if h, err := most.Hash("test"); err != nil || !most.Verify(h, "test") {
		t.Errorf("64 threads: got %v, and a match: %t; want nil and true", err, most.Verify(h, "test"))
	}
	if _, err := (signup.Argon2id{Memory: 8 * 65, Time: 1, Threads: 65}).Hash("test"); err == nil {
		t.Error("65 threads: got nil, want an error")
	}
}
