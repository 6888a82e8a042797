package pages_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// The page that the user wanted follows after the log-in, also by way of a mail that is
// opened in the same browser.
func TestNextByMail(t *testing.T) {
	const want = "/orders?open=1;x&y=%20"
	for _, c := range []struct {
		page, button string
		typed        map[string]string
		verify       signup.EmailVerification
		purpose      signup.Purpose
	}{
		{"sign-up", "Continue", nil, signup.VerifyBeforeRegistration, signup.PurposeRegister},
		{"sign-up", "Sign up", map[string]string{"Password": goodPassword}, signup.VerifyBeforeLogIn, signup.PurposeVerifyEmail},
		{"forgot", "Send email", nil, signup.VerifyNever, signup.PurposeResetPassword},
		{"log-in-mail", "Send email", nil, signup.VerifyNever, signup.PurposeLogIn},
	} {
		site := newSite(t, verification(c.verify))
		if c.page != "sign-up" {
			site.register(adaEmail)
		}
		b := site.browser()
		s := b.page(c.page + "?next=%2Forders%3Fopen%3D1%3Bx%26y%3D%2520")
		path, values := b.fill(s, c.button, c.typed)
		values.Set("email_address", adaEmail)
		b.post(path, values)
		link := site.mails.link(c.purpose)
		for _, m := range mailedPages {
			if m.purpose == c.purpose {
				s = b.submit(b.get(link), m.button, m.typed)
			}
		}
		if c.purpose == signup.PurposeVerifyEmail {
			s = b.submit(s.checkOK("Log in"), "Log in", map[string]string{"Email address": adaEmail, "Password": goodPassword})
		}
		s.checkAt(want)
		b.checkLoggedIn(adaEmail)
		if b.cookie("signup-next") != "" {
			t.Errorf("%s: the browser has the path after its use, want it removed", c.page)
		}
	}
}

// Such a cookie counts only if it is a path of the site.
func TestNextCookieOfAnotherSite(t *testing.T) {
	hostile := []string{"/orders", "%2Forders", "//evil.example", "%", "L29yZGVycw=", "L29yZGVycw=="} // no base64 without padding
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/%5Cevil.example", "/\t/evil.example"} {
		hostile = append(hostile, base64.RawURLEncoding.EncodeToString([]byte(next)))
	}
	for _, next := range hostile {
		site, link := mailedPages[3].mailed(t)
		b := site.browser()
		b.header.Set("Cookie", "__Host-signup-next="+next)
		s := b.send(http.MethodGet, link, nil, "")
		b.header.Set("Cookie", "__Host-signup-next="+next)
		s = b.follow(s)
		b.submit(s, "Set password", map[string]string{"Password": newPassword}).checkAt("/account/profile")
	}
}

// The longest path that is accepted fits into a cookie, which has 4096 bytes in browsers.
func TestNextCookieFits(t *testing.T) {
	site, link := mailedPages[3].mailed(t)
	b := site.browser()
	want := "/" + strings.Repeat("&", 2047)
	s := b.postOnly("/account/forgot", url.Values{"email_address": {adaEmail}, "next": {want}})
	cookie, _, _ := strings.Cut(s.header.Get("Set-Cookie"), ";")
	if cookie == "" || len(cookie) > 4096 {
		t.Errorf("got a cookie of %d bytes, want one of at most 4096", len(cookie))
	}
	b.submit(b.get(link), "Set password", map[string]string{"Password": newPassword}).checkAt(want)
}

// A URL that is too long for the way back is left out of it, as Guard does.
func TestWayBackIsBounded(t *testing.T) {
	site := newSite(t)
	path := "/account/profile?x=" + strings.Repeat("y", 9_000)
	for method, want := range map[string]string{http.MethodGet: "/account/log-in", http.MethodPost: "/account/log-in?done=nothing"} {
		s := site.visitor().send(method, path, http.Header{"Sec-Fetch-Site": {"same-origin"}}, "")
		if got := s.header.Get("Location"); got != want {
			t.Errorf("%s leads to %.60q of %d bytes, want %q", method, got, len(got), want)
		}
	}
}
