package signup_test

import (
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// Another program may have stored blanks where it has no name. Create stores the
// names that Register would.
func TestCreateTrimsNamesAsRegisterDoes(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), Hasher: cheap}
	for email, c := range map[string]struct{ first, last, wantFirst, wantLast string }{
		"a@example.org": {"Ada ", "\u00a0Lovelace\r\n", "Ada", "Lovelace"},
		"b@example.org": {" ", "\t\n", "", ""},
	} {
		registered, err := a.Register(t.Context(), signup.Registration{
			Email: "r" + email, FirstName: c.first, LastName: c.last, Password: goodPassword,
		})
		if err != nil {
			t.Errorf("Register returned %v, want nil", err)
		}
		u := signup.User{Email: email, FirstName: c.first, LastName: c.last}
		if err := a.Create(t.Context(), &u); err != nil {
			t.Errorf("Create returned %v, want nil", err)
			continue
		}
		stored, err := a.Store.Get(t.Context(), u.Key())
		for _, got := range []signup.User{registered, u, stored} {
			if err != nil || got.FirstName != c.wantFirst || got.LastName != c.wantLast {
				t.Errorf("got the names %q and %q and %v, want %q, %q and nil", got.FirstName, got.LastName, err, c.wantFirst, c.wantLast)
			}
		}
	}
}
