package signup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// If the Store fails, the Session stays, and nothing is redirected.
func TestGuardStoreFails(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name       string
		err        error
		ctx        context.Context
		status     int
		retryAfter bool
		level      string
	}{
		{"failure", errors.New("connection refused"), nil, 500, false, "ERROR"},
		{"busy", signup.ErrBusy, nil, 503, true, "DEBUG"},
		{"client gone", context.Canceled, canceled, 503, false, "INFO"},
	} {
		for way, guard := range ways {
			g := newGuarded(t)
			g.withStore(func(s signup.Store) signup.Store {
				return fakestore.Store{Store: s, OnGet: func(context.Context, string) (signup.User, error) { return signup.User{}, c.err }}
			})
			r := guardRequest("GET", "/orders", browserAccept)
			if c.ctx != nil {
				r = r.WithContext(c.ctx)
			}
			res := send(guard(g.guard, show), r)
			if res.StatusCode != c.status || (res.Header.Get("Retry-After") != "") != c.retryAfter || !g.has ||
				res.Header.Get("Location")+res.Header.Get("WWW-Authenticate") != "" {
				t.Errorf("%s, %s: got %d with %v, and the session kept: %t; want %d, Retry-After: %t, and the session kept",
					c.name, way, res.StatusCode, res.Header, g.has, c.status, c.retryAfter)
			}
			res.Header.Set("Vary", "Accept")
			checkPlain(t, res, c.status)
			records := slices.DeleteFunc(g.log.records(t), func(r map[string]any) bool { return r["msg"] == "signup: request overload begins" })
			if len(records) != 1 || records[0]["level"] != c.level {
				t.Errorf("%s, %s: the log has %v, want one record of level %s", c.name, way, records, c.level)
			}
		}
	}
}

// All handlers of a Guard, and of its copies, have their overloads together.
func TestGuardOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		g.withStore(func(s signup.Store) signup.Store {
			return fakestore.Store{Store: s, OnGet: func(context.Context, string) (signup.User, error) {
				return signup.User{}, fmt.Errorf("no node: %w", signup.ErrBusy)
			}}
		})
		handlers := []http.Handler{g.guard.Require(show), g.guard.Require(show), g.guard.RequireFresh(show), g.guard.Load(show)}
		second := *g.guard
		handlers = append(handlers, second.Load(show))
		refuseAll := func() {
			for _, h := range handlers {
				if res := send(h, guardRequest("GET", "/orders", browserAccept)); res.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("got status %d, want 503", res.StatusCode)
				}
			}
		}
		const begins, ends = "WARN signup: request overload begins, resume: no node: signup: busy", "WARN signup: request overload ends, "
		refuseAll()
		time.Sleep(2 * time.Second)
		refuseAll()
		checkWarnings(t, g.log, begins)
		time.Sleep(time.Minute)
		checkWarnings(t, g.log, begins, ends+"10 in 2s")
		refuseAll()
		time.Sleep(time.Minute)
		checkWarnings(t, g.log, begins, ends+"10 in 2s", begins, ends+"5 in 0s")
		// A request without a log-in and one that an ErrorHandler responds to are none.
		second.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusTeapot) }
		send(second.Require(show), guardRequest("GET", "/orders", browserAccept))
		g.has = false
		send(handlers[0], guardRequest("GET", "/orders", browserAccept))
		time.Sleep(time.Minute)
		checkWarnings(t, g.log, begins, ends+"10 in 2s", begins, ends+"5 in 0s")
	})
}

func TestGuardMistakesPanic(t *testing.T) {
	a, s := newAccounts(), &oneSession{}
	for name, c := range map[string]struct {
		guard signup.Guard
		next  http.Handler
		fresh bool // only RequireFresh panics
	}{
		"no Accounts":          {guard: signup.Guard{Sessions: s}, next: show},
		"no Sessions":          {guard: signup.Guard{Accounts: a}, next: show},
		"no Store":             {guard: signup.Guard{Accounts: &signup.Accounts{}, Sessions: s}, next: show},
		"no handler":           {guard: signup.Guard{Accounts: a, Sessions: s}},
		"a LogInURL":           {guard: signup.Guard{Accounts: a, Sessions: s, LogInURL: "/%zz"}, next: show},
		"a ReauthenticateURL":  {guard: signup.Guard{Accounts: a, Sessions: s, ReauthenticateURL: "/%zz"}, next: show},
		"no ReauthenticateURL": {guard: signup.Guard{Accounts: a, Sessions: s, LogInURL: logInPage}, next: show, fresh: true},
	} {
		for way, guard := range ways {
			func() {
				defer func() {
					want := way == "RequireFresh" || !c.fresh
					if v := recover(); (v != nil) != want {
						t.Errorf("%s: %s panicked with %v, want a panic: %t", name, way, v, want)
					}
				}()
				guard(&c.guard, c.next)
			}()
		}
	}
}

