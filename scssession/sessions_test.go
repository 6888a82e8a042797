package scssession_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/scssession"
)

// The search for secrets in the output of these tests finds planted ones.
func TestPlanted(t *testing.T) { leaktest.Plant(t) }

func TestSetAndClear(t *testing.T) {
	s := newSite(t, nil)
	b := newBrowser(t, s.handler)
	b.want("/current", " false ")
	if len(b.cookies) != 0 || s.commits != 0 {
		t.Errorf("a visit has set %d cookies and made %d writes, want none", len(b.cookies), s.commits)
	}
	b.want("/clear", "cleared")
	b.want("/put?basket=apples", "put")
	b.want("/set?id=ada", "set")
	b.want("/current", "ada true apples")
	b.want("/clear", "cleared")
	b.want("/current", " false ")
	if len(b.cookies) != 0 || s.len() != 0 {
		t.Errorf("after Clear, the browser has %d cookies and the store %d sessions, want none", len(b.cookies), s.len())
	}
}

// Current returns what Set was given, in each field.
func TestSessionIsKept(t *testing.T) {
	s := scssession.New(nil)
	want := session("ada")
	want.By, want.Remember = signup.ByPassword|signup.ByEmail, true
	var got signup.Session
	b := newBrowser(t, s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/set" {
			if err := s.Set(w, r, want); err != nil {
				t.Errorf("Set returned %v, want nil", err)
			}
		}
		got, _ = s.Current(r)
	})))
	for _, path := range []string{"/set", "/"} {
		if b.get(path); got != want {
			t.Errorf("%s: got %v at %v, want an equal Session for %v at %v", path, got, got.At, want, want.At)
		}
	}
}

// A token from before a log-in, a renewal or a log-out is void after it.
func TestTokenBeforeIsVoid(t *testing.T) {
	s := newSite(t, nil)
	b := newBrowser(t, s.handler)
	tokens := map[string]bool{}
	for _, path := range []string{"/put?basket=apples", "/set?id=ada", "/set?id=ada", "/set?id=bob", "/clear"} {
		copied := b.clone()
		b.get(path)
		copied.want("/current", " false ")
		if tokens[b.token()] {
			t.Errorf("%s: the token is one from before, want a new one", path)
		}
		tokens[b.token()] = true
	}
	// A token that the client has made up is not used.
	b.cookies["__Host-session"] = &http.Cookie{Name: "__Host-session", Value: "made-up"}
	if b.want("/set?id=ada", "set"); b.token() == "made-up" {
		t.Error("Set has kept a token that the client has made up, want a new one")
	}
}

// Nothing of a user is left for the next one in the same browser, with a log-out between
// them or without.
func TestTwoUsersInOneBrowser(t *testing.T) {
	for _, between := range []string{"", "/clear"} {
		s := newSite(t, nil)
		b := newBrowser(t, s.handler)
		b.want("/set?id=ada&remember=yes", "set")
		b.want("/put?basket=apples", "put")
		if between != "" {
			b.get(between)
		}
		b.want("/set?id=bob", "set")
		b.want("/current", "bob true ")
		if c := b.cookies["__Host-session"]; c.MaxAge != 0 || s.len() != 1 {
			t.Errorf("the cookie has Max-Age %d, and the store %d sessions; want 0 and 1", c.MaxAge, s.len())
		}
	}
}

// The store can't be used to take over a session.
func TestStoreHasNoToken(t *testing.T) {
	s := newSite(t, nil)
	b := newBrowser(t, s.handler)
	b.get("/set?id=ada")
	for token := range s.data {
		if token == b.token() || len(b.token()) < 43 {
			t.Errorf("the store has the token, of %d characters; want its hash, and at least 43", len(b.token()))
		}
		b.cookies["__Host-session"].Value = token
	}
	b.want("/current", " false ")
}

func TestMistakesPanic(t *testing.T) {
	s := scssession.New(nil)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	other := scssession.New(nil)
	for name, call := range map[string]func(){
		"Current": func() { s.Current(r) },
		"Set":     func() { _ = s.Set(w, r, session("ada")) },
		"Clear":   func() { _ = s.Clear(w, r) },
		"other Sessions": func() {
			other.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { s.Current(r) })).ServeHTTP(w, r)
		},
		"no handler": func() { s.Handler(nil) },
	} {
		func() {
			defer func() {
				text, _ := recover().(string)
				if !strings.HasPrefix(text, "scssession: ") || !strings.Contains(text, "andler") {
					t.Errorf("%s: got the panic %q, want one that names Handler", name, text)
				}
			}()
			call()
		}()
	}
}
