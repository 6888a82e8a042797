package signup_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
)

// While an account is deleted, a registration of its address returns ErrExists or makes
// another account. Never are there both.
func TestDeleteBesideRegister(t *testing.T) {
	for range 100 {
		a := newAccounts()
		s := logInAda(t, a, nil)
		var created, deleted atomic.Int64
		var id atomic.Value
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: newPassword})
				switch {
				case err == nil:
					created.Add(1)
					id.Store(u.ID)
				case !errors.Is(err, signup.ErrExists):
					t.Errorf("Register returned %v, want nil or ErrExists", err)
				}
			})
			wg.Go(func() {
				switch err := a.DeleteAccount(t.Context(), s); {
				case err == nil:
					deleted.Add(1)
				case !errors.Is(err, signup.ErrEnded):
					t.Errorf("DeleteAccount returned %v, want nil or ErrEnded", err)
				}
			})
		}
		wg.Wait()
		if created.Load() > 1 || deleted.Load() == 0 {
			t.Errorf("%d accounts were made and %d calls deleted the old one, want at most 1, and at least 1", created.Load(), deleted.Load())
		}
		u, err := a.Store.Get(t.Context(), "ada@example.org")
		if created.Load() == 0 && !errors.Is(err, signup.ErrNotFound) || created.Load() == 1 && (u.ID != id.Load() || !u.Active) {
			t.Errorf("after %d registrations, Get returned %v, %v; want their user or ErrNotFound", created.Load(), u, err)
		}
		wantSession(t, a, s, signup.ErrEnded)
	}
}
