package signup_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// The table has no path and no response twice, and describes each endpoint.
func TestAPITable(t *testing.T) {
	seen := make(map[string]bool)
	for _, e := range signup.APICalls() {
		if seen[e.Path] || e.Path == "" || strings.ContainsAny(e.Path, "/ ") || !strings.HasSuffix(e.Text, ".") {
			t.Errorf("got the endpoint %q with the text %q, want one element, once, and a sentence", e.Path, e.Text)
		}
		seen[e.Path] = true
		for i, r := range e.All {
			if slices.Contains(e.All[:i], r) {
				t.Errorf("%s has the response %v twice, want it once", e.Path, r)
			}
		}
	}
}

// What isn't configured doesn't exist.
func TestAPINotConfigured(t *testing.T) {
	mails := []string{"send-log-in", "send-verification", "send-password-reset", "reset-password", "send-email-change", "confirm-email-change"}
	tokens := []string{"complete-registration", "log-in-by-token", "log-in-by-code", "verify-email", "undo-email-change", "peek-token"}
	for _, c := range []struct {
		name   string
		change func(*signup.Accounts)
		absent []string
	}{
		{"all", nil, nil},
		{"no Send", func(a *signup.Accounts) { a.Send = nil }, mails},
		{"no Secrets", func(a *signup.Accounts) { a.Secrets = nil }, slices.Concat(mails, tokens)},
	} {
		a := newAPITest(t, c.change)
		for _, e := range signup.APICalls() {
			res := a.client().raw(e.Method, e.Path, bodyOf(e), nil)
			if absent := res.brief() == "Not Found not_found"; absent != slices.Contains(c.absent, e.Path) {
				t.Errorf("%s, %s: got %q, want Not Found: %t", c.name, e.Path, res.brief(), !absent)
			}
		}
	}
}

// The last element of the path selects the endpoint, beneath any prefix.
func TestAPIPrefixes(t *testing.T) {
	a := newAPITest(t, nil)
	api := a.h
	mux := http.NewServeMux()
	mux.Handle("/plain/", api)
	mux.Handle("/api/v1/account/", api)
	mux.Handle("/stripped/", http.StripPrefix("/stripped", api))
	mux.Handle("/bare/", http.StripPrefix("/bare/", api))
	mux.Handle("/", api)
	a.h = mux
	for prefix, known := range map[string]bool{
		"/": true, "/plain/": true, "/api/v1/account/": true, "/stripped/": true, "/bare/": true, "/plain/log-in/": true,
	} {
		c := a.client()
		c.url = "https://example.org" + prefix
		if res := c.raw(http.MethodGet, "user", "", nil); (res.brief() == "Unauthorized not_logged_in") != known {
			t.Errorf("%s: got %q, want the endpoint: %t", prefix, res.brief(), known)
		}
		for _, path := range []string{"", "unknown", "user/", "User", "user%20"} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
				if res := c.raw(method, path, "{}", nil); res.brief() != "Not Found not_found" {
					t.Errorf("%s %s%s: got %q, want Not Found not_found", method, prefix, path, res.brief())
				}
			}
		}
	}
}

// A HEAD request gets the header of a GET request.
func TestAPIHead(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp("ada@example.org")
	get, head := c.raw(http.MethodGet, "devices", "", nil), c.raw(http.MethodHead, "devices", "", nil)
	if head.Status != http.StatusOK || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") {
		t.Errorf("got status %d with Content-Length %s, want 200 with %s", head.Status, head.Header.Get("Content-Length"), get.Header.Get("Content-Length"))
	}
}

// What can't be used panics when the handler is made.
func TestNewAPIPanics(t *testing.T) {
	store := newAccounts().Store
	for name, f := range map[string]func(){
		"no Accounts":      func() { signup.NewAPI(nil, newSessions(), nil) },
		"no Sessions":      func() { signup.NewAPI(newAccounts(), nil, nil) },
		"no Store":         func() { signup.NewAPI(new(signup.Accounts), newSessions(), nil) },
		"no origin":        func() { signup.NewAPI(newAccounts(), newSessions(), &signup.APIOptions{TrustedOrigins: []string{"x"}}) },
		"a negative limit": func() { signup.NewAPI(newAccounts(), newSessions(), &signup.APIOptions{MaxBodyBytes: -1}) },
		"a field named token": func() {
			signup.NewAPI(&signup.Accounts{Store: store, Fields: []signup.ProfileField{{Name: "token"}}}, newSessions(), nil)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: NewAPI returned, want a panic", name)
				}
			}()
			f()
		}()
	}
}

// A front end of a trusted origin may post.
func TestAPITrustedOrigins(t *testing.T) {
	a := newAPITest(t, nil)
	a.opts.TrustedOrigins = []string{"https://app.example.org"}
	a.h = signup.NewAPI(a.a, a.sessions, a.opts)
	for origin, want := range map[string]string{
		"https://app.example.org": "OK logged_out", "http://app.example.org": "Forbidden cross_origin", "https://example.com": "Forbidden cross_origin",
	} {
		header := http.Header{"Origin": {origin}, "Sec-Fetch-Site": {"same-site"}}
		if res := a.client().raw(http.MethodPost, "log-out", "{}", header); res.brief() != want {
			t.Errorf("%s: got %q, want %q", origin, res.brief(), want)
		}
	}
}
