package signup_test

import (
	"testing"

	"github.com/gosignup/signup"
)

// A call that returns a changed Session leaves Remember as it is, and LogIn doesn't
// set it.
func TestRememberIsKept(t *testing.T) {
	for name, call := range map[string]func(a *signup.Accounts, s signup.Session) (signup.Session, error){
		"Reauthenticate": func(a *signup.Accounts, s signup.Session) (signup.Session, error) {
			return a.Reauthenticate(t.Context(), s, goodPassword)
		},
		"EndOtherSessions": func(a *signup.Accounts, s signup.Session) (signup.Session, error) {
			return a.EndOtherSessions(t.Context(), s)
		},
		"ChangeOwnPassword": func(a *signup.Accounts, s signup.Session) (signup.Session, error) {
			return a.ChangeOwnPassword(t.Context(), s, goodPassword, newPassword)
		},
	} {
		for _, remember := range []bool{false, true} {
			a := newAccounts()
			s := logInAda(t, a, nil)
			if s.Remember {
				t.Error("LogIn returned a Session with Remember, want it not set")
			}
			s.Remember = remember
			got, err := call(a, s)
			if err != nil || got.Remember != remember {
				t.Errorf("%s returned Remember %t, %v; want %t, nil", name, got.Remember, err, remember)
			}
			wantSession(t, a, got, nil)
			got.Remember = !remember
			wantSession(t, a, got, nil) // nothing else uses it
		}
	}
}
