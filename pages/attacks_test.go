package pages_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// hostileTexts are values that could end an attribute, an element or a line, or change
// the order of text.
var hostileTexts = map[string]string{
	"a script":           `"><script>alert(1)</script>`,
	"a textarea's end":   `</textarea><script>alert(1)</script>`,
	"quotes":             `' " ' onfocus=alert(1) autofocus x="`,
	"a template":         `{{.Site}} ${7*7}`,
	"a comment":          `<!-- --><![CDATA[ ]]>`,
	"bidirectional":      "\u202egpj.exe\u2066 x \u2069",
	"an entity":          "&lt;b&gt; &amp;amp; &#x3c;",
	"a first line break": "\nsecond",
	"20 kB":              strings.Repeat("<b>", 7_000),
}

// formsWithText are the forms that show what was typed again, and their buttons.
var formsWithText = map[string]string{
	"sign-up": "Sign up", "log-in": "Log in", "verify-mail": "Send mail", "forgot": "Send mail", "log-in-mail": "Send mail", "log-in-code": "Log in",
}

func TestHostileInput(t *testing.T) {
	site := newSite(t, profileFields)
	b := site.browser()
	for page, button := range formsWithText {
		for name, hostile := range hostileTexts {
			form := b.page(page).form(button)
			for _, in := range all(form, "input", "textarea") {
				value := hostile
				if in.Data == "input" { // browsers remove line breaks
					value = strings.ReplaceAll(hostile, "\n", "")
				}
				_, values := b.fill(b.page(page), button, nil)
				values.Set(attr(in, "name"), value)
				s := b.postOnly("/account/"+page, values) // checked as each response is
				if s.status != http.StatusUnprocessableEntity {
					t.Errorf("%s with %s in %s has status %d, want 422", page, name, attr(in, "name"), s.status)
				}
				shown := s.byID(attr(in, "id"))
				switch attr(in, "type") {
				case "password", "checkbox", "hidden":
				default:
					if got := valueOf(shown); got != value {
						t.Errorf("%s shows %s in %s as %.100q, want %.100q", page, name, attr(in, "name"), got, value)
					}
				}
				for _, script := range all(s.doc, "b") {
					t.Fatalf("%s with %s in %s has the element %v, want its text escaped", page, name, attr(in, "name"), script)
				}
			}
		}
	}
}

// A form that is too long isn't read.
func TestHugeForm(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	for page := range formsWithText {
		calls := site.store.calls.Load()
		s := b.postOnly("/account/"+page, url.Values{"email_address": {strings.Repeat("<script>", 12_500)}})
		s.check(http.StatusBadRequest, "The form could not be read")
		if len(s.body) > 10_000 || site.store.calls.Load() != calls {
			t.Errorf("%s responds with %d bytes after %d calls of the Store, want a short page and none", page, len(s.body), site.store.calls.Load()-calls)
		}
	}
}

// An address in the token of an invitation is shown as text, too.
func TestHostileAddressOfToken(t *testing.T) {
	const email = "a&b'c{d}@example.org"
	site := newSite(t)
	if err := site.accounts.Invite(t.Context(), email, 0); err != nil {
		t.Fatalf("Invite returned %v, want nil", err)
	}
	if got := valueOf(site.browser().get(site.mails.link(signup.PurposeInvite)).input("Email address")); got != email {
		t.Errorf("the page shows the address %q, want %q", got, email)
	}
}

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

func TestReservedFieldNames(t *testing.T) {
	for _, name := range []string{"next", "remember"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New accepts the field %q of Accounts.Fields, want a panic", name)
				}
			}()
			newSite(t, func(a *signup.Accounts, _ *pages.Options) { a.Fields = []signup.ProfileField{{Name: name}} })
		}()
	}
	newSite(t, func(a *signup.Accounts, _ *pages.Options) { // the IDs of a page have hyphens
		a.Fields = []signup.ProfileField{{Name: "main"}, {Name: "password_hint"}, {Name: "link"}, {Name: "code"}}
	}).browser().page("sign-up").checkOK("Sign up")
}
