package signup_test

import (
	"context"
	"testing"

	"github.com/gosignup/signup"
)

// A Before that panics doesn't use up the log-ins of a user with the right password.
func TestPanicOfBeforeLocksOutNoUser(t *testing.T) {
	a, _, s := tracedAda(t, nil)
	panics := true
	a = &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: a.Secrets, Before: func(context.Context, signup.Event, signup.User) error {
		if panics {
			panic("of Before")
		}
		return nil
	}}
	clients := []signup.Client{{}, {Cookie: a.DeviceCookie(s)}}
	for range 25 {
		for _, c := range clients {
			func() {
				defer func() {
					if v := recover(); v != "of Before" {
						t.Errorf("LogIn panicked with %v, want the panic of Before", v)
					}
				}()
				_, err := a.LogIn(t.Context(), adaEmail, goodPassword, c)
				t.Errorf("LogIn returned %v, want the panic of Before", err)
			}()
		}
	}
	panics = false
	checkLogIn(t, a, "an unknown device", clients[0], nil)
	checkLogIn(t, a, "a known device", clients[1], nil)
}
