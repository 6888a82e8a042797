package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup/pages"
)

// Options.Path is the whole path, also in a mux that is mounted itself, with and without
// its prefix.
func TestMountedBehindStripPrefix(t *testing.T) {
	site, b := adaAndBrowser(t)
	account := pages.New(site.accounts, site.sessions, &pages.Options{Name: "Orchard", BaseURL: baseURL, Path: "/shop/v1/account/"})
	inner := http.NewServeMux()
	inner.Handle("/account/", account)
	v1 := http.NewServeMux()
	v1.Handle("/v1/", http.StripPrefix("/v1", inner))
	for name, handler := range map[string]http.Handler{
		"twice": http.StripPrefix("/shop", v1), "the whole path": http.StripPrefix("/shop/v1/account", account), "none": account,
	} {
		send := func(method, page, cookie string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, "/shop/v1/account/"+page, nil)
			r.Header.Set("Accept", "text/html")
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: cookie})
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w
		}
		if w := send("GET", "profile", b.cookie("session")); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `action="/shop/v1/account/profile"`) {
			t.Errorf("%s: the profile has status %d and the body %.300s, want 200 and a form that posts to /shop/v1/account/profile", name, w.Code, w.Body)
		}
		if w := send("GET", "style.css", ""); w.Code != http.StatusOK {
			t.Errorf("%s: the style sheet has status %d, want 200", name, w.Code)
		}
		for method, want := range map[string]string{
			"GET":  "/shop/v1/account/log-in?next=%2Fshop%2Fv1%2Faccount%2Fprofile%3Fa%3Db",
			"POST": "/shop/v1/account/log-in?done=nothing&next=%2Fshop%2Fv1%2Faccount%2Fprofile%3Fa%3Db",
		} {
			if got := send(method, "profile?a=b", "").Header().Get("Location"); got != want {
				t.Errorf("%s: %s of the profile without a log-in leads to %q, want %q", name, method, got, want)
			}
		}
		if w := send("GET", "no-such-page", ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: another page has status %d, want 404", name, w.Code)
		}
	}
}
