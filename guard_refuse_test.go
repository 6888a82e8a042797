package signup_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

func TestGuardUnauthorized(t *testing.T) {
	const logIn, fresh = `Session realm="account"`,
		`Bearer error="insufficient_user_authentication", error_description="a more recent log-in is required", max_age=300`
	for _, c := range []struct {
		name      string
		fresh     bool
		challenge string
		message   string
		code      string
	}{
		{"no log-in", false, logIn, "Please log in.", signup.CodeNotLoggedIn},
		{"no log-in, fresh", true, logIn, "Please log in.", signup.CodeNotLoggedIn},
		{"stale", true, fresh, "Please give your password again.", signup.CodeNotFresh},
	} {
		g := newGuarded(t)
		if c.name == "stale" {
			g.session = stale(g.session)
		} else {
			g.has = false
		}
		h := g.guard.Require(show)
		if c.fresh {
			h = g.guard.RequireFresh(show)
		}
		g.guard.LogInURL = "" // without it, a browser gets 401 as well
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead} {
			for accept, problem := range map[string]bool{"application/json": false, "*/*": false, "": false, "application/problem+json": true} {
				res := send(h, guardRequest(method, "/orders", accept))
				if got := res.Header.Values("WWW-Authenticate"); len(got) != 1 || got[0] != c.challenge {
					t.Errorf("%s, %s: WWW-Authenticate is %q, want %q", c.name, method, got, c.challenge)
				}
				if got := res.Header.Values("Vary"); strings.Join(got, " ") != "Cookie Accept" {
					t.Errorf("%s, %s: Vary is %q, want Cookie and Accept", c.name, method, got)
				}
				res.Header.Set("Vary", "Accept") // as checkPlain and checkProblem want it
				if problem {
					if got := checkProblem(t, res, 401); got.Detail != c.message || got.Code != c.code {
						t.Errorf("%s, %s: got the detail %q and the code %q, want %q and %q", c.name, method, got.Detail, got.Code, c.message, c.code)
					}
				} else if got := checkPlain(t, res, 401); got.Message != c.message || got.Code != c.code {
					t.Errorf("%s, %s: got the message %q and the code %q, want %q and %q", c.name, method, got.Message, got.Code, c.message, c.code)
				}
			}
		}
		if had := c.name == "stale"; g.has != had {
			t.Errorf("%s: a session is kept: %t, want %t", c.name, g.has, had)
		}
	}
}

func TestGuardRedirects(t *testing.T) {
	next := func(s string) string { return logInPage + "?next=" + url.QueryEscape(s) }
	for _, c := range []struct{ method, target, want string }{
		{"GET", "/orders", next("/orders")},
		{"HEAD", "/orders", next("/orders")},
		{"GET", "/orders?page=2&next=/x&q=a%26b", next("/orders?page=2&next=/x&q=a%26b")},
		{"GET", "https://site.example/orders?page=2", next("/orders?page=2")},
		{"GET", "/a%20b/%C3%BC", next("/a%20b/%C3%BC")},
		{"POST", "/orders", logInPage},
		{"PUT", "/orders", logInPage},
		{"DELETE", "/orders", logInPage},
		// Nothing that leads away from the site.
		{"GET", "//evil.example/", logInPage},
		{"GET", "///evil.example/", logInPage},
		{"GET", `/\evil.example/`, logInPage},
		{"GET", "/%2f/evil.example/", logInPage},
		{"GET", "/%5cevil.example/", logInPage},
		{"GET", "/%09/evil.example/", logInPage},
		{"GET", "https://site.example//evil.example/", logInPage},
		{"GET", "/?" + strings.Repeat("a", 2046), next("/?" + strings.Repeat("a", 2046))},
		{"GET", "/?" + strings.Repeat("a", 2047), logInPage},
	} {
		g := newGuarded(t)
		g.has = false
		res := send(g.guard.Require(show), guardRequest(c.method, c.target, browserAccept))
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != c.want {
			t.Errorf("%s %.80s: got %d to %.200s, want 303 to %.200s", c.method, c.target, res.StatusCode, got, c.want)
		}
		if got := res.Header.Get("WWW-Authenticate") + res.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %.80s: got WWW-Authenticate and Cache-Control %q, want only no-store", c.method, c.target, got)
		}
	}
}

// A request that was changed on its way to the handler is redirected to where the
// browser has been.
func TestGuardBehindStripPrefix(t *testing.T) {
	g := newGuarded(t)
	g.has = false
	h := http.StripPrefix("/shop", g.guard.Require(show))
	if got, want := send(h, guardRequest("GET", "/shop/orders", browserAccept)).Header.Get("Location"), logInPage+"?next=%2Fshop%2Forders"; got != want {
		t.Errorf("got a redirect to %q, want %q", got, want)
	}
}

func TestRequireFresh(t *testing.T) {
	for _, c := range []struct {
		age  time.Duration
		want int
	}{
		{0, 202}, {4*time.Minute + 50*time.Second, 202}, {-4 * time.Minute, 202},
		{5*time.Minute + time.Second, 303}, {24 * time.Hour, 303}, {-6 * time.Minute, 303},
	} {
		g := newGuarded(t)
		g.session.At = g.session.At.Add(-c.age)
		res := send(g.guard.RequireFresh(show), guardRequest("GET", "/delete", browserAccept))
		want := ""
		if c.want == 303 {
			want = "/account/confirm?from=site&next=%2Fdelete"
		}
		if got := res.Header.Get("Location"); res.StatusCode != c.want || got != want {
			t.Errorf("%v after the proof: got %d to %q, want %d to %q", c.age, res.StatusCode, got, c.want, want)
		}
		if res := send(g.guard.Require(show), guardRequest("GET", "/orders", browserAccept)); res.StatusCode != 202 || !g.has {
			t.Errorf("%v after the proof: Require got %d, want 202", c.age, res.StatusCode)
		}
	}
}
