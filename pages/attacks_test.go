package pages_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// A page redirects only to paths of its own site, whatever the URL or the form says.
func TestOpenRedirect(t *testing.T) {
	for _, next := range []string{
		"https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "///evil.example",
		"javascript:alert(1)", "evil.example", " /orders", "/\n/evil.example", "http:/evil.example", "/%0d%0aSet-Cookie:x=1\r\n",
	} {
		site := newSite(t)
		query := "?next=" + url.QueryEscape(next)
		b := site.browser()
		b.submit(b.page("sign-up"+query), "Sign up", map[string]string{"Email address": adaEmail, "Password": goodPassword}).checkAt("/account/profile")
		for _, page := range []string{"log-in", "sign-up"} { // logged in already
			b.page(page + query).checkAt("/account/profile")
		}
		typed := url.Values{"email_address": {adaEmail}, "password": {goodPassword}, "next": {next}}
		b.post("/account/log-in", typed).checkAt("/account/profile")
		b.post("/account/log-in-mail", typed).checkAt("/account/log-in-code")
		typed.Set("code", site.mails.one(signup.PurposeLogIn).Code)
		b.post("/account/log-in-code", typed).checkAt("/account/profile")
	}
}

// The Host header changes no URL and no mail.
func TestHostHeader(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	for _, page := range slices.Sorted(maps.Keys(formsWithText)) {
		good := site.browser().send(http.MethodGet, "/account/"+page, nil, "")
		bad := site.browser().send(http.MethodGet, "/account/"+page, http.Header{"Host": {"evil.example"}, "X-Forwarded-Host": {"evil.example"}}, "")
		if page != "sign-up" && good.body != bad.body || strings.Contains(bad.body, "evil.example") {
			t.Errorf("%s depends on the Host header, want no difference", page)
		}
	}
	b := site.browser()
	s := b.send(http.MethodPost, "/account/forgot", http.Header{
		"Host": {"evil.example"}, "Sec-Fetch-Site": {"same-origin"}, "Content-Type": {"application/x-www-form-urlencoded"},
	}, url.Values{"email_address": {adaEmail}}.Encode())
	if got, want := s.header.Get("Location"), "/account/check-mail?for=forgot"; got != want {
		t.Errorf("the form leads to %q, want %q", got, want)
	}
	b.get(site.mails.link(signup.PurposeResetPassword)).checkAt("/account/reset")
}

// allPosts are the forms of the pages, filled in.
var allPosts = map[string]url.Values{
	"sign-up":     {"email_address": {"eve@example.org"}, "password": {newPassword}},
	"complete":    {"password": {newPassword}},
	"verify":      {},
	"verify-mail": {"email_address": {adaEmail}},
	"forgot":      {"email_address": {adaEmail}},
	"reset":       {"password": {newPassword}},
	"log-in":      {"email_address": {adaEmail}, "password": {goodPassword}},
	"log-in-mail": {"email_address": {adaEmail}},
	"log-in-code": {"code": {"12345678"}},
	"log-in-link": {},
	"log-out":     {},
}

func TestCrossOrigin(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	b := site.browser()
	writes, calls := site.store.writes.Load(), site.store.calls.Load()
	for page, values := range allPosts {
		for name, header := range map[string]http.Header{
			"Sec-Fetch-Site: cross-site": {"Sec-Fetch-Site": {"cross-site"}},
			"Sec-Fetch-Site: same-site":  {"Sec-Fetch-Site": {"same-site"}},
			"another Origin":             {"Origin": {"https://evil.example"}},
			"another scheme":             {"Origin": {"http://orchard.example"}, "Sec-Fetch-Site": {"cross-site"}},
			"the Origin null":            {"Origin": {"null"}},
		} {
			header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
			s := b.send(http.MethodPost, "/account/"+page, header, values.Encode())
			s.check(http.StatusForbidden, "The request came from another site")
			if s.header.Get("Set-Cookie") != "" {
				t.Errorf("%s with %s sets a cookie, want none", page, name)
			}
		}
	}
	if site.store.calls.Load() != calls || site.store.writes.Load() != writes || len(site.mails.take()) != 0 || len(site.sessions.all()) != 0 {
		t.Errorf("the Store got %d calls and %d writes, want none, and no mail and no session", site.store.calls.Load()-calls, site.store.writes.Load()-writes)
	}
}

