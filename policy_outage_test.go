package signup_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// While the range service is down, the log has one warning at the beginning and one
// at the end, however many sign-ups come.
func TestUncheckedPasswordsAreLoggedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, logged := newLog(t)
		p := &signup.PwnedPasswords{
			Client: &http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) {
				return nil, errors.New("the service is down")
			})},
			FailOpen: true, Logger: l,
		}
		for range 1500 {
			if found, err := p.Compromised(t.Context(), goodPassword); found || err != nil {
				t.Errorf("Compromised returned %t, %v; want false, nil", found, err)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		got := warnings(t, logged)
		if len(got) != 2 || !strings.Contains(got[0], "not checked") || !strings.Contains(got[1], "checked for breaches again") {
			t.Errorf("logged %q at WARN and above, want one record at the beginning and one at the end", got)
		}
	})
}
