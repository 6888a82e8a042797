package signup

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/cputime"
	"golang.org/x/text/unicode/norm"
)

// A workClock is a clock that advances by the work that is done, in place of the
// processor time: a round of bcrypt takes a microsecond.
type workClock struct{ now time.Duration }

func (w *workClock) work(rounds int64) { w.now += time.Duration(rounds) * time.Microsecond }

// times returns hashTimes that are measured by w. An iteration of the decoy takes
// a nanosecond.
func (w *workClock) times() *hashTimes {
	t := newHashTimes(commonMemory)
	t.decoy = func(iterations int) { w.now += time.Duration(iterations) }
	t.measure = func(f func()) cputime.Time {
		before := w.now
		f()
		return cputime.Time{Used: w.now - before, Passed: w.now - before}
	}
	return t
}

// took returns the time of checking password against h.
func (w *workClock) took(a *Accounts, h Hash, password string, ownFormat bool) time.Duration {
	before := w.now
	c := a.newCheck(h, password)
	c.ownFormat = ownFormat // as if the Hasher weren't a clockedHasher
	if matches := c.stored.Matches; matches != nil {
		c.stored.Matches = func(password []byte) bool {
			w.work(c.stored.Work.Rounds)
			return matches(password)
		}
		if c.stored.InOneLane != nil {
			c.stored.InOneLane = func() { w.work(c.stored.Work.Rounds) }
		}
		if c.stored.Decoy != nil {
			c.stored.Decoy = func() { w.work(c.stored.Work.Rounds) }
		}
	}
	c.do(false)
	return w.now - before
}

// A clockedHasher advances the clock by the work of the Hasher that it wraps.
type clockedHasher struct {
	Hasher
	clock *workClock
}

func (c clockedHasher) Hash(password string) (Hash, error) {
	c.clock.work(c.Work().Rounds)
	return c.Hasher.Hash(password)
}

func (c clockedHasher) Verify(h Hash, password string) bool {
	ok := c.Hasher.Verify(h, password)
	if _, marks := c.Hasher.(markedHasher); marks {
		h = trimMark(h)
	}
	if stored, known := parseHash(h); known {
		c.clock.work(stored.Work.Rounds)
	}
	return ok
}

const (
	checkedPassword = "caf\u00e9 au lait, toujours"
	wrongPassword   = "th\u00e9 au lait, toujours"
)

// made returns a hash of password by hasher.
func made(t testing.TB, hasher Hasher, password string) Hash {
	t.Helper()
	h, err := hasher.Hash(password)
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	return h
}

// A hashedAs is a stored hash of checkedPassword, or none.
type hashedAs struct {
	name string
	hash Hash
	fits bool // checkedPassword in normal form C
}

// storedAs returns hashes in every situation that a check distinguishes, for a
// Hasher of about the cost of Bcrypt{Cost: 4}.
func storedAs(t testing.TB) []hashedAs {
	own := Bcrypt{Cost: 4}
	return []hashedAs{
		{"none", "", false},
		{"unknown format", Hash("plain$$" + checkedPassword), false},
		{"bcrypt 4", made(t, own, checkedPassword), true},
		{"bcrypt 4, of a long password", made(t, own, strings.Repeat(checkedPassword, 4)), false},
		{"bcrypt 4, variant 2b", Hash(strings.Replace(string(made(t, own, checkedPassword)), "$2a$", "$2b$", 1)), true},
		{"bcrypt 5", made(t, Bcrypt{Cost: 5}, checkedPassword), true},
		{"bcrypt 31", Hash("$2a$31$" + strings.Repeat("a", 53)), false},
		{"peppered, bcrypt 4", made(t, markedHasher{own}, checkedPassword), false},
		{"peppered, bcrypt 5", made(t, markedHasher{Bcrypt{Cost: 5}}, checkedPassword), false},
		{"argon2id, 64 KiB", made(t, Argon2id{Memory: 64, Time: 1}, checkedPassword), true},
		{"argon2id, 2 MiB", made(t, Argon2id{Memory: 2 << 10}, checkedPassword), true},
		{"argon2id of 2 lanes", made(t, Argon2id{Memory: 64, Time: 1, Threads: 2}, checkedPassword), true},
		{"Django's PBKDF2", Hash("pbkdf2_sha256$3000$seasalt2$" + strings.Repeat("A", 43) + "="), false},
		{"Werkzeug's scrypt", Hash("scrypt:256:8:1$salt$" + strings.Repeat("00", 64)), false},
		{"Werkzeug's HMAC", Hash("sha256$salt$" + strings.Repeat("00", 32)), false},
	}
}

