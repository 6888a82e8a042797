package signup_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// logInCalls are log-ins. Each returns all that a client learns.
var logInCalls = map[string]func(t testing.TB, a *signup.Accounts, password string) string{
	"Authenticate": func(t testing.TB, a *signup.Accounts, password string) string {
		u, err := a.Authenticate(t.Context(), adaEmail, password)
		return fmt.Sprint(u.Email, err)
	},
	"LogIn": func(t testing.TB, a *signup.Accounts, password string) string {
		s, err := a.LogIn(t.Context(), adaEmail, password, signup.Client{})
		return fmt.Sprint(s.Key, err)
	},
	"NewLoginHandler": func(t testing.TB, a *signup.Accounts, password string) string {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Replace(adaBody, goodPassword, password, 1)))
		r.Header.Set("Content-Type", "application/json")
		return dump(t, send(signup.NewLoginHandler(a, nil, quiet), r))
	},
}

// A refused log-in is the same in each situation. So is a throttled one, which is the
// same as a refused one.
func TestDiscreetLogIn(t *testing.T) {
	for name, call := range logInCalls {
		var first string
		for _, s := range situations {
			a, tr := s.discreet(t)
			check := func(password, when string) {
				t.Helper()
				var got string
				calls := tr.of(func() { got = call(t, a, password) })
				if got += " after " + calls; first == "" {
					first = got
				}
				if got != first || calls != "get +1 hash" {
					t.Errorf("%s for the situation %q, %s, returns %s, want as for a wrong password at an unknown address: %s", name, s.name, when, got, first)
				}
			}
			check(wrongPassword, "with a wrong password")
			if !s.logsIn {
				check(goodPassword, "with the right password")
			}
			for range 20 {
				_ = call(t, a, wrongPassword)
			}
			check(wrongPassword, "throttled")
			check(goodPassword, "throttled with the right password")
		}
	}
}
