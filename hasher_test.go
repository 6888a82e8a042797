package signup_test

import (
	"errors"
	"testing"

	"github.com/gosignup/signup"
)

func TestSetPassword(t *testing.T) {
	var u signup.User
	if u.CheckPassword("") || u.CheckPassword("test") {
		t.Error("got a match for a user without a hash, want none")
	}
	for _, wrong := range []string{"", "\xff"} {
		if err := u.SetPassword(wrong); !errors.Is(err, signup.ErrInvalid) || u.PasswordHash != "" {
			t.Errorf("SetPassword(%q): got %v, want ErrInvalid and no hash", wrong, err)
		}
	}
	if err := u.SetPassword("test"); err != nil {
		t.Fatalf("SetPassword returned %v, want nil", err)
	}
	if !u.CheckPassword("test") || u.CheckPassword("Test") || (signup.Bcrypt{}).NeedsRehash(u.PasswordHash) {
		t.Errorf("CheckPassword returned %t for the password, %t for another, NeedsRehash %t; want true, false, false", u.CheckPassword("test"), u.CheckPassword("Test"), signup.Bcrypt{}.NeedsRehash(u.PasswordHash))
	}
}