// A refused check takes the same work for every stored hash and for none, whatever
// the Hasher and the password, once such a hash was checked. So does the check of
// an inactive user's right password, after which no hash is replaced.
func TestRefusedChecksTakeTheSameWork(t *testing.T) {
	hashers := []struct {
		name      string
		hasher    Hasher
		ownFormat bool
	}{
		{"plain", Bcrypt{Cost: 4}, true},
		{"wrapped", Bcrypt{Cost: 4}, false},
		{"peppered", markedHasher{Bcrypt{Cost: 4}}, false},
		{"argon2id", Argon2id{Memory: 1 << 10, Time: 1}, true},
		{"costlier", Bcrypt{Cost: 5}, true},
	}
	passwords := []struct{ name, password string }{
		{"right", checkedPassword},
		{"right, in form D", norm.NFD.String(checkedPassword)},
		{"wrong", wrongPassword},
		{"wrong, in form D", norm.NFD.String(wrongPassword)},
		{"empty", ""},
		{"short", "x"},
		{"64 bytes", strings.Repeat("x", 64)},
		{"128 bytes", strings.Repeat("x", 128)},
		{"512 bytes", strings.Repeat("x", 512)},
		{"4096 bytes", strings.Repeat("x", 4096)},
		{"not UTF-8", "\xff"},
	}
	for _, own := range hashers {
		for _, h := range storedAs(t) {
			var clock workClock
			a := &Accounts{Store: struct{ Store }{}, Hasher: clockedHasher{own.hasher, &clock}}
			if err := a.setUp(); err != nil {
				t.Fatalf("setUp returned %v, want nil", err)
			}
			a.times = clock.times()
			took := func(h Hash, password string) time.Duration { return clock.took(a, h, password, own.ownFormat) }
			took("", wrongPassword)
			for range laneTimes {
				took(h.hash, wrongPassword)
			}
			least, most := math.Inf(1), 0.0
			for _, p := range passwords {
				known, unknown := took(h.hash, p.password), took("", p.password)
				ratio := float64(known) / float64(unknown)
				least, most = min(least, ratio), max(most, ratio)
				if ratio < 0.98 || ratio > 1.02 {
					t.Errorf("%s Hasher, %s, %s password: got %s of work, and %s without a user; want the same",
						own.name, h.name, p.name, known, unknown)
				}
				if one := time.Duration(own.hasher.Work().Rounds) * time.Microsecond; unknown < one {
					t.Errorf("%s Hasher, %s password: got %s of work, want one hash of the Hasher, %s", own.name, p.name, unknown, one)
				}
			}
			t.Logf("%-9s Hasher, %-30s work ÷ that without a user: %.3f to %.3f, for %d passwords", own.name, h.name+":", least, most, len(passwords))
		}
	}
}

// A check reports whether the password matches, and makes a newer hash if the
// stored one needs a rehash and is to be replaced. A hash that is too costly is
// not computed.
func TestCheck(t *testing.T) {
	own := Bcrypt{Cost: 4}
	for _, h := range storedAs(t) {
		for _, p := range []struct {
			name, password string
			right          bool
		}{
			{"right", checkedPassword, true},
			{"right, in form D", norm.NFD.String(checkedPassword), true},
			{"wrong", wrongPassword, false},
			{"empty", "", false},
		} {
			for _, replace := range []bool{true, false} {
				a := &Accounts{Store: struct{ Store }{}, Hasher: own}
				if err := a.setUp(); err != nil {
					t.Fatalf("setUp returned %v, want nil", err)
				}
				c := a.newCheck(h.hash, p.password)
				if c.tooCostly {
					c.stored.Matches = func([]byte) bool {
						t.Errorf("%s: the hash was computed, want it refused as too costly", h.name)
						return false
					}
				}
				ok, newer := c.do(replace)
				if want := h.fits && p.right; ok != want {
					t.Errorf("%s hash, %s password: do returned %t, want %t", h.name, p.name, ok, want)
				}
				if want := ok && replace && own.NeedsRehash(h.hash); (newer != "") != want {
					t.Errorf("%s hash, %s password: got a newer hash: %t, want %t", h.name, p.name, newer != "", want)
				}
				if newer != "" && own.NeedsRehash(newer) {
					t.Errorf("%s hash, %s password: the newer hash needs a rehash, want a current one", h.name, p.name)
				}
			}
		}
	}
}

