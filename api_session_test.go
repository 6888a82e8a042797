package signup_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// cookie returns the value of a cookie of c, or "".
func (c *apiClient) cookie(name string) string {
	u, err := url.Parse(c.url)
	if err != nil {
		c.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(u) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// A token that a stranger has set or seen before is worth nothing afterwards.
func TestAPISessionFixation(t *testing.T) {
	for _, call := range []struct {
		path   string
		fields []any
		code   string
	}{
		{"log-in", []any{"email_address", adaEmail, "password", goodPassword}, "logged_in"},
		{"reauthenticate", []any{"password", goodPassword}, "reauthenticated"},
		{"change-password", []any{"old_password", goodPassword, "password", newPassword}, "password_changed"},
		{"end-other-sessions", nil, "sessions_ended"},
	} {
		a := newAPITest(t, nil)
		c, stranger := a.client(), a.client()
		c.signUp(adaEmail)
		u, _ := url.Parse(c.url)
		before := c.cookie(sessionCookie)
		stranger.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: before}})
		stranger.call("OK done", "user")
		c.call("OK "+call.code, call.path, call.fields...)
		if after := c.cookie(sessionCookie); after == before || after == "" || a.sessions.len() != 1 {
			t.Errorf("%s: the token is another one: %t, %d sessions are kept; want true, 1", call.path, after != before, a.sessions.len())
		}
		stranger.call("Unauthorized not_logged_in", "user")
		c.call("OK done", "user")
	}
}

// "remember me" is kept with the Session, through the calls that renew it.
func TestAPIRemember(t *testing.T) {
	for _, remember := range []any{true, false, nil} {
		a := newAPITest(t, nil)
		c := a.client()
		c.signUp(adaEmail)
		for _, call := range []apiResponse{
			c.call("OK logged_in", "log-in", "email_address", adaEmail, "password", goodPassword, "remember", remember),
			c.call("OK reauthenticated", "reauthenticate", "password", goodPassword),
			c.call("OK sessions_ended", "end-other-sessions"),
			c.call("OK password_changed", "change-password", "old_password", goodPassword, "password", newPassword),
		} {
			i := slices.IndexFunc(call.Cookies, func(cookie *http.Cookie) bool { return cookie.Name == sessionCookie })
			if i < 0 || (call.Cookies[i].MaxAge > 0) != (remember == true) {
				t.Errorf("remember %v, %s: got the cookies %v, want one that stays: %t", remember, call.Code, call.Cookies, remember == true)
			}
		}
	}
}

// The device cookie makes a device known at the next log-in, also after a log-out.
func TestAPIDeviceCookie(t *testing.T) {
	for _, insecure := range []bool{false, true} {
		a := newAPITest(t, nil)
		a.opts.InsecureCookies = insecure
		a.h = signup.NewAPI(a.a, a.sessions, a.opts)
		name := "__Host-signup-device"
		if insecure {
			name = "signup-device"
		}
		c := a.client()
		c.call("OK registered", "sign-up", "email_address", adaEmail, "password", goodPassword)
		res := c.logIn(adaEmail, goodPassword)
		i := slices.IndexFunc(res.Cookies, func(cookie *http.Cookie) bool { return cookie.Name == name })
		if i < 0 {
			t.Fatalf("got the cookies %v, want %s among them", res.Cookies, name)
		}
		if cookie := res.Cookies[i]; cookie.Secure == insecure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 365*24*3600 || cookie.Path != "/" {
			t.Errorf("got the cookie %+v, want HttpOnly, SameSite=Lax, a year and Secure: %t", cookie, !insecure)
		}
		c.call("OK logged_out", "log-out")
		c.call("OK logged_out", "log-out")
		c.call("Unauthorized not_logged_in", "devices")
		c.logIn(adaEmail, goodPassword)
		if devices := c.devices(); len(devices) != 1 || !devices[0].Current {
			t.Errorf("got the devices %v, want one, which is the current one", devices)
		}
		// To end one's own device is to log out, and the device isn't known any more.
		devices := c.devices()
		c.call("OK device_ended", "end-device", "device", "unknown")
		c.call("OK device_ended", "end-device", "device", devices[0].ID)
		if a.sessions.len() != 0 {
			t.Errorf("got %d sessions, want none", a.sessions.len())
		}
	}
}

// The cookie of a log-in by mail lasts as long as the code, stays if there is no new
// one, and goes with the log-in.
func TestAPIChallengeCookie(t *testing.T) {
	const name = "__Host-signup-challenge"
	a := newAPITest(t, func(a *signup.Accounts) {
		a.TokenLife = 10 * time.Minute
		a.Limits.MailInterval = time.Hour
	})
	c := a.client()
	c.call("OK registered", "sign-up", "email_address", adaEmail, "password", goodPassword)
	res := c.call("Accepted mail_requested", "send-log-in", "email_address", adaEmail)
	if len(res.Cookies) != 1 || res.Cookies[0].Name != name || res.Cookies[0].MaxAge != 600 || !res.Cookies[0].Secure || !res.Cookies[0].HttpOnly {
		t.Errorf("got the cookies %v, want one for 10 minutes with Secure and HttpOnly", res.Cookies)
	}
	first := c.cookie(name)
	if res := c.call("Accepted mail_requested", "send-log-in", "email_address", adaEmail); len(res.Cookies) > 0 || c.cookie(name) != first {
		t.Errorf("got the cookies %v, want that the one before is kept", res.Cookies)
	}
	c.call("OK logged_in", "log-in-by-code", "code", a.mails.take()[0].Code, "remember", true)
	if c.cookie(name) != "" || c.cookie(sessionCookie) == "" {
		t.Error("got the challenge kept or no session, want a session alone")
	}
}

// If the session can't be kept, the log-in fails, without any cookie.
func TestAPISessionsFail(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp(adaEmail)
	a.sessions.fail = true
	for _, call := range []struct {
		want, path string
		fields     []any
	}{
		{"Internal Server Error failed", "log-in", []any{"email_address", adaEmail, "password", goodPassword}},
		{"Internal Server Error failed", "reauthenticate", []any{"password", goodPassword}},
		{"Internal Server Error failed", "log-out", nil},
	} {
		if res := c.call(call.want, call.path, call.fields...); len(res.Cookies) > 0 {
			t.Errorf("%s: got the cookies %v, want none", call.path, res.Cookies)
		}
	}
	c.call("OK deleted", "delete") // the Session has ended all the same
	c.call("Unauthorized not_logged_in", "user")
	if n := strings.Count(a.log.String(), `"level":"ERROR"`); n != 4 {
		t.Errorf("got %d errors in the log, want one for each failure: 4", n)
	}
}

// An old proof of the identity is fresh again after reauthenticate.
func TestAPIFreshUntil(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp(adaEmail)
	until := func() time.Time { return member[time.Time](c, c.call("OK done", "user"), "fresh_until") }
	if left := time.Until(until()); left < 4*time.Minute || left > 5*time.Minute {
		t.Errorf("got %v until the proof isn't fresh, want 5 minutes", left)
	}
	a.sessions.change(stale)
	if left := time.Until(until()); left > 0 {
		t.Errorf("got %v until the proof isn't fresh, want a time in the past", left)
	}
	c.call("OK reauthenticated", "reauthenticate", "password", goodPassword)
	if left := time.Until(until()); left < 4*time.Minute {
		t.Errorf("got %v until the proof isn't fresh, want 5 minutes", left)
	}
}
