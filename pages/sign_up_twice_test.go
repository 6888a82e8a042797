package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// A form that is sent twice ends like the first time, also if the browser didn't wait for
// the first response.
func TestSignUpTwice(t *testing.T) {
	for _, v := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeLogIn, signup.VerifyBeforeRegistration} {
		site := newSite(t, verification(v))
		b := site.browser()
		s, button := b.page("sign-up"), "Sign up"
		typed := map[string]string{"Email address": adaEmail, "Password": goodPassword}
		if v == signup.VerifyBeforeRegistration {
			button = "Continue"
			delete(typed, "Password")
		}
		path, values := b.fill(s, button, typed)
		first, second := b.postOnly(path, values), b.postOnly(path, values)
		if first.status != second.status || first.header.Get("Location") != second.header.Get("Location") || first.status != http.StatusSeeOther {
			t.Errorf("%d: the second response has status %d to %q, want %d to %q as the first one",
				v, second.status, second.header.Get("Location"), first.status, first.header.Get("Location"))
		}
		if n := len(site.sessions.all()); v == signup.VerifyNever && n != 1 || v != signup.VerifyNever && n != 0 {
			t.Errorf("%d: there are %d sessions, want one if no mail is needed", v, n)
		}
		// With another password, it is no repetition.
		if v != signup.VerifyBeforeRegistration {
			values.Set("password", newPassword)
			site.hide(newPassword)
			s := b.postOnly(path, values)
			if s.status != http.StatusUnprocessableEntity || !strings.HasPrefix(s.errorOf("Email address"), "There is already an account") {
				t.Errorf("%d: another password has status %d and the error %q, want that there is an account", v, s.status, s.errorOf("Email address"))
			}
		}
	}
}

// So does the form of a link, whose token was used by then.
func TestCompleteTwice(t *testing.T) {
	for _, m := range mailedPages {
		if m.path != "/account/complete" && m.path != "/account/verify" {
			continue
		}
		site, link := m.mailed(t)
		b := site.browser()
		path, values := b.fill(b.get(link), m.button, m.typed)
		u, _ := url.Parse(baseURL)
		cookies := b.client.Jar.Cookies(u)
		first := b.postOnly(path, values)
		for _, c := range cookies { // sent before the first response has come
			c.Path, c.Secure = "/", true
		}
		b.client.Jar.SetCookies(u, cookies)
		second := b.postOnly(path, values)
		if first.status != http.StatusSeeOther || second.status != first.status || second.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("%s: the second response has status %d to %q, want %d to %q as the first one",
				m.purpose, second.status, second.header.Get("Location"), first.status, first.header.Get("Location"))
		}
	}
}

func TestEachSignUpFormHasItsKey(t *testing.T) {
	b := newSite(t).browser()
	_, one := b.fill(b.page("sign-up"), "Sign up", nil)
	_, two := b.fill(b.page("sign-up"), "Sign up", nil)
	if one.Get("Idempotency-Key") == "" || one.Get("Idempotency-Key") == two.Get("Idempotency-Key") {
		t.Errorf("two forms have the keys %q and %q, want two", one.Get("Idempotency-Key"), two.Get("Idempotency-Key"))
	}
	one.Set("Idempotency-Key", "short")
	s := b.post("/account/sign-up", one)
	if !strings.Contains(s.summary(), "The form is incomplete.") {
		t.Errorf("a form with a wrong key has the summary %q, want that it is incomplete", s.summary())
	}
}