// Behind a proxy that changes the Host header, forms of the site are accepted.
func TestOwnOrigin(t *testing.T) {
	site := newSite(t)
	for origin, want := range map[string]int{baseURL: http.StatusSeeOther, "https://backend:8000": http.StatusSeeOther, "https://evil.example": http.StatusForbidden} {
		s := site.browser().send(http.MethodPost, "/account/log-out", http.Header{"Host": {"backend:8000"}, "Origin": {origin}}, "")
		if s.status != want {
			t.Errorf("the Origin %s has status %d, want %d", origin, s.status, want)
		}
	}
}

func TestMethods(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	b := site.browser()
	calls := site.store.calls.Load()
	for page := range allPosts {
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "PROPFIND"} {
			s := b.send(method, "/account/"+page, http.Header{"Sec-Fetch-Site": {"same-origin"}}, "")
			if got := s.header.Get("Allow"); s.status != http.StatusMethodNotAllowed || got != "GET, HEAD, POST" {
				t.Errorf("%s %s has status %d and Allow: %q, want 405 and GET, HEAD, POST", method, page, s.status, got)
			}
		}
	}
	for _, page := range []string{"link", "check-mail"} {
		s := b.postOnly("/account/"+page, nil)
		if got := s.header.Get("Allow"); s.status != http.StatusMethodNotAllowed || got != "GET, HEAD" {
			t.Errorf("POST %s has status %d and Allow: %q, want 405 and GET, HEAD", page, s.status, got)
		}
	}
	if n := site.store.calls.Load() - calls; n != 0 {
		t.Errorf("the Store got %d calls, want none", n)
	}
}

// The response to HEAD is that to GET without the body, and neither changes anything.
func TestHead(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	writes, counts := site.store.writes.Load(), site.counts.Load()
	for _, page := range append(slices.Sorted(maps.Keys(allPosts)), "check-mail", "link", "link?token=x", "style.css", "script.js", "icon.svg", "nothing", "check-mail?for=forgot") {
		get := site.browser().send(http.MethodGet, "/account/"+page, nil, "")
		head := site.browser().send(http.MethodHead, "/account/"+page, nil, "")
		if page == "sign-up" || head.status == http.StatusSeeOther {
			get.header.Del("Content-Type") // net/http adds it to the text of a redirect
			head.header.Del("Content-Type")
		}
		if head.status != get.status || !maps.EqualFunc(head.header, get.header, slices.Equal) || head.body != "" {
			t.Errorf("HEAD %s has status %d, header %v and body %.20q, want %d, %v and none", page, head.status, head.header, head.body, get.status, get.header)
		}
	}
	if site.store.writes.Load() != writes || site.counts.Load() != counts || len(site.mails.take()) != 0 {
		t.Errorf("made %d writes and %d counts, want none and no mail", site.store.writes.Load()-writes, site.counts.Load()-counts)
	}
}

// The session that a client had before a log-in is void afterwards.
func TestSessionFixation(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	site.register("eve@example.org")
	b := site.browser()
	s := b.page("log-in")
	b.submit(s, "Log in", map[string]string{"Email address": "eve@example.org", "Password": goodPassword})
	before := b.cookie("session")
	b.post("/account/log-in", url.Values{"email_address": {adaEmail}, "password": {goodPassword}})
	b.checkLoggedIn(adaEmail)
	if before == "" || b.cookie("session") == before {
		t.Errorf("the session cookie is the one before, want another one")
	}
}
