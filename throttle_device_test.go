package signup_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

func guessFrom(t testing.TB, a *signup.Accounts, n int, c signup.Client) {
	t.Helper()
	for range n {
		if _, err := a.LogIn(t.Context(), adaEmail, wrongPassword, c); err != signup.ErrBadCredentials {
			t.Fatalf("LogIn with a wrong password returned %v, want ErrBadCredentials", err)
		}
	}
}

func checkLogIn(t testing.TB, a *signup.Accounts, from string, c signup.Client, want error) {
	t.Helper()
	if _, err := a.LogIn(t.Context(), adaEmail, goodPassword, c); err != want {
		t.Errorf("LogIn from %s returned %v, want %v", from, err, want)
	}
}

// Strangers don't lock out a known device, and a log-in in it gives them no new guesses.
func TestKnownDeviceNotLockedOut(t *testing.T) {
	a, _, s := tracedAda(t, nil)
	known := signup.Client{Cookie: a.DeviceCookie(s)}
	guessFrom(t, a, 19, signup.Client{})
	checkLogIn(t, a, "a known device", known, nil)
	guessFrom(t, a, 1, signup.Client{})
	checkLogIn(t, a, "an unknown device", signup.Client{}, signup.ErrBadCredentials)
	checkLogIn(t, a, "a known device", known, nil)
	if _, err := a.Reauthenticate(t.Context(), s, goodPassword); err != nil {
		t.Errorf("Reauthenticate in a known device returned %v, want nil", err)
	}
	checkLogIn(t, a, "an unknown device", signup.Client{}, signup.ErrBadCredentials)
}

// A known device has a limit of its own, together with Reauthenticate.
func TestKnownDeviceLimit(t *testing.T) {
	a, _, s := tracedAda(t, func(a *signup.Accounts) { a.Limits.PerDevice = 5 })
	other := logIn(t, a, signup.Client{})
	known := signup.Client{Cookie: a.DeviceCookie(s)}
	guessFrom(t, a, 3, known)
	for range 2 {
		if _, err := a.Reauthenticate(t.Context(), s, wrongPassword); err != signup.ErrBadCredentials {
			t.Errorf("Reauthenticate with a wrong password returned %v, want ErrBadCredentials", err)
		}
	}
	checkLogIn(t, a, "a device over its limit", known, signup.ErrBadCredentials)
	if _, err := a.Reauthenticate(t.Context(), s, goodPassword); err != signup.ErrBadCredentials {
		t.Errorf("Reauthenticate in a device over its limit returned %v, want ErrBadCredentials", err)
	}
	checkLogIn(t, a, "another device", signup.Client{Cookie: a.DeviceCookie(other)}, nil)
	checkLogIn(t, a, "an unknown device", signup.Client{}, nil)
}

// A cookie that isn't of a listed device of the user counts as unknown.
func TestUnknownCookies(t *testing.T) {
	a, tr, s := tracedAda(t, nil)
	ended := logIn(t, a, signup.Client{})
	if err := a.EndDevice(t.Context(), ended, ended.Device); err != nil {
		t.Fatalf("EndDevice returned %v, want nil", err)
	}
	bob := signup.Registration{Email: "bob@example.org", Password: goodPassword}
	if _, err := a.Register(t.Context(), bob); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	bobs, err := a.LogIn(t.Context(), bob.Email, bob.Password, signup.Client{})
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	cookies := map[string]string{"an ended device": a.DeviceCookie(ended), "another user's device": a.DeviceCookie(bobs), "a forger": "forged"}
	tr.names = map[string]bool{}
	for _, cookie := range cookies {
		guessFrom(t, a, 7, signup.Client{Cookie: cookie})
	}
	if len(tr.names) != 1 {
		t.Errorf("%d counts were used, want that of the account", len(tr.names))
	}
	for from, cookie := range cookies {
		checkLogIn(t, a, from, signup.Client{Cookie: cookie}, signup.ErrBadCredentials)
	}
	checkLogIn(t, a, "a known device", signup.Client{Cookie: a.DeviceCookie(s)}, nil)
}

// The limits of the handlers hold with the cookie that HandlerOptions.Client returns.
func TestLoginHandlerKnownDevice(t *testing.T) {
	a, _, s := tracedAda(t, nil)
	h := signup.NewLoginHandler(a, nil, originOptions)
	wrong := strings.Replace(adaBody, goodPassword, wrongPassword, 1)
	for range 21 {
		_ = checkPlain(t, send(h, signUp(strings.NewReader(wrong))), http.StatusBadRequest)
	}
	var r *http.Request
	from := func(cookie string) *http.Response {
		r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(adaBody))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Cookie", cookie)
		return send(h, r)
	}
	_ = checkPlain(t, from(""), http.StatusBadRequest)
	_ = checkPlain(t, from(a.DeviceCookie(s)), http.StatusOK)
}
