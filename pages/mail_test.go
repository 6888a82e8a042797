package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// verifications are all values of EmailVerification.
var verifications = []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeLogIn, signup.VerifyBeforeRegistration}

func TestReset(t *testing.T) {
	for _, v := range verifications {
		site := newSite(t, verification(v))
		site.register(adaEmail)
		b := site.browser()
		s := b.click(b.page("log-in"), "Forgot your password?").checkOK("Forgot your password?")
		s = b.submit(s, "Send email", map[string]string{"Email address": adaEmail})
		s.checkOK("Check your email").checkAt("/account/check-mail?for=forgot")
		b.click(s, "Ask for another one").checkAt("/account/forgot")
		link := site.mails.link(signup.PurposeResetPassword)

		s = b.get(link).checkOK("Choose a new password").checkAt("/account/reset")
		in := s.input("Password")
		if attr(in, "autocomplete") != "new-password" || attr(in, "passwordrules") != "minlength: 15; allowed: unicode;" {
			t.Errorf("the password has autocomplete=%q and passwordrules=%q, want new-password and the rules", attr(in, "autocomplete"), attr(in, "passwordrules"))
		}
		if in := s.input("Email address"); valueOf(in) != adaEmail || !has(in, "readonly") || attr(in, "autocomplete") != "username" {
			t.Errorf("the address is %q, read-only: %t; want that of the mail, read-only", valueOf(in), has(in, "readonly"))
		}
		s = b.submit(s, "Set password", map[string]string{"Password": "correct horse"})
		s.check(http.StatusUnprocessableEntity, "Choose a new password")
		if got, want := s.errorOf("Password"), "Please use at least 15 characters."; got != want {
			t.Errorf("the password has the error %q, want %q", got, want)
		}
		path, values := b.fill(s, "Set password", map[string]string{"Password": newPassword, "Stay logged in on this device": "yes"})
		b.post(path, values).checkAt("/account/profile")
		if kept := b.checkLoggedIn(adaEmail); !kept.Remember || kept.By != signup.ByPassword {
			t.Errorf("the session has By %d and Remember %t, want a password and true", kept.By, kept.Remember)
		}
		if b.cookie("signup-token") != "" {
			t.Error("the browser has the token after its use, want it removed")
		}
		s = b.get(link).check(http.StatusBadRequest, "This link can no longer be used")
		b.click(s, "Choose a new password").checkAt("/account/forgot")
		b.post(path, values).check(http.StatusBadRequest, "Please open the link again")
	}
}

func TestLogInByCode(t *testing.T) {
	for _, v := range verifications {
		site := newSite(t, verification(v))
		site.register(adaEmail)
		b := site.browser()
		s := b.click(b.page("log-in?next=/orders"), "Log in by email, without a password").checkOK("Log in by email")
		s = b.submit(s, "Send email", map[string]string{"Email address": adaEmail})
		s.checkOK("Check your email").checkAt("/account/log-in-code?next=%2Forders")
		in := s.input("Code")
		if attr(in, "autocomplete") != "one-time-code" || attr(in, "inputmode") != "text" || attr(in, "type") != "text" {
			t.Errorf("the code has type=%q, autocomplete=%q and inputmode=%q, want text, one-time-code, text",
				attr(in, "type"), attr(in, "autocomplete"), attr(in, "inputmode"))
		}
		code := site.mails.one(signup.PurposeLogIn).Code
		for typed, want := range map[string]string{
			"":          "Please fill this in.",
			"WRNG-CODE": "This code is wrong or can no longer be used. Please check it, use the link in the email, or ask for another email.",
		} {
			s = b.submit(s, "Log in", map[string]string{"Code": typed}).check(http.StatusUnprocessableEntity, "Check your email")
			if got := s.errorOf("Code"); got != want || valueOf(s.input("Code")) != typed {
				t.Errorf("the code %q has the error %q and is shown as %q, want %q and what was typed", typed, got, valueOf(s.input("Code")), want)
			}
		}
		_, values := b.fill(s, "Log in", map[string]string{"Stay logged in on this device": "yes"})
		values.Set("code", strings.ToLower(code[:4])+" - "+code[4:])
		b.post("/account/log-in-code", values).checkAt("/orders")
		if kept := b.checkLoggedIn(adaEmail); kept.By != signup.ByEmail || !kept.Remember {
			t.Errorf("the session has By %d and Remember %t, want mail and true", kept.By, kept.Remember)
		}
		if b.cookie("signup-challenge") != "" {
			t.Error("the browser has the challenge after its use, want it removed")
		}
	}
}

func TestCodeOfAnotherBrowser(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	asked, other := site.browser(), site.browser()
	asked.submit(asked.page("log-in-mail"), "Send email", map[string]string{"Email address": adaEmail})
	code := site.mails.one(signup.PurposeLogIn).Code
	site.mu.Lock()
	site.secrets = nil // the code is typed, and shown again
	site.mu.Unlock()
	s := other.submit(other.page("log-in-code"), "Log in", map[string]string{"Code": code})
	if got := s.errorOf("Code"); s.status != http.StatusUnprocessableEntity || !strings.HasPrefix(got, "The code only works in the browser that asked for it") {
		t.Errorf("got status %d and the error %q, want that the code is for another browser", s.status, got)
	}
}

