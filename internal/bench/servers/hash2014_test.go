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
		t.Errorf("signup, which knows Werkzeug's, doesn't agree about %s", string(h))
	}
	if !hasher.Verify(h, "a password") || hasher.Verify(h, "another") || hasher.NeedsRehash(h) {
		t.Error("it doesn't know its own hash")
	}
}
