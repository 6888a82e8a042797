package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup/pages"
)

func TestUserPagesAreNotStored(t *testing.T) {
	for _, p := range userPages {
		t.Run(p.name, func(t *testing.T) {
			site, b := adaAndBrowser(t)
			path := "/account/" + p.name
			responses := []*screen{
				b.send(http.MethodGet, path, nil, ""), b.send(http.MethodHead, path, nil, ""), b.send(http.MethodPut, path, nil, ""),
				b.postOnly(path, url.Values{}), b.postOnly(path, p.post),
				site.visitor().send(http.MethodGet, path, nil, ""), site.visitor().postOnly(path, p.post),
			}
			for i, s := range responses {
				if got := s.header.Get("Cache-Control"); got != "no-store" {
					t.Errorf("response %d, with status %d, has Cache-Control: %q, want no-store", i, s.status, got)
				}
				if s.header.Get("ETag")+s.header.Get("Last-Modified") != "" {
					t.Errorf("response %d, with status %d, can be revalidated, want neither ETag nor Last-Modified", i, s.status)
				}
			}
			if s := responses[2]; s.status != http.StatusMethodNotAllowed || !strings.Contains(s.header.Get("Allow"), "GET") {
				t.Errorf("PUT returned %d and Allow: %q, want 405 and the methods", s.status, s.header.Get("Allow"))
			}
		})
	}
}

func TestUserPagesNav(t *testing.T) {
	site, b := adaAndBrowser(t)
	section := map[string]string{"export": "data", "deactivate": "data", "delete": "data", "confirm": ""}
	for _, p := range userPages {
		want, kind := p.name, "page"
		if s, ok := section[p.name]; ok {
			want, kind = s, "true"
		}
		var paths []string
		current := ""
		for _, nav := range all(b.page(p.name).doc, "nav") {
			for _, a := range all(nav, "a") {
				path := strings.TrimPrefix(attr(a, "href"), "/account/")
				paths = append(paths, path)
				if has(a, "aria-current") {
					current += path + " " + attr(a, "aria-current")
				}
			}
		}
		if got := strings.Join(paths, " "); got != "profile password email devices activity data" {
			t.Errorf("%s has links to %q, want one to each page of the account", p.name, got)
		}
		if want != "" {
			want += " " + kind
		}
		if current != want {
			t.Errorf("%s has the current link %q, want %q", p.name, current, want)
		}
	}
	if s := site.visitor().page("log-in"); len(all(s.doc, "nav")) > 0 {
		t.Errorf("the page log-in has links to the pages of a user, want none")
	}
}

func TestUserPagesInGerman(t *testing.T) {
	_, b := adaAndBrowser(t)
	b.header.Set("Accept-Language", "de-AT,de;q=0.8,en;q=0.5")
	for _, p := range append(userPages, userPage{name: "log-out", inGerman: "Abmelden"}) {
		s := b.page(p.name).checkOK(p.inGerman)
		if got := s.header.Get("Content-Language"); got != "de" {
			t.Errorf("%s has Content-Language: %q, want de", p.name, got)
		}
		if got := attr(all(s.doc, "html")[0], "lang"); got != "de" {
			t.Errorf("%s has lang=%q, want de", p.name, got)
		}
	}
}

func TestUserPagesHaveNoUnknownText(t *testing.T) {
	_, b := adaAndBrowser(t)
	for _, lang := range []string{"en", "de"} {
		b.header.Set("Accept-Language", lang)
		for _, p := range userPages {
			s := b.page(p.name)
			for _, n := range all(s.doc, "p", "button", "a", "label", "h2", "dt", "strong") {
				if text(n) == "" || strings.ContainsAny(text(n), "{}") {
					t.Errorf("in %s, %s has a <%s> with the text %q, want a text", lang, p.name, n.Data, text(n))
				}
			}
		}
	}
}

func TestChangePasswordURL(t *testing.T) {
	site, b := adaAndBrowser(t)
	s := b.send(http.MethodGet, "/.well-known/change-password", nil, "")
	if got, want := s.header.Get("Location"), "/account/password"; s.status != http.StatusSeeOther || got != want {
		t.Errorf("got %d to %q, want 303 to %q", s.status, got, want)
	}
	b.get("/.well-known/change-password").checkOK("Change your password")
	v := site.visitor()
	site.logInAt(v, v.get("/.well-known/change-password"), adaEmail).checkAt("/account/password")
}

func TestStartPage(t *testing.T) {
	site, b := adaAndBrowser(t)
	b.page("").checkAt("/account/profile").checkOK("Profile")
	v := site.visitor()
	site.logInAt(v, v.page(""), adaEmail).checkAt("/account/profile")
}

// What is only for the Store is in no page, and neither is what was typed as a password.
func TestUserPagesHaveNoSecrets(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.member(adaEmail)
	u := site.user(adaEmail)
	if u.SecurityStamp == "" || u.PasswordHash == "" {
		t.Fatal("the user has no SecurityStamp or no PasswordHash, want both")
	}
	for _, secret := range []string{u.SecurityStamp, string(u.PasswordHash), goodPassword, b.cookie("session"), b.cookie("signup-device")} {
		site.hide(secret) // each response is checked for it
	}
	for _, p := range userPages {
		b.page(p.name)
	}
	b.postOnly("/account/export", url.Values{})
	b.postOnly("/account/password", url.Values{"old_password": {goodPassword}, "password": {goodPassword}})
	b.postOnly("/account/profile", url.Values{"first_name": {"\x00"}, "password": {goodPassword}})
	b.postOnly("/account/confirm", url.Values{"password": {newPassword}})
	b.postOnly("/account/delete", url.Values{"password": {goodPassword}})
}

// All URLs begin with the path at which the pages are mounted.
func TestUserPagesAtAnotherPath(t *testing.T) {
	site, b := adaAndBrowser(t)
	handler := pages.New(site.accounts, site.sessions, &pages.Options{Name: "Orchard", BaseURL: baseURL, Path: "/me/"})
	send := func(method, path, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, baseURL+path, nil)
		r.Header.Set("Accept", "text/html")
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: cookie})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for _, p := range userPages {
		w := send(http.MethodGet, "/me/"+p.name, b.cookie("session"))
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "/account/") {
			t.Errorf("%s has status %d, and /account/ in it: %t; want 200 and only URLs beneath /me/", p.name, w.Code, strings.Contains(w.Body.String(), "/account/"))
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			w := send(method, "/me/"+p.name, "x")
			if to := w.Header().Get("Location"); p.post != nil && !strings.HasPrefix(to, "/me/log-in?") {
				t.Errorf("%s %s without a log-in leads to %q, want /me/log-in", method, p.name, to)
			}
		}
	}
}
