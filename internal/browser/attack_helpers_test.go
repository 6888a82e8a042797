package browser

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An attacker is a site of another origin. Its pages are what a test sets.
type attacker struct {
	*httptest.Server
	page string
}

// startAttacker starts an attacker's site with one page.
func startAttacker(t *testing.T, page string) *attacker {
	t.Helper()
	a := &attacker{page: page}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>Prize</title><link rel="icon" href="data:,">%s`, a.page)
	}))
	t.Cleanup(a.Close)
	return a
}

// origins returns the URLs of the attacker's site. With the first one, it is another
// site to the browser, and with the second one another origin of the same site: then the
// browser sends cookies with SameSite.
func (a *attacker) origins() []string {
	return []string{a.URL, strings.Replace(a.URL, "127.0.0.1", "localhost", 1)}
}

// form returns a form that posts fields, given as names and values in turn.
func form(action string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<form method="post" action="%s">`, html.EscapeString(action))
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&b, `<input type="hidden" name="%s" value="%s">`, html.EscapeString(fields[i]), html.EscapeString(fields[i+1]))
	}
	return b.String() + `<button id="go">Claim</button></form>`
}

// loggedIn returns a tab in which a new user is logged in.
func loggedIn(t *testing.T, s *site, with options) (p *tab, email string) {
	t.Helper()
	email = s.addUser(t)
	p = newTab(t, s, with)
	p.logIn(email)
	return p, email
}

// checkLoggedIn reports if the user of email isn't logged in.
func (p *tab) checkLoggedIn(email, after string) {
	p.t.Helper()
	p.open("/orders")
	if !strings.Contains(p.text(), email) {
		p.t.Errorf("after %s: got a page without the user's address, want %s logged in", after, email)
	}
}

// checkLoggedOut reports if a user is logged in.
func (p *tab) checkLoggedOut(after string) {
	p.t.Helper()
	p.open("/orders")
	if got := eval[string](p, "location.pathname"); got != "/account/log-in" {
		p.t.Errorf("after %s: got %s, want /account/log-in", after, got)
	}
}
