package legacyhash_test

import (
	"fmt"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/legacyhash"
)

// Package signup and Spring's format verify argon2id by the same function, so its
// cost is the same.
func TestSpringArgon2CostsWhatSignupsDoes(t *testing.T) {
	for _, c := range []struct{ memory, time uint32 }{
		{8, 1000}, {64, 100}, {4096, 3}, {16 << 10, 2}, {64 << 10, 3}, {256 << 10, 3},
	} {
		h := fmt.Sprintf("{argon2}$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", c.memory, c.time, s22, u43)
		p, ok := legacyhash.Spring.ParseHash(signup.Hash(h))
		if want := (signup.Argon2id{Memory: c.memory, Time: c.time}).Work(); !ok || p.Work != want {
			t.Errorf("%s: got %t and %+v, want true and %+v", h, ok, p.Work, want)
		}
	}
	// A lane starts four segments in each pass, which counts most in a small memory.
	one, _ := legacyhash.Spring.ParseHash("{argon2}$argon2id$v=19$m=512,t=1000,p=1$" + s22 + "$" + u43)
	many, ok := legacyhash.Spring.ParseHash("{argon2}$argon2id$v=19$m=512,t=1000,p=64$" + s22 + "$" + u43)
	if !ok || many.Work.Rounds < one.Work.Rounds*3/2 {
		t.Errorf("with 64 lanes: got %t and %d rounds, want true and many more than %d", ok, many.Work.Rounds, one.Work.Rounds)
	}
}
