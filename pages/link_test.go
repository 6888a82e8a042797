package pages_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// A mailed page is a page that is reached by the link of a mail.
type mailedPage struct {
	purpose signup.Purpose
	path    string
	button  string
	typed   map[string]string // what the form needs
	verify  signup.EmailVerification
	ask     func(*testSite) // sends the mail
}

var mailedPages = []mailedPage{
	{signup.PurposeVerifyEmail, "/account/verify", "Verify address", nil, signup.VerifyBeforeLogIn, func(s *testSite) {
		s.browser().post("/account/sign-up", url.Values{"email_address": {adaEmail}, "password": {goodPassword}})
	}},
	{signup.PurposeRegister, "/account/complete", "Sign up", map[string]string{"Password": goodPassword}, signup.VerifyBeforeRegistration, func(s *testSite) {
		s.browser().post("/account/sign-up", url.Values{"email_address": {adaEmail}})
	}},
	{signup.PurposeInvite, "/account/complete", "Sign up", map[string]string{"Password": goodPassword}, signup.VerifyNever, func(s *testSite) {
		if err := s.accounts.Invite(s.t.Context(), adaEmail, 0); err != nil {
			s.t.Fatalf("Invite returned %v, want nil", err)
		}
	}},
	{signup.PurposeResetPassword, "/account/reset", "Set password", map[string]string{"Password": newPassword}, signup.VerifyNever, func(s *testSite) {
		s.register(adaEmail)
		s.browser().post("/account/forgot", url.Values{"email_address": {adaEmail}})
	}},
	{signup.PurposeLogIn, "/account/log-in-link", "Log in", nil, signup.VerifyNever, func(s *testSite) {
		s.register(adaEmail)
		s.browser().post("/account/log-in-mail", url.Values{"email_address": {adaEmail}})
	}},
}

// mailed returns a site and the link of the mail that the page is reached by.
func (m mailedPage) mailed(t *testing.T) (*testSite, string) {
	t.Helper()
	site := newSite(t, verification(m.verify))
	m.ask(site)
	return site, site.mails.link(m.purpose)
}

// A program that scans mail opens each link and follows each redirect, by GET and HEAD,
// and in any number. It writes nothing, and the user can use the link afterwards.
func TestScannerChangesNothing(t *testing.T) {
	for _, m := range mailedPages {
		t.Run(string(m.purpose), func(t *testing.T) {
			site, link := m.mailed(t)
			writes, counts := site.store.writes.Load(), site.counts.Load()
			user := site.browser()
			s := user.get(link)
			for range 3 {
				scanner := site.browser()
				for _, method := range []string{http.MethodHead, http.MethodGet} {
					scanner.send(method, link, nil, "")
					scanner.send(method, m.path, nil, "")
				}
				for _, a := range append(all(scanner.get(link).doc, "a"), all(s.doc, "a", "link")...) {
					if href := attr(a, "href"); strings.HasPrefix(href, "/account/") {
						scanner.send(http.MethodHead, href, nil, "")
						scanner.get(href)
					}
				}
			}
			if n, c := site.store.writes.Load()-writes, site.counts.Load()-counts; n != 0 || c != 0 || len(site.mails.take()) != 0 {
				t.Errorf("the scanner made %d writes and %d counts, want none and no mail", n, c)
			}
			path, values := user.fill(s, m.button, m.typed)
			if s := user.postOnly(path, values); s.status != http.StatusSeeOther {
				t.Errorf("afterwards the user got status %d, %q; want 303", s.status, s.main())
			}
			if site.store.writes.Load() == writes {
				t.Error("afterwards the user's post wrote nothing, want a write")
			}
		})
	}
}

