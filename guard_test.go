package signup_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gosignup/signup"
)

// oneSession is the Sessions of one client, without cookies.
type oneSession struct {
	session signup.Session
	has     bool
}

func (o *oneSession) Current(*http.Request) (signup.Session, bool) { return o.session, o.has }

func (o *oneSession) Set(_ http.ResponseWriter, _ *http.Request, s signup.Session) error {
	o.session, o.has = s, true
	return nil
}

func (o *oneSession) Clear(http.ResponseWriter, *http.Request) error {
	o.session, o.has = signup.Session{}, false
	return nil
}

const (
	logInPage = "/account/log-in"
	freshPage = "/account/confirm?from=site"
)

// guarded has a Guard of a site in which ada is logged in.
type guarded struct {
	*oneSession
	guard *signup.Guard
	log   *logBuffer
}

func newGuarded(t testing.TB) *guarded {
	a := newAccounts()
	g := &guarded{oneSession: &oneSession{session: logInAda(t, a, nil), has: true}}
	logger, log := newLog(t)
	g.log = log
	g.guard = &signup.Guard{Accounts: a, Sessions: g, LogInURL: logInPage, ReauthenticateURL: freshPage, Logger: logger}
	return g
}

// withStore returns a Guard like g's, whose Store is what change returns.
func (g *guarded) withStore(change func(signup.Store) signup.Store) {
	g.guard = &signup.Guard{
		Accounts: &signup.Accounts{Store: change(g.guard.Accounts.Store), Hasher: cheap}, Sessions: g,
		LogInURL: logInPage, ReauthenticateURL: freshPage, Logger: g.guard.Logger,
	}
}

// ways has the handlers of a Guard.
var ways = map[string]func(*signup.Guard, http.Handler) http.Handler{
	"Require":      (*signup.Guard).Require,
	"RequireFresh": (*signup.Guard).RequireFresh,
	"Load":         (*signup.Guard).Load,
}

const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// guardRequest returns a request with the Accept header.
func guardRequest(method, target, accept string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return r
}

// show is a handler that shows the user and the session.
var show = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	u, ok := signup.CurrentUser(r.Context())
	s, hasSession := signup.CurrentSession(r.Context())
	if ok != hasSession || u.ID != s.ID {
		panic("the user isn't that of the session")
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write([]byte("user " + u.ID))
})

func TestGuardLetsThrough(t *testing.T) {
	g := newGuarded(t)
	for name, way := range ways {
		res := send(way(g.guard, show), guardRequest(http.MethodPost, "/orders", "application/json"))
		if body := readAll(t, res); res.StatusCode != http.StatusAccepted || body != "user ada" {
			t.Errorf("%s: got %d, %q, want 202 and the user", name, res.StatusCode, body)
		}
		if got := res.Header.Get("Cache-Control") + " " + res.Header.Get("Vary"); got != "no-store Cookie" {
			t.Errorf("%s: got Cache-Control and Vary %q, want no-store and Cookie", name, got)
		}
	}
	if !g.has {
		t.Error("the session was removed, want it kept")
	}
}

// A handler may set another Cache-Control.
func TestGuardHeadersCanBeSet(t *testing.T) {
	h := newGuarded(t).guard.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=60")
	}))
	if got := send(h, guardRequest(http.MethodGet, "/", "")).Header.Values("Cache-Control"); len(got) != 1 || got[0] != "private, max-age=60" {
		t.Errorf("Cache-Control is %q, want that of the handler", got)
	}
}

// A request with a Session that has ended counts as one without a log-in. The Session stays,
// as another request may be about to renew it.
func TestGuardEndedSession(t *testing.T) {
	ends := map[string]func(t testing.TB, a *signup.Accounts, s signup.Session){
		"no session": nil,
		"log out everywhere": func(t testing.TB, a *signup.Accounts, s signup.Session) {
			if err := a.EndAllSessions(t.Context(), s.Key); err != nil {
				t.Fatalf("EndAllSessions returned %v, want nil", err)
			}
		},
		"deleted": func(t testing.TB, a *signup.Accounts, s signup.Session) {
			if err := a.Store.Delete(t.Context(), getUser(t, a.Store, s.Key)); err != nil {
				t.Fatalf("Delete returned %v, want nil", err)
			}
		},
	}
	for name := range endedSessions {
		ends[name] = nil
	}
	for name := range ends {
		for way, guard := range ways {
			g := newGuarded(t)
			if end := endedSessions[name]; end != nil {
				g.session = end(t, g.guard.Accounts, g.session)
			} else if end := ends[name]; end != nil {
				end(t, g.guard.Accounts, g.session)
			} else {
				g.has = false
			}
			had := g.has
			res := send(guard(g.guard, show), guardRequest(http.MethodGet, "/orders", "*/*"))
			want := http.StatusUnauthorized
			if way == "Load" {
				want = http.StatusAccepted
				if body := readAll(t, res); body != "user " {
					t.Errorf("%s, %s: got %q, want no user", name, way, body)
				}
			}
			if res.StatusCode != want || g.has != had {
				t.Errorf("%s, %s: got %d, and the session kept: %t; want %d and %t", name, way, res.StatusCode, g.has, want, had)
			}
			if got := res.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s, %s: Cache-Control is %q, want no-store", name, way, got)
			}
		}
	}
}
