//go:build !race

// The race detector slows argon2 by far more than bcrypt.

package signup

import (
	"testing"
	"time"
)

// argon2 works in goroutines of its own, which count: if the Hasher was changed to
// Argon2id, an unknown address takes as long as a user with an older bcrypt hash,
// and the other way round.
func TestWorkOfArgon2IsMeasured(t *testing.T) {
	small := Argon2id{Memory: 8 << 10, Time: 1}
	for _, c := range []struct {
		name        string
		hasher, old Hasher
	}{
		{"argon2id after bcrypt", small, Bcrypt{Cost: 9}},
		{"argon2id after costlier argon2id", small, Argon2id{Memory: 32 << 10, Time: 2}},
		{"bcrypt after argon2id", Bcrypt{Cost: 8}, Argon2id{Memory: 32 << 10, Time: 2}},
		{"wrapped argon2id after bcrypt", markedHasher{small}, Bcrypt{Cost: 9}},
	} {
		a := &Accounts{Store: struct{ Store }{}, Hasher: c.hasher}
		if err := a.setUp(); err != nil {
			t.Fatalf("setUp returned %v, want nil", err)
		}
		old := made(t, c.old, checkedPassword)
		took := func(h Hash) time.Duration {
			start := time.Now()
			a.newCheck(h, wrongPassword).do(false)
			return time.Since(start)
		}
		known, unknown := time.Hour, time.Hour
		for i := range 24 {
			k, u := took(old), took("")
			if i >= 8 { // the times are known
				known, unknown = min(known, k), min(unknown, u)
			}
		}
		// A machine that does something else moves both. Without the work of other
		// goroutines, the ratio is 20 and more.
		if ratio := float64(known) / float64(unknown); ratio < 0.3 || ratio > 3 {
			t.Errorf("%s: got %s for a user, and %s for none; want the same", c.name, known, unknown)
		}
	}
}