// If a mail was just sent, there is no other, and the challenge before it stays.
func TestChallengeIsKept(t *testing.T) {
	site := newSite(t, func(a *signup.Accounts, _ *pages.Options) {
		a.Limits.MailInterval, a.TokenLife = time.Minute, 2*time.Minute
	})
	site.register(adaEmail)
	b := site.browser()
	s := b.page("log-in-mail")
	path, values := b.fill(s, "Send email", map[string]string{"Email address": adaEmail})
	first := b.postOnly(path, values)
	challenge := b.cookie("signup-challenge")
	if got := first.header.Get("Set-Cookie"); challenge == "" || !strings.Contains(got, "Max-Age=120;") || !strings.Contains(got, "HttpOnly") {
		t.Errorf("the challenge is set by %q, want it for the life of the token", got)
	}
	second := b.postOnly(path, values)
	if second.header.Get("Location") != first.header.Get("Location") || b.cookie("signup-challenge") != challenge {
		t.Errorf("the second mail leads to %q, the same challenge: %t; want %q and the same",
			second.header.Get("Location"), b.cookie("signup-challenge") == challenge, first.header.Get("Location"))
	}
	_, values = b.fill(b.follow(second), "Log in", nil)
	values.Set("code", site.mails.one(signup.PurposeLogIn).Code)
	b.post("/account/log-in-code", values)
	b.checkLoggedIn(adaEmail)
}

func TestLogInByLink(t *testing.T) {
	for _, v := range verifications {
		site := newSite(t, verification(v))
		site.register(adaEmail)
		site.browser().post("/account/log-in-mail", url.Values{"email_address": {adaEmail}})
		link := site.mails.link(signup.PurposeLogIn)
		b := site.browser() // on another device
		s := b.get(link).checkOK("Log in").checkAt("/account/log-in-link")
		if !strings.Contains(s.main(), adaEmail) {
			t.Errorf("the page says %q, want whose account it is", s.main())
		}
		path, values := b.fill(s, "Log in", map[string]string{"Stay logged in on this device": "yes"})
		b.post(path, values).checkAt("/account/profile")
		if kept := b.checkLoggedIn(adaEmail); kept.By != signup.ByEmail || !kept.Remember {
			t.Errorf("the session has By %d and Remember %t, want mail and true", kept.By, kept.Remember)
		}
		s = b.get(link).check(http.StatusBadRequest, "This link can no longer be used")
		if !s.hasLink("Log in by email") {
			t.Errorf("the page says %q, want a link to ask for another mail", s.main())
		}
	}
}

// A page that asks for a mail says the same whether or not the address has a user.
func TestAskingRevealsNothing(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	for _, page := range []string{"verify-mail", "forgot", "log-in-mail"} {
		b := site.browser()
		known := b.submit(b.page(page), "Send email", map[string]string{"Email address": adaEmail})
		unknown := b.submit(b.page(page), "Send email", map[string]string{"Email address": "eve@example.org"})
		if known.body != unknown.body || known.path != unknown.path || known.status != unknown.status {
			t.Errorf("%s leads to %s for a user and to %s otherwise, want the same page", page, known.path, unknown.path)
		}
		wrong := b.submit(b.page(page), "Send email", map[string]string{"Email address": "ada@example"})
		wrong.check(http.StatusUnprocessableEntity, b.page(page).title())
		if got, want := wrong.errorOf("Email address"), "The domain must be complete, such as example.org."; got != want {
			t.Errorf("%s has the error %q, want %q", page, got, want)
		}
		if got := valueOf(wrong.input("Email address")); got != "ada@example" {
			t.Errorf("%s shows the address %q, want what was typed", page, got)
		}
		b.submit(b.page(page), "Send email", nil).check(http.StatusUnprocessableEntity, b.page(page).title())
	}
}

// The address of the user that is logged in need not be typed.
func TestAskingWhenLoggedIn(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	b := site.browser()
	b.submit(b.page("log-in"), "Log in", map[string]string{"Email address": adaEmail, "Password": goodPassword})
	for _, page := range []string{"verify-mail", "forgot", "log-in-mail"} {
		if got := valueOf(b.page(page).input("Email address")); got != adaEmail {
			t.Errorf("%s has the address %q, want the user's", page, got)
		}
	}
}

func TestCheckMailForOther(t *testing.T) {
	b := newSite(t).browser()
	for _, asked := range []string{"", "?for=", "?for=title", "?for=sign_up", "?for=log-in", "?for=https://evil.example", `?for="><script>`} {
		s := b.page("check-mail" + strings.ReplaceAll(asked, `"><`, "%22%3E%3C")).checkOK("Check your email")
		if s.hasLink("Ask for another one") || !strings.HasPrefix(s.main(), "Check your email If your address can be used for this,") {
			t.Errorf("check-mail%s says %q, want the text that fits all", asked, s.main())
		}
	}
}
