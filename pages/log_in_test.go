package pages_test

import (
	"net/http"
	"testing"
)

func TestLogIn(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	b := site.browser()
	s := b.page("log-in").checkOK("Log in")
	s = b.submit(s, "Log in", map[string]string{"Email address": adaEmail, "Password": "correct horse wrong"})
	s.check(http.StatusUnprocessableEntity, "Log in")
	if got, want := s.summary(), "The address or the password is wrong."; got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	if got := valueOf(s.input("Email address")); got != adaEmail {
		t.Errorf("the address is %q, want what was typed", got)
	}
	s = b.submit(s, "Log in", map[string]string{"Password": goodPassword})
	if want := "/account/profile"; s.path != want || len(site.sessions.all()) != 1 {
		t.Errorf("came to %s with %d sessions, want %s with 1", s.path, len(site.sessions.all()), want)
	}
}
