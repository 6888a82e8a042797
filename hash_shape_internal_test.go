package signup

import (
	"strings"
	"testing"
)

// Hashes that only the Hasher can read take the same work as none, also if they are
// of several costs: the costliest counts, however often the others are checked.
func TestOlderHashesOfAWrappedHasherTakeTheSameWork(t *testing.T) {
	var clock workClock
	a := &Accounts{Store: struct{ Store }{}, Hasher: clockedHasher{markedHasher{Bcrypt{Cost: 5}}, &clock}}
	if err := a.setUp(); err != nil {
		t.Fatalf("setUp returned %v, want nil", err)
	}
	a.times = clock.times()
	stored := []hashedAs{
		{"cost 4", made(t, markedHasher{Bcrypt{Cost: 4}}, checkedPassword), false},
		{"cost 6", made(t, markedHasher{Bcrypt{Cost: 6}}, checkedPassword), false},
		{"locked account", Hash("!" + strings.Repeat("x", 40)), false},
		{"no user", "", false},
	}
	took := func(i int) int64 { return int64(clock.took(a, stored[i].hash, wrongPassword, false)) }
	for range 40 {
		for _, i := range []int{1, 0, 2, 0, 2, 0, 2} {
			took(i)
		}
	}
	unknown := took(3)
	for i, h := range stored {
		if ratio := float64(took(i)) / float64(unknown); ratio < 0.98 || ratio > 1.02 {
			t.Errorf("%s: got %.3f of the work without a user, want 1", h.name, ratio)
		}
	}
}

// The shape of a hash has its format and its cost, and nothing random.
func TestShapeOfHash(t *testing.T) {
	salt := "vDKX.Nf4JkOp2ye7hQdnpe"
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"pepper2$$2a$12$" + salt + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "pepper2$$2a$12$bbbbbbbbbbbbbbbbbbbbbb" + "ccccccccccccccccccccccccccccccc", true},
		{"pepper2$$2a$12$" + salt, "pepper2$$2a$11$" + salt, false},
		{"pepper1$$2a$12$" + salt, "pepper2$$2a$12$" + salt, false},
		{"p$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$x", "p$argon2id$v=19$m=19456,t=3,p=1$" + salt + "$x", false},
		{"p$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + salt, "p$argon2id$v=19$m=19456,t=2,p=1$bbbbbbbbbbbbbbbbbbbbbb$bbbbbbbbbbbbbbbbbbbbbb", true},
		{"!" + strings.Repeat("x", 40), "!" + strings.Repeat("y", 40), true},
		{"p$600000$" + salt + "==", "p$720000$" + salt + "==", false},
		{"p$600000$" + salt + "==", "p$600000$bbbbbbbbbbbbbbbbbbbbbb==", true},
		{strings.Repeat("$", 1<<20), strings.Repeat("$", 1<<21), true},
	} {
		if a, b := shapeOf(Hash(c.a)), shapeOf(Hash(c.b)); (a == b) != c.same || len(a) > 256 {
			t.Errorf("got %q of %.80q and %q of %.80q; want the same: %t", a, c.a, b, c.b, c.same)
		}
	}
}