// The token leaves the URL: it is only in a cookie that scripts and other sites don't get.
func TestTokenLeavesTheURL(t *testing.T) {
	for _, m := range mailedPages {
		site, link := m.mailed(t)
		b := site.browser()
		s := b.send(http.MethodGet, link, nil, "")
		if s.status != http.StatusSeeOther || s.header.Get("Location") != m.path {
			t.Errorf("%s: the link has status %d to %q, want 303 to %s", m.purpose, s.status, s.header.Get("Location"), m.path)
		}
		cookie := s.header.Get("Set-Cookie")
		for _, want := range []string{"__Host-signup-token=", "Max-Age=900", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"} {
			if !strings.Contains(cookie, want) {
				t.Errorf("%s: the cookie of the token lacks %s, want it", m.purpose, want)
			}
		}
		if s = b.get(m.path); s.status != http.StatusOK {
			t.Errorf("%s: the page has status %d, want 200", m.purpose, s.status)
		}
	}
}

// A browser that keeps no cookies gets a text that says so, and the link stays valid.
func TestLinkWithoutCookies(t *testing.T) {
	for _, m := range mailedPages {
		site, link := m.mailed(t)
		b := site.browser()
		b.noCookies = true
		s := b.get(link).check(http.StatusBadRequest, "Please open the link again").checkAt(m.path)
		if !strings.Contains(s.main(), "allow cookies for this site") || len(all(s.doc, "ul")) == 0 {
			t.Errorf("%s: the page says %q, want that cookies are needed, and what else to do", m.purpose, s.main())
		}
		b.post(m.path, url.Values{"password": {goodPassword}}).check(http.StatusBadRequest, "Please open the link again")
		b.noCookies = false
		if s := b.get(link); s.status != http.StatusOK {
			t.Errorf("%s: with cookies the page has status %d, want 200", m.purpose, s.status)
		}
	}
}

func TestLinkInvalid(t *testing.T) {
	for _, m := range mailedPages {
		site, link := m.mailed(t)
		b := site.browser()
		for _, bad := range []string{link[:len(link)-1], link + "A", strings.Replace(link, "token=", "token=x", 1), "/account/link", "/account/link?token=", "/account/link?token=%22%3E%3Cscript%3E"} {
			s := b.get(bad).check(http.StatusBadRequest, "This link can no longer be used")
			if !s.hasLink("Log in") || !s.hasLink("Choose a new password") {
				t.Errorf("%s: the page says %q, want links to what can be done", m.purpose, s.main())
			}
		}
		// A link that was opened before isn't forgotten.
		s := b.get(link).checkAt(m.path)
		b.get("/account/link?token=x")
		path, values := b.fill(s, m.button, m.typed)
		if s := b.postOnly(path, values); s.status != http.StatusSeeOther {
			t.Errorf("%s: the post has status %d after another link was opened in vain, want 303", m.purpose, s.status)
		}
	}
}

// mailPages are the pages that need Send and Secrets.
var mailPages = []string{"check-mail", "complete", "verify", "verify-mail", "forgot", "reset", "log-in-mail", "log-in-code", "log-in-link", "link"}

func TestWithoutMail(t *testing.T) {
	for name, remove := range map[string]func(*signup.Accounts, *pages.Options){
		"Send":    func(a *signup.Accounts, _ *pages.Options) { a.Send = nil },
		"Secrets": func(a *signup.Accounts, _ *pages.Options) { a.Secrets = nil },
	} {
		site := newSite(t, remove)
		b := site.browser()
		for _, page := range mailPages {
			b.page(page).check(http.StatusNotFound, "Page not found")
			b.post("/account/"+page, url.Values{"email_address": {adaEmail}}).check(http.StatusNotFound, "Page not found")
		}
		site.register(adaEmail)
		exists := b.post("/account/sign-up", url.Values{"email_address": {adaEmail}, "password": {newPassword}})
		for _, s := range []*screen{b.page("log-in"), b.page("sign-up"), exists} {
			for _, a := range all(s.doc, "a") {
				if page, _, _ := strings.Cut(strings.TrimPrefix(attr(a, "href"), "/account/"), "?"); slices.Contains(mailPages, page) {
					t.Errorf("without %s, %s links to %s, want no link", name, s.path, page)
				}
			}
		}
	}
}
