package pages_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// If the Store fails, a user that is logged in gets a page, as all others do.
func TestStoreFailsForUser(t *testing.T) {
	site, b := adaAndBrowser(t)
	for _, page := range []string{"log-in", "sign-up", "forgot", "profile", "email", "confirm"} {
		before := strings.Count(site.log.String(), "node 7")
		site.store.fail = func() error { return errors.New("no route to node 7") }
		s := b.page(page).check(http.StatusInternalServerError, "Something went wrong")
		if n := strings.Count(site.log.String(), "node 7") - before; n != 1 || strings.Contains(s.body, "node 7") {
			t.Errorf("%s: the log has the error %d times, the page has it: %t; want once, and only in the log", page, n, strings.Contains(s.body, "node 7"))
		}
		site.store.fail = func() error { return fmt.Errorf("%w: node 7", signup.ErrBusy) }
		if s := b.page(page).check(http.StatusServiceUnavailable, "The service is busy"); s.header.Get("Retry-After") == "" {
			t.Errorf("%s: got no Retry-After, want a time", page)
		}
	}
	site.store.fail = nil
	site.goesOn(b, true)
}

// A user can log out while the Store fails.
func TestLogOutWithoutStore(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.store.fail = func() error { return errors.New("connection refused") }
	s := b.page("log-out").check(http.StatusOK, "Log out")
	path, values := b.fill(s, "Log out", nil)
	if s := b.postOnly(path, values); s.header.Get("Location") != "/account/log-in?done=logged_out" {
		t.Errorf("the log-out has status %d and leads to %q, want the page to log in", s.status, s.header.Get("Location"))
	}
	if _, ok := site.session(b); ok {
		t.Error("the session is kept after the log-out, want none")
	}
}

// A layout that fails is a failure of the server, and nothing of it is sent.
func TestLayoutFails(t *testing.T) {
	site := newSite(t, func(_ *signup.Accounts, o *pages.Options) {
		o.Files = fstest.MapFS{"templates/layout.html": {Data: []byte("half a page {{.User.Email}}")}}
	})
	s := site.browser().send(http.MethodGet, "/account/log-in", nil, "")
	if s.status != http.StatusInternalServerError || s.body != "Something went wrong\n" {
		t.Errorf("got status %d and %q, want 500 and a line of text", s.status, s.body)
	}
}

// A static file is only read.
func TestStaticFilesAreRead(t *testing.T) {
	b := newSite(t).browser()
	s := b.postOnly("/account/style.css", nil)
	if s.status != http.StatusMethodNotAllowed || s.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("a POST of the style sheet has status %d and Allow: %q, want 405 and GET, HEAD", s.status, s.header.Get("Allow"))
	}
	if s := b.send(http.MethodHead, "/account/style.css", nil, ""); s.status != http.StatusOK {
		t.Errorf("a HEAD of the style sheet has status %d, want 200", s.status)
	}
}

// No request has a path beneath these, so that no page would be found.
func TestPathThatNoRequestHas(t *testing.T) {
	for path, ok := range map[string]bool{
		"/": true, "/konto/": true, "/a/b/": true, "/über/": true, "/a;b/": true,
		"/a%20b/": false, "/a?b/": false, "/a#b/": false, "/a/../b/": false, "/./": false, "/a//b/": false, "account/": false, "/account": false,
	} {
		func() {
			defer func() {
				if v := recover(); (v == nil) != ok {
					t.Errorf("New with the path %q panics with %v; want a panic: %t", path, v, !ok)
				}
			}()
			newSite(t, func(_ *signup.Accounts, o *pages.Options) { o.Path = path })
		}()
	}
}

// checkRetry reports if s isn't a form that says that it can be sent again soon.
func (s *screen) checkRetry(status int) *screen {
	s.t.Helper()
	want := map[int]string{
		http.StatusTooManyRequests:    "There were too many requests. Please try again in a minute.",
		http.StatusServiceUnavailable: "The service is busy. Please try again in a moment.",
	}[status]
	if s.status != status || s.summary() != want || s.header.Get("Retry-After") == "" || len(all(s.doc, "button")) == 0 {
		s.t.Errorf("%s has status %d, the summary %q and Retry-After: %q; want %d, the form with %q and a time",
			s.plainPath(), s.status, s.summary(), s.header.Get("Retry-After"), status, want)
	}
	return s
}

// What was typed isn't lost if the form has to be sent again later.
func TestRetryKeepsWhatWasTyped(t *testing.T) {
	site, b := adaAndBrowser(t, func(a *signup.Accounts, _ *pages.Options) {
		a.Fields = []signup.ProfileField{{Name: "about", Multiline: true}}
	})
	typed := map[string]string{"First name": "Augusta", "About": "\nNotes\n"}
	busy := func() error { return signup.ErrBusy }
	s := b.page("profile")
	calls := 0
	site.store.fail = func() error {
		if calls++; calls > 1 { // the Guard reads the user
			return busy()
		}
		return nil
	}
	path, values := b.fill(s, "Save", typed)
	s = b.postOnly(path, values).checkRetry(http.StatusServiceUnavailable)
	for label, want := range typed {
		if got := valueOf(s.field(s.form("Save"), label)); got != want {
			t.Errorf("the profile has %q at %q, want what was typed, %q", got, label, want)
		}
	}
	site.store.fail = nil
	b = site.browser()
	s = b.page("sign-up")
	site.store.fail = busy
	typed = map[string]string{"Email address": "eve@example.org", "First name": "Eve", "Password": newPassword}
	path, values = b.fill(s, "Sign up", typed)
	s = b.postOnly(path, values).checkRetry(http.StatusServiceUnavailable)
	for label, want := range typed {
		if label == "Password" {
			want = ""
		}
		if got := valueOf(s.field(s.form("Sign up"), label)); got != want {
			t.Errorf("the sign-up has %q at %q, want %q", got, label, want)
		}
	}
}

// A template that would fail at each request fails at the start.
func TestTemplatesAreChecked(t *testing.T) {
	for name, content := range map[string]string{
		"templates/parts.html":    `{{define "errors"}}{{end}}`,
		"templates/password.html": `{{define "main"}}{{if .User}}{{template "user_mark" .}}{{end}}{{end}}`,
		"templates/log-in.html":   `{{define "main"}}<a href="{{if .User}}"{{end}}>{{.Site}}</a>{{end}}`,
		"templates/layout.html":   `{{block "main" .}}`,
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New accepts %s with %s, want a panic", name, content)
				}
			}()
			newSite(t, func(_ *signup.Accounts, o *pages.Options) { o.Files = fstest.MapFS{name: {Data: []byte(content)}} })
		}()
	}
}