// If the Hasher fails, log-ins still succeed or fail by the password alone.
// A check that computes no hash owes a whole one, however coarse the clock is.
func TestCheckWithoutHashOwesOne(t *testing.T) {
	clock := new(workClock)
	times, decoys := clock.times(), 0
	measure := times.measure
	times.measure = func(f func()) cputime.Time {
		took := measure(f)
		return cputime.Time{Used: took.Used + 2*time.Microsecond, Passed: took.Passed + 2*time.Microsecond}
	}
	times.decoy = func(int) { decoys++ }
	a := &Accounts{Store: struct{ Store }{}, Hasher: clockedHasher{Bcrypt{Cost: 4}, clock}}
	if err := a.setUp(); err != nil {
		t.Fatalf("setUp returned %v, want nil", err)
	}
	a.times = times
	for n := range 3 {
		before := clock.now
		a.newCheck("", wrongPassword).do(false)
		if took := clock.now - before; took != 16*time.Microsecond || decoys > 0 {
			t.Errorf("check %d: got %s of hashes and %d decoys, want 16µs and none", n, took, decoys)
		}
	}
}

func TestCheckHasherFails(t *testing.T) {
	a := &Accounts{Store: struct{ Store }{}, Hasher: brokenHasher{Bcrypt{Cost: 5}}}
	if err := a.setUp(); err != nil {
		t.Fatalf("setUp returned %v, want nil", err)
	}
	for _, cost := range []int{4, 5} {
		h, err := Bcrypt{Cost: cost}.Hash("test")
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		for _, password := range []string{"test", "wrong"} {
			ok, newer, err := a.verify(t.Context(), h, password, true)
			if ok != (password == "test") || newer != "" || err != nil {
				t.Errorf("cost %d, %s: verify returned %t, a newer hash: %t, %v; want %t, false, nil", cost, password, ok, newer != "", err, password == "test")
			}
		}
	}
	if ok, _, err := a.verify(t.Context(), "", "test", true); ok || err != nil {
		t.Errorf("no hash: verify returned %t, %v; want false, nil", ok, err)
	}
}

type brokenHasher struct{ Hasher }

func (brokenHasher) Hash(string) (Hash, error) { return "", errors.New("out of order") }

// A markedHasher wraps another Hasher and only marks its hashes.
type markedHasher struct{ Hasher }

func (m markedHasher) Hash(password string) (Hash, error) {
	h, err := m.Hasher.Hash(password)
	return "marked$" + h, err
}

func (m markedHasher) Verify(h Hash, password string) bool {
	return m.Hasher.Verify(trimMark(h), password)
}

func (m markedHasher) NeedsRehash(h Hash) bool {
	return m.Hasher.NeedsRehash(trimMark(h))
}

func trimMark(h Hash) Hash { return Hash(strings.TrimPrefix(string(h), "marked$")) }

// A wrapped Hasher refuses hashes beyond the limit itself.
func TestPlantedForWrappers(t *testing.T) {
	for _, c := range []struct {
		hasher  Hasher
		planted string
	}{
		{Bcrypt{Cost: 4}, "$2a$31$" + strings.Repeat("a", 53)},
		{Bcrypt{Cost: 4}, "$2a$14$" + strings.Repeat("a", 53)},
		{Argon2id{Memory: 64}, "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
		{Argon2id{Memory: 64}, "$argon2id$v=19$m=64,t=4294967295,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
	} {
		if c.hasher.Verify(Hash(c.planted), "test") { // otherwise the test doesn't end
			t.Errorf("Verify of the planted hash %s returned true, want false", c.planted)
		}
	}
}

// A check asks the queue for the cost of the stored hash, if that is more than the
// Hasher's own.
func TestCheckAsksForWork(t *testing.T) {
	a := &Accounts{Store: struct{ Store }{}, Hasher: Bcrypt{Cost: 4}, HashLimits: HashLimits{MaxConcurrent: 3}}
	if err := a.setUp(); err != nil {
		t.Fatalf("setUp returned %v, want nil", err)
	}
	own := Bcrypt{Cost: 4}.Work()
	for _, c := range []struct {
		hash string
		want Work
	}{
		{"", own},
		{"$2a$04$" + strings.Repeat("a", 53), own},
		{"$2a$10$" + strings.Repeat("a", 53), Bcrypt{Cost: 10}.Work()},
		{"$argon2id$v=19$m=262144,t=1,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", Argon2id{Memory: 256 << 10, Time: 1}.Work()},
		{"$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", own}, // too costly
	} {
		if got := a.newCheck(Hash(c.hash), "x").work(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.hash, got, c.want)
		}
	}
	// The costliest stored hash leaves room for the others.
	if got, want := a.queue.Limits(), int64(256<<20); got.Memory != want+3*commonMemory || got.Large != want || got.Common != commonMemory {
		t.Errorf("got limits of %+v, want %d bytes of memory and %d for large hashes", got, want+3*commonMemory, want)
	}
}
