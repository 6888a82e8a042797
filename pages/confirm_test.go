package pages_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

func TestConfirm(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.age()
	token := b.cookie("session")
	s := b.page("email").checkAt("/account/confirm?next=%2Faccount%2Femail").checkOK("Confirm that it is you")
	for _, c := range []struct{ label, name, want string }{
		{"Email address", "autocomplete", "username"}, {"Email address", "value", adaEmail}, {"Password", "autocomplete", "current-password"},
	} {
		if got := attr(s.input(c.label), c.name); got != c.want {
			t.Errorf("the field %q has %s=%q, want %q", c.label, c.name, got, c.want)
		}
	}
	s = b.submit(s, "Continue", map[string]string{"Password": ""}).checkError("Password", "Please fill this in.")
	s = b.submit(s, "Continue", map[string]string{"Password": "correct horse wrong"}).checkError("Password", "This is not your current password.")
	if session, _ := site.session(b); time.Since(session.At) < 5*time.Minute {
		t.Errorf("a wrong password proves the identity, want not")
	}
	b.submit(s, "Continue", map[string]string{"Password": goodPassword}).checkAt("/account/email")
	session, _ := site.session(b)
	if time.Since(session.At) > time.Minute || session.By != signup.ByPassword {
		t.Errorf("got the session %v of %v, want one of the present", session, session.At)
	}
	if b.cookie("session") == token {
		t.Errorf("the browser has the session token of before, want a new one")
	}
}

func TestConfirmKeepsRemember(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	b := site.visitor()
	b.submit(b.page("log-in"), "Log in", map[string]string{"Email address": adaEmail, "Password": goodPassword, "Stay logged in on this device": "yes"})
	b.submit(b.page("confirm"), "Continue", map[string]string{"Password": goodPassword})
	b.press(b.page("devices"), "Log out all other devices", nil)
	b.submit(b.page("password"), "Change password", map[string]string{"Current password": goodPassword, "New password": newPassword})
	if session, ok := site.session(b); !ok || !session.Remember {
		t.Errorf("the session goes on: %t, and is remembered: %t; want both", ok, session.Remember)
	}
}

// The way back leads only to pages of the site.
func TestConfirmOpenRedirect(t *testing.T) {
	_, b := adaAndBrowser(t)
	for _, next := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "/\t/evil.example", " //evil.example", "http:evil.example", `"><script>alert(1)</script>`,
	} {
		s := b.page("confirm?next=" + url.QueryEscape(next)).checkOK("Confirm that it is you")
		b.submit(s, "Continue", map[string]string{"Password": goodPassword}).checkAt("/account/profile")
		b.post("/account/confirm", url.Values{"password": {goodPassword}, "next": {next}}).checkAt("/account/profile")
	}
	s := b.page("confirm?next=" + url.QueryEscape("/orders?a=1&b=2#c"))
	b.submit(s, "Continue", map[string]string{"Password": goodPassword}).checkAt("/orders?a=1&b=2#c")
}

// The log-in ends on the page: after it, the user comes back with the way to go on.
func TestConfirmAfterSessionEnded(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.age()
	s := b.page("email")
	if err := site.accounts.EndAllSessions(t.Context(), adaEmail); err != nil {
		t.Fatal(err)
	}
	s = b.submit(s, "Continue", map[string]string{"Password": goodPassword}).checkNotice(nothingNotice)
	s = site.logInAt(b, s, adaEmail).checkAt("/account/confirm?next=%2Faccount%2Femail")
	b.submit(s, "Continue", map[string]string{"Password": goodPassword}).checkAt("/account/email")
}

func TestConfirmWithoutPassword(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.change(adaEmail, func(u *signup.User) { u.PasswordHash = "" })
	site.age()
	s := b.page("email").checkOK("Confirm that it is you")
	if n := len(all(s.doc, "label")); n > 0 {
		t.Errorf("the page has %d fields, want none", n)
	}
	if got, want := s.link("Confirm by email, without a password"), "/account/log-in-mail?next=%2Faccount%2Femail"; got != want {
		t.Errorf("the page leads to %q, want %q", got, want)
	}
	b.post("/account/confirm", url.Values{"password": {goodPassword}}).check(http.StatusUnprocessableEntity, "Confirm that it is you")

	// The mail of a log-in is a proof as well, and leads back.
	s = b.submit(b.click(s, "Confirm by email, without a password"), "Send email", map[string]string{"Email address": adaEmail})
	code := site.mails.one(signup.PurposeLogIn).Code
	b.submit(s, "Log in", map[string]string{"Code": code}).checkAt("/account/email").checkOK("Change your email address")
	if n := len(site.sessions.all()); n != 1 {
		t.Errorf("there are %d sessions, want one", n)
	}
}

func TestConfirmInGerman(t *testing.T) {
	site, b := adaAndBrowser(t)
	b.header.Set("Accept-Language", "de")
	site.age()
	s := b.page("delete").checkOK("Bestätigen Sie, dass Sie es sind")
	s = b.submit(s, "Weiter", map[string]string{"Passwort": "correct horse wrong"}).checkError("Passwort", "Das ist nicht Ihr aktuelles Passwort.")
	b.submit(s, "Weiter", map[string]string{"Passwort": goodPassword}).checkOK("Konto löschen")
}

// A user that is remembered stays so after a confirmation by mail.
func TestConfirmByMailKeepsRemember(t *testing.T) {
	for _, byCode := range []bool{true, false} {
		site := newSite(t)
		site.register(adaEmail)
		b := site.visitor()
		b.submit(b.page("log-in"), "Log in", map[string]string{
			"Email address": adaEmail, "Password": goodPassword, "Stay logged in on this device": "yes",
		})
		s := b.click(b.page("confirm"), "Confirm by email, without a password")
		s = b.submit(s, "Send email", nil)
		mail := site.mails.one(signup.PurposeLogIn)
		if byCode {
			b.submit(s, "Log in", map[string]string{"Code": mail.Code})
		} else {
			b.submit(b.get(pages.Link("", "", mail.Token)), "Log in", nil)
		}
		if session, ok := site.session(b); !ok || !session.Remember || session.By != signup.ByEmail {
			t.Errorf("by code %t: got the session %v that is remembered: %t, want one by mail that is", byCode, session, session.Remember)
		}
	}
}
