package pages_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// visitor returns a browser that asks for pages, as people's browsers do.
func (s *testSite) visitor() *browser {
	s.t.Helper()
	b := s.browser()
	b.header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	b.header.Set("User-Agent", firefox)
	return b
}

// member returns a browser in which the user of email is logged in, with goodPassword.
func (s *testSite) member(email string) *browser {
	s.t.Helper()
	b := s.visitor()
	s.logInAt(b, b.page("log-in"), email)
	return b
}

// logInAt logs the user of email in by the page s of b.
func (site *testSite) logInAt(b *browser, s *screen, email string) *screen {
	site.t.Helper()
	s = b.submit(s, "Log in", map[string]string{"Email address": email, "Password": goodPassword})
	if _, ok := site.session(b); !ok {
		site.t.Fatalf("the log-in led to %s, which says %q; want a session", s.path, s.main())
	}
	return s
}

// adaAndBrowser returns a site with the user of adaEmail, and a browser in which that user
// is logged in.
func adaAndBrowser(t testing.TB, set ...func(*signup.Accounts, *pages.Options)) (*testSite, *browser) {
	t.Helper()
	site := newSite(t, set...)
	site.register(adaEmail)
	return site, site.member(adaEmail)
}

// session returns the Session of b, and reports whether there is one.
func (s *testSite) session(b *browser) (signup.Session, bool) {
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	session, ok := s.sessions.kept[b.cookie("session")]
	return session, ok
}

// goesOn reports if the session of b has ended, or hasn't, as want says.
func (s *testSite) goesOn(b *browser, want bool) {
	s.t.Helper()
	session, got := s.session(b)
	if got {
		_, err := s.accounts.Resume(s.t.Context(), session)
		got = err == nil
	}
	if got != want {
		s.t.Errorf("the session of the browser goes on: %t, want %t", got, want)
	}
}

// age makes all sessions too old for sensitive changes.
func (s *testSite) age() {
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	for token, session := range s.sessions.kept {
		session.At = session.At.Add(-6 * time.Minute)
		s.sessions.kept[token] = session
	}
}

// change changes the user of email in the Store.
func (s *testSite) change(email string, change func(*signup.User)) {
	s.t.Helper()
	u := s.user(email)
	change(&u)
	if err := s.store.Store.Update(s.t.Context(), &u); err != nil {
		s.t.Fatalf("Update returned %v, want nil", err)
	}
}

// press posts the form of s that has the button, with the button's own name and value.
func (b *browser) press(s *screen, button string, typed map[string]string) *screen {
	b.site.t.Helper()
	path, values := b.fill(s, button, typed)
	for _, n := range all(s.form(button), "button") {
		if text(n) == button && attr(n, "name") != "" {
			values.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	return b.post(path, values)
}

// checkNotice reports if the page doesn't say what was done.
func (s *screen) checkNotice(want string) *screen {
	s.t.Helper()
	if got := s.notice(); got != want {
		s.t.Errorf("%s has the notice %q, want %q; it says %q", s.path, got, want, s.main())
	}
	return s
}

// checkError reports if the field with the label hasn't the error, or the status isn't 422.
func (s *screen) checkError(label, want string) *screen {
	s.t.Helper()
	if got := s.errorOf(label); got != want || s.status != http.StatusUnprocessableEntity {
		s.t.Errorf("%s has status %d and the error %q at %q, want 422 and %q", s.path, s.status, got, label, want)
	}
	if s.summary() == "" {
		s.t.Errorf("%s has no summary of what is wrong, want one", s.path)
	}
	return s
}

// A userPage is a page that needs a log-in.
type userPage struct {
	name            string
	title, inGerman string
	fresh           bool
	post            url.Values // that would change something; nil: the page has no form
}

var userPages = []userPage{
	{"profile", "Profile", "Profil", false, url.Values{"first_name": {"Ada"}}},
	{"password", "Change your password", "Passwort ändern", false, url.Values{"old_password": {goodPassword}, "password": {newPassword}}},
	{"email", "Change your email address", "E-Mail-Adresse ändern", true, url.Values{"email_address": {"lovelace@example.org"}}},
	{"devices", "Devices", "Geräte", false, url.Values{"others": {"yes"}}},
	{"activity", "Activity", "Aktivität", false, nil},
	{"data", "Your data", "Ihre Daten", false, nil},
	{"export", "Download your data", "Daten herunterladen", true, url.Values{}},
	{"deactivate", "Deactivate your account", "Konto deaktivieren", true, url.Values{"sure": {"yes"}}},
	{"delete", "Delete your account", "Konto löschen", true, url.Values{"sure": {"yes"}}},
	{"confirm", "Confirm that it is you", "Bestätigen Sie, dass Sie es sind", false, url.Values{"password": {goodPassword}}},
}
