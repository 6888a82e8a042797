package signup_test

import (
	"context"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// If another call changes the SecurityStamp during an EndDevice, the session has ended. The
// error says so if the device is still listed, and is nil if it was removed as well.
func TestEndDeviceDuringChange(t *testing.T) {
	for name, c := range map[string]struct {
		during func(*signup.User)
		want   error
	}{
		"new stamp":     {func(u *signup.User) { u.SecurityStamp = "new" }, signup.ErrEnded},
		"malformed":     {func(u *signup.User) { u.SecurityStamp, u.Private = "new", "{" }, signup.ErrEnded},
		"removed":       {func(u *signup.User) { u.SecurityStamp, u.Private = "new", "" }, nil},
		"removed alone": {func(u *signup.User) { u.Private = "" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := sessionAccounts(t)
			s := logIn(t, a, signup.Client{})
			memory, changed := a.Store, false
			b := &signup.Accounts{Hasher: cheap, Secrets: a.Secrets, Store: fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
				if !changed {
					changed = true
					update(t, &signup.Accounts{Store: memory}, s.Key, c.during)
				}
				return memory.Update(ctx, u)
			}}}
			if err := b.EndDevice(t.Context(), s, s.Device); err != c.want {
				t.Errorf("EndDevice returned %v, want %v", err, c.want)
			}
		})
	}
}
