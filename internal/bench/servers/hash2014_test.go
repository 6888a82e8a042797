package servers_test

import (
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/bench/servers"
)

func TestHash2014IsWerkzeugs(t *testing.T) {
	var hasher servers.Hash2014
	h, err := hasher.Hash("a password")
	if err != nil {
		t.Fatal(err)
	}
	u := signup.User{PasswordHash: h}
	if !u.CheckPassword("a password") || u.CheckPassword("another") {
		t.Errorf("User.CheckPassword does not accept exactly the password of %s, want it to", string(h))
	}
	if !hasher.Verify(h, "a password") || hasher.Verify(h, "another") || hasher.NeedsRehash(h) {
		t.Error("Hash2014 does not accept exactly the password of its own hash, or would rehash it; want neither")
	}
}