// A handler without a Guard has no user.
func TestCurrentUserWithoutGuard(t *testing.T) {
	if u, ok := signup.CurrentUser(t.Context()); ok || u.ID != "" {
		t.Errorf("CurrentUser returned %v, %t; want the zero User, false", u, ok)
	}
	if s, ok := signup.CurrentSession(t.Context()); ok || s != (signup.Session{}) {
		t.Errorf("CurrentSession returned %v, %t; want the zero Session, false", s, ok)
	}
}

// Several Guards of one Accounts cost one Store.Get. Those of others ask their own.
func TestGuardsBehindEachOther(t *testing.T) {
	g := newGuarded(t)
	calls := &callStore{}
	g.withStore(func(s signup.Store) signup.Store { calls.Store = s; return calls })
	other := &signup.Guard{Accounts: g.guard.Accounts, Sessions: g, Logger: quiet.Logger}
	inner, session := other.RequireFresh(show), g.session
	if res := send(g.guard.Load(g.guard.Require(inner)), guardRequest("GET", "/", "")); res.StatusCode != http.StatusAccepted || calls.gets != 1 {
		t.Errorf("got %d after %d Gets, want 202 after 1", res.StatusCode, calls.gets)
	}
	// The Session is looked at again: it may be another one by now, or none.
	for name, change := range map[string]func(w http.ResponseWriter, r *http.Request) error{
		"Set":   func(w http.ResponseWriter, r *http.Request) error { return g.Set(w, r, stale(g.session)) },
		"Clear": func(w http.ResponseWriter, r *http.Request) error { return g.Clear(w, r) },
	} {
		g.session, g.has = session, true
		changing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := change(w, r); err != nil {
				t.Errorf("%s returned %v, want nil", name, err)
			}
			inner.ServeHTTP(w, r)
		})
		if res := send(g.guard.Require(changing), guardRequest("GET", "/", "")); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("after %s between two Guards, got %d, want 401", name, res.StatusCode)
		}
	}
	// A user of one Accounts is no user of another one.
	g = newGuarded(t)
	stranger := &signup.Guard{Accounts: newAccounts(), Sessions: g, Logger: quiet.Logger}
	if res := send(g.guard.Require(stranger.Require(show)), guardRequest("GET", "/", "")); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("with other Accounts, got %d, want 401", res.StatusCode)
	}
}

// Translate puts the texts of a Guard into the client's language.
func TestGuardTranslates(t *testing.T) {
	g := newGuarded(t)
	g.has = false
	g.guard.Translate = func(languages []string, m signup.Message) string { return strings.Join(languages, " ") + ": " + m.Code }
	r := guardRequest("POST", "/", "application/json")
	r.Header.Set("Accept-Language", "de-AT,en;q=0.5")
	if body := readAll(t, send(g.guard.Require(show), r)); !strings.Contains(body, `"de-AT en: not_logged_in"`) {
		t.Errorf("got %s, want the translated message", body)
	}
}

// The application's ErrorHandler responds to failures, and to nothing else.
func TestGuardErrorHandler(t *testing.T) {
	for way, guard := range ways {
		g, got := newGuarded(t), error(nil)
		var failure error
		g.withStore(func(s signup.Store) signup.Store {
			return fakestore.Store{Store: s, OnGet: func(ctx context.Context, key string) (signup.User, error) {
				if failure != nil {
					return signup.User{}, failure
				}
				return s.Get(ctx, key)
			}}
		})
		g.guard.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
			got = err
			w.WriteHeader(http.StatusTeapot)
		}
		session := g.session
		g.session.Stamp = "another"
		if res := send(guard(g.guard, show), guardRequest("GET", "/orders", "")); res.StatusCode == http.StatusTeapot {
			t.Errorf("%s: got the ErrorHandler's response for an ended session, want the Guard's", way)
		}
		g.session, g.has = session, true
		failure = errors.New("connection refused")
		res := send(guard(g.guard, show), guardRequest("GET", "/orders", browserAccept))
		if records := g.log.records(t); res.StatusCode != http.StatusTeapot || !errors.Is(got, failure) || len(records) != 0 {
			t.Errorf("%s: got %d with the error %v and the log %v; want the ErrorHandler's 418, the Store's error and no record",
				way, res.StatusCode, got, records)
		}
	}
}
