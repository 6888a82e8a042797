package browser

import (
	"strings"
	"testing"
)

// logIn logs in with the password.
func (p *tab) logIn(email string) {
	p.t.Helper()
	p.open("/account/log-in")
	p.fillAll("email_address", email, "password", password)
	p.post("log-in")
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	email := s.addUser(t)
	p := newTab(t, s, options{name: "log-in"})

	p.open("/orders") // leads to the log-in, and back
	p.at("/account/log-in")
	p.look("empty")
	p.fillAll("email_address", email, "password", "wrong correct horse")
	p.post("log-in")
	p.mustHave(`.errors`)
	if got := eval[string](p, `document.activeElement.className`); got != "errors" {
		t.Errorf("the focus is on %q, want the list of errors", got)
	}
	if got := eval[string](p, `document.querySelector("[name=email_address]").value`); got != email {
		t.Errorf("after the wrong password, the field has the address %q, want %q, as typed", got, email)
	}
	p.look("wrong")
	p.fill("password", password)
	p.post("log-in")
	p.at("/orders")
	if !strings.Contains(p.text(), email) {
		t.Errorf("got a private page without the user's address, want %s in it", email)
	}
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := newTab(t, s, options{name: "error"})
	for state, path := range map[string]string{
		"not-found":   "/account/nothing",
		"bad-link":    "/account/link?token=none",
		"not-allowed": "/account/log-out",
	} {
		p.open(path)
		if state != "bad-link" { // its URL has what was typed
			p.look(state)
		}
	}
}
