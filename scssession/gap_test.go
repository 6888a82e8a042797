package scssession_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/scssession"
)

const email, password, newPassword = "ada@example.org", "correct horse battery", "correct horse staple gun"

// A gapSite has the users of a, whose log-ins s keeps, and a browser.
type gapSite struct {
	*browser
	a   *signup.Accounts
	s   *scssession.Sessions
	mux *http.ServeMux
}

// newGapSite returns a site on which a new user is logged in. "/page" says whether the
// client is.
func newGapSite(t *testing.T, data *store) *gapSite {
	t.Helper()
	l := &gapSite{
		a: &signup.Accounts{Hasher: signup.Bcrypt{Cost: 4}, Store: memstore.New()},
		s: scssession.New(scssession.NewManager(&scssession.Options{Store: data})), mux: http.NewServeMux(),
	}
	l.browser = newBrowser(t, l.s.Handler(l.mux))
	g := &signup.Guard{Accounts: l.a, Sessions: l.s}
	l.mux.Handle("/page", g.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, ok := signup.CurrentUser(r.Context())
		fmt.Fprint(w, ok)
	})))
	if _, err := l.a.Register(t.Context(), signup.Registration{Email: email, Password: password}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	l.mux.HandleFunc("/log-in", func(w http.ResponseWriter, r *http.Request) {
		session, err := l.a.LogIn(r.Context(), email, password, signup.Client{})
		if err == nil {
			err = l.s.Set(w, r, session)
		}
		if err != nil {
			t.Errorf("LogIn or Set returned %v, want nil", err)
		}
	})
	l.want("/log-in", "")
	l.want("/page", "true")
	return l
}

// A page that is asked for after a call has ended all other sessions, and before Set has
// renewed this one, finds that it has ended. The user stays logged in all the same, also if
// the response of the page comes last.
func TestPageInGap(t *testing.T) {
	for name, change := range map[string]func(context.Context, *signup.Accounts, signup.Session) (signup.Session, error){
		"EndOtherSessions": func(ctx context.Context, a *signup.Accounts, s signup.Session) (signup.Session, error) {
			return a.EndOtherSessions(ctx, s)
		},
		"ChangeOwnPassword": func(ctx context.Context, a *signup.Accounts, s signup.Session) (signup.Session, error) {
			return a.ChangeOwnPassword(ctx, s, password, newPassword)
		},
	} {
		l := newGapSite(t, newStore())
		l.mux.Handle("/api/", signup.NewAPI(l.a, l.s, nil))
		var inGap []*http.Response
		l.mux.HandleFunc("/change", func(w http.ResponseWriter, r *http.Request) {
			session, _ := l.s.Current(r)
			session, err := change(r.Context(), l.a, session)
			if err != nil {
				t.Errorf("%s returned %v, want nil", name, err)
			}
			inGap = append(inGap, l.send("/page"), l.send("/api/user"))
			if err := l.s.Set(w, r, session); err != nil {
				t.Errorf("%s: Set returned %v, want nil", name, err)
			}
		})
		l.want("/change", "")
		for _, res := range inGap {
			l.keep(res)
		}
		l.want("/page", "true")
	}
}

// A session that has ended costs no writes of the store, and the next log-in replaces it.
func TestEndedSessionStays(t *testing.T) {
	data := newStore()
	l := newGapSite(t, data)
	if err := l.a.EndAllSessions(t.Context(), email); err != nil {
		t.Fatalf("EndAllSessions returned %v, want nil", err)
	}
	commits, before := data.commits, l.token()
	for range 3 {
		l.want("/page", "false")
	}
	if data.commits != commits || data.len() != 1 || l.token() != before {
		t.Errorf("got %d writes and %d stored sessions, want none and the one of before, with its cookie", data.commits-commits, data.len())
	}
	l.want("/log-in", "")
	l.want("/page", "true")
	if data.len() != 1 || l.token() == before {
		t.Errorf("after the next log-in, got %d stored sessions, want one with a new token", data.len())
	}
}
