package signup

import (
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// A countedHasher counts the rounds of the Hasher that it wraps.
type countedHasher struct {
	Hasher
	rounds *int64
}

func (c countedHasher) Hash(password string) (Hash, error) {
	*c.rounds += c.Work().Rounds
	return c.Hasher.Hash(password)
}

func (c countedHasher) Verify(h Hash, password string) bool {
	if !c.NeedsRehash(h) {
		*c.rounds += c.Work().Rounds
	}
	return c.Hasher.Verify(h, password)
}

// A refused log-in takes the rounds of one hash of the Hasher (of two, for a
// password typed in another form than C), within the rounds of bcrypt's least cost, or
// those of the stored hash if they are more. So does a log-in of an inactive user,
// whose hash isn't replaced.
func TestCheckWork(t *testing.T) {
	const password, wrong = "caf\u00e9 au lait, toujours", "th\u00e9 au lait, toujours"
	own := Bcrypt{Cost: 7}
	made := func(hasher Hasher, password string) Hash {
		h, err := hasher.Hash(password)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		return h
	}
	hashes := []struct {
		name string
		hash Hash
		fits bool // password in normal form C
	}{
		{"none", "", false},
		{"unknown format", Hash("plain$$" + password), false},
		{"current", made(own, password), true},
		{"current, of a long password", made(own, strings.Repeat(password, 4)), false},
		{"variant 2b", Hash(strings.Replace(string(made(own, password)), "$2a$", "$2b$", 1)), true},
		{"cheaper", made(Bcrypt{Cost: 6}, password), true},
		{"far cheaper", made(Bcrypt{Cost: 4}, password), true},
		{"costlier", made(Bcrypt{Cost: 8}, password), true},
		{"Django's", Hash("pbkdf2_sha256$20000$seasalt2$" + strings.Repeat("A", 43) + "="), false},
		{"far too costly", Hash("$2a$31$" + strings.Repeat("a", 53)), false},
		{"argon2id", made(Argon2id{Memory: 64, Time: 1}, password), true},
		{"HMAC", Hash("sha256$salt$" + strings.Repeat("00", 32)), false},
	}
	passwords := []struct {
		name, password string
		right          bool // except for its form
	}{
		{"right", password, true},
		{"right, in form D", norm.NFD.String(password), true},
		{"wrong", wrong, false},
		{"wrong, in form D", norm.NFD.String(wrong), false},
		{"empty", "", false},
		{"long", strings.Repeat("x", 100), false},
		{"not UTF-8", "\xff", false},
	}
	for _, ownFormat := range []bool{true, false} {
		for _, h := range hashes {
			for _, p := range passwords {
				for _, replace := range []bool{true, false} {
					if !replace && !p.right {
						continue // nothing is replaced
					}
					var rounds, stored int64
					a := &Accounts{Store: struct{ Store }{}, Hasher: countedHasher{own, &rounds}}
					if err := a.setUp(); err != nil {
						t.Fatalf("setUp returned %v, want nil", err)
					}
					c := a.newCheck(h.hash)
					c.ownFormat = ownFormat // as if the Hasher were Bcrypt itself
					if matches := c.stored.Matches; matches != nil {
						c.stored.Matches = func(password []byte) bool {
							stored += c.stored.Work.Rounds
							return matches(password)
						}
					}
					c.decoy = func(cost int) { rounds += 1 << cost }
					ok, newer := c.do(p.password, replace)
					if want := h.fits && p.right; ok != want {
						t.Errorf("%s hash, %s password: do returned %t, want %t", h.name, p.name, ok, want)
					}
					if newer != "" && own.NeedsRehash(newer) {
						t.Errorf("%s hash, %s password: the newer hash needs a rehash, want a current one", h.name, p.name)
					}
					if wantNewer := ok && replace && own.NeedsRehash(h.hash); !ok && newer != "" || wantNewer && newer == "" {
						t.Errorf("%s hash, %s password: got a newer hash: %t, want %t", h.name, p.name, newer != "", wantNewer)
					}
					owed := own.Work().Rounds
					if ownFormat && norm.NFC.String(p.password) != p.password {
						owed *= 2
					}
					owed = max(owed, stored)
					if sum := rounds + stored; !(ok && replace) && (sum > owed+16 || sum <= owed-16) {
						t.Errorf("%s hash, %s password, own format %t: got %d rounds, want %d", h.name, p.name, ownFormat, sum, owed)
					}
					if c.tooCostly && stored > 0 {
						t.Errorf("%s hash: its verification took %d rounds, want 0: it is too costly", h.name, stored)
					}
				}
			}
		}
	}
}

// If the Hasher fails, log-ins still succeed or fail by the password alone.
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

// A Hasher that wraps another does the work itself. The test measures the work by
// the memory that bcrypt allocates for each hash.
func TestWorkOfWrappers(t *testing.T) {
	own := Bcrypt{Cost: 4}
	hashes := func(f func()) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	one := hashes(func() { _, _ = own.Hash("test") })
	for _, c := range []struct {
		name   string
		hasher Hasher
		inD    float64 // hashes for a password in form D
	}{
		{"Bcrypt", own, 2},
		{"pointer", &own, 2},
		{"struct", struct{ Bcrypt }{own}, 1},
		{"marked", markedHasher{own}, 1},
	} {
		h, err := c.hasher.Hash("caf\u00e9 au lait")
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		a := &Accounts{Store: struct{ Store }{}, Hasher: c.hasher}
		if err := a.setUp(); err != nil {
			t.Fatalf("setUp returned %v, want nil", err)
		}
		for _, p := range []struct {
			name, password string
			want           float64
		}{
			{"right", "caf\u00e9 au lait", 1},
			{"right, in form D", "cafe\u0301 au lait", c.inD},
			{"wrong", "th\u00e9 au lait", 1},
			{"wrong, in form D", "the\u0301 au lait", c.inD},
			{"empty", "", 1},
			{"of 73 bytes", strings.Repeat("x", 73), 1},
			{"of 5000 bytes", strings.Repeat("x", 5000), 1},
			{"not UTF-8", "\xff", 1},
		} {
			for user, hash := range map[string]Hash{"known": h, "unknown": ""} {
				took := hashes(func() {
					ok, newer, err := a.verify(t.Context(), hash, p.password, true)
					if right := strings.HasPrefix(p.name, "right") && hash != ""; ok != right || newer != "" || err != nil {
						t.Errorf("%s, %s user, %s password: verify returned %t, a newer hash: %t, %v; want %t, false, nil", c.name, user, p.name, ok, newer != "", err, right)
					}
				})
				if n := took / one; math.Round(n) != p.want { // other memory is less than half of it
					t.Errorf("%s, %s user, %s password: got %.2f hashes, want %v", c.name, user, p.name, n, p.want)
				}
			}
		}
	}
}

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
		if got := a.newCheck(Hash(c.hash)).work(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.hash, got, c.want)
		}
	}
	// The costliest stored hash leaves room for the others.
	if got, want := a.queue.Limits().Memory, int64(256<<20)+3*own.Memory; got != want {
		t.Errorf("got a limit of %d bytes of memory, want %d", got, want)
	}
}
