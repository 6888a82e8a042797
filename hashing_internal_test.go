package signup

import (
	"errors"
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
	if c.Current(h) {
		*c.rounds += c.Work().Rounds
	}
	return c.Hasher.Verify(h, password)
}

// A refused log-in takes the rounds of one hash of the Hasher's (of two, for a
// password that is typed in another form than C), and at most those of the
// stored hash besides.
func TestCheckWork(t *testing.T) {
	const password, wrong = "caf\u00e9 au lait, toujours", "th\u00e9 au lait, toujours"
	own := Bcrypt{Cost: 5}
	made := func(hasher Hasher, password string) Hash {
		h, err := hasher.Hash(password)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	hashes := []struct {
		name string
		hash Hash
		fits bool // password in normal form C
	}{
		{"none", nil, false},
		{"unknown format", Hash("plain$$" + password), false},
		{"current", made(own, password), true},
		{"current, of a long password", made(own, strings.Repeat(password, 4)), false},
		{"variant 2b", Hash(strings.Replace(string(made(own, password)), "$2a$", "$2b$", 1)), true},
		{"cheaper", made(Bcrypt{Cost: 4}, password), true},
		{"costlier", made(Bcrypt{Cost: 6}, password), true},
		{"far too costly", Hash("$2a$31$" + strings.Repeat("a", 53)), false},
		{"argon2id", made(Argon2id{Memory: 64, Time: 1}, password), true},
		{"HMAC", Hash("sha256$salt$" + strings.Repeat("00", 32)), false},
	}
	passwords := []struct {
		name, password string
		right          bool // but for its form
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
				var rounds, stored int64
				a := &Accounts{Store: struct{ Store }{}, Hasher: countedHasher{own, &rounds}}
				if err := a.setUp(); err != nil {
					t.Fatal(err)
				}
				c := a.newCheck(h.hash)
				c.ownFormat = ownFormat // as if the Hasher were Bcrypt itself
				if matches := c.stored.matches; matches != nil {
					c.stored.matches = func(password []byte) bool {
						stored += c.stored.work.Rounds
						return matches(password)
					}
				}
				ok, newer := c.do(p.password)
				if want := h.fits && p.right; ok != want {
					t.Errorf("%s hash, %s password: %t", h.name, p.name, ok)
				}
				if newer != nil && !own.Current(newer) {
					t.Errorf("%s hash, %s password: the newer hash isn't current", h.name, p.name)
				}
				if wantNewer := ok && !own.Current(h.hash); !ok && newer != nil || wantNewer && newer == nil {
					t.Errorf("%s hash, %s password: newer is %t", h.name, p.name, newer != nil)
				}
				owed := own.Work().Rounds
				if ownFormat && norm.NFC.String(p.password) != p.password {
					owed *= 2
				}
				if sum := rounds + stored; !ok && (sum < owed || sum > owed+stored) {
					t.Errorf("%s hash, %s password, own format %t: %d rounds; want %d", h.name, p.name, ownFormat, sum, owed)
				}
				if c.tooCostly && stored > 0 {
					t.Errorf("%s hash was computed", h.name)
				}
			}
		}
	}
}

// A failing Hasher fails no log-in, and tells nothing about users.
func TestCheckHasherFails(t *testing.T) {
	a := &Accounts{Store: struct{ Store }{}, Hasher: brokenHasher{Bcrypt{Cost: 5}}}
	if err := a.setUp(); err != nil {
		t.Fatal(err)
	}
	for _, cost := range []int{4, 5} {
		h, err := Bcrypt{Cost: cost}.Hash("test")
		if err != nil {
			t.Fatal(err)
		}
		for _, password := range []string{"test", "wrong"} {
			ok, newer, err := a.verify(t.Context(), h, password)
			if ok != (password == "test") || newer != nil || err != nil {
				t.Errorf("cost %d, %s: %t, %v", cost, password, ok, err)
			}
		}
	}
	if ok, _, err := a.verify(t.Context(), nil, "test"); ok || err != nil {
		t.Errorf("no hash: %t, %v", ok, err)
	}
}

type brokenHasher struct{ Hasher }

func (brokenHasher) Hash(string) (Hash, error) { return nil, errors.New("out of order") }
