package signup

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"

	"github.com/gosignup/signup/internal/outage"
)

// A Guard lets requests of logged-in users through to an application's handlers.
// Accounts and Sessions must be set; the zero value of every other field selects the
// default that its comment names. The fields must not be changed after the first call.
// The methods are safe for concurrent use.
//
//	guard := &signup.Guard{Accounts: accounts, Sessions: sessions, LogInURL: "/account/log-in"}
//	mux.Handle("GET /orders", guard.Require(orders))
//
// A handler behind a Guard gets the user by [CurrentUser]. Responses have Cache-Control:
// no-store, so that a private page isn't shown from a cache after the log-out, and Vary:
// Cookie; a handler may set other values. A handler behind several of them with the same
// Accounts, such as one for the whole site and one for a page, costs one Store.Get.
//
// A Guard lets requests from other sites through. Put [http.CrossOriginProtection] around
// handlers that change something, as [NewAPI] and package pages have it.
//
// For a request without a log-in, the response depends on what the client accepts. A
// browser that asks for a page (a GET or HEAD whose Accept header has text/html) is
// redirected to LogInURL by 303, with its path and query as the parameter "next", so
// that it comes back. What isn't a plain path, or has more than 2048 bytes, is left out.
// The log-in page checks "next" all the same, as any client can make such a link. A form
// that was posted by a browser is redirected without "next", since it can't be posted
// again. Other requests get 401 in the form of [NewAPI]'s errors.
type Guard struct {
	// Accounts has the users.
	Accounts *Accounts
	// Sessions has the Session of each client.
	Sessions Sessions
	// LogInURL is the page to log in, such as "/account/log-in". If it is empty, each
	// request without a log-in gets 401.
	LogInURL string
	// ReauthenticateURL is the page to give the password again, such as
	// "/account/confirm". RequireFresh needs it if LogInURL is set: a log-in page that
	// sends logged-in users back would send them in a circle.
	ReauthenticateURL string
	// ErrorHandler responds to a request that fails because of the Store or the context,
	// such as by an HTML page. The error may be [ErrBusy]. Nil responds in the form of
	// [NewHandler]'s errors, and logs the error.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, err error)
	// Logger gets a record of each request that fails, unless there is an ErrorHandler. If
	// requests are refused because the Store is busy, it gets a warning when that begins,
	// with the cause, and another when none was refused for 10 seconds, with their number;
	// the record of each such request has the level DEBUG. Nil is slog.Default().
	Logger *slog.Logger
	// Translate is like that of [HandlerOptions].
	Translate func(languages []string, m Message) string

	// overload is that of all handlers of the Guard, and of copies of it.
	overload *outage.Overload
}

// settingUp protects the overload of each Guard. It isn't in the Guard, which may be copied.
var settingUp sync.Mutex

// Require returns a handler that calls next for logged-in users: those with a Session
// that [Accounts.Resume] accepts. That is one Store.Get for each request. A Session that
// has ended stays in Sessions until the next log-in or until it expires there: another
// request of the client, such as one for a new password, may be about to renew it. Data
// that the application keeps with it stays, too. Show that only to logged-in users.
//
// If the Store fails, the response is that of ErrorHandler, or else 500, or 503 with
// Retry-After if it is busy. The Session stays.
func (g *Guard) Require(next http.Handler) http.Handler { return g.require(next, false) }

// RequireFresh is [Guard.Require] for sensitive changes: the user must have proved their
// identity within the last 5 minutes ([Session].At). Otherwise a browser is redirected
// to ReauthenticateURL. Other requests get 401 with a challenge as in RFC 9470, section
// 3: the error insufficient_user_authentication, and max_age in seconds.
func (g *Guard) RequireFresh(next http.Handler) http.Handler {
	if g.LogInURL != "" && g.ReauthenticateURL == "" {
		panic("signup: Guard.RequireFresh with LogInURL needs ReauthenticateURL")
	}
	return g.require(next, true)
}

func (g *Guard) require(next http.Handler, fresh bool) http.Handler {
	g.check(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := g.resume(w, r)
		if err == nil && fresh {
			s, _ := CurrentSession(r.Context())
			err = requireFresh(s)
		}
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Load returns a handler that calls next for every request. If the client is logged in,
// [CurrentUser] returns the user; if it isn't, or the Session has ended, there is none.
// It is for pages that need no log-in, and costs what Require costs. Errors of the
// Store are handled as by Require.
func (g *Guard) Load(next http.Handler) http.Handler {
	g.check(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := g.resume(w, r)
		if err != nil && !errors.Is(err, ErrEnded) {
			g.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// check sets up g. It panics if g can't be used, as that is a mistake in the program.
func (g *Guard) check(next http.Handler) {
	switch {
	case g.Accounts == nil || g.Sessions == nil:
		panic("signup: Guard without Accounts or Sessions")
	case next == nil:
		panic("signup: Guard without a handler")
	}
	for _, page := range []string{g.LogInURL, g.ReauthenticateURL} {
		if _, err := url.Parse(page); err != nil {
			panic("signup: Guard with a URL that isn't valid")
		}
	}
	if err := g.Accounts.setUp(); err != nil {
		panic(err)
	}
	settingUp.Lock()
	defer settingUp.Unlock()
	if g.overload == nil {
		g.overload = new(outage.Overload)
	}
}

// resume returns r with the user and the Session of its client. If there is no Session
// that goes on, the error is ErrEnded.
func (g *Guard) resume(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Cookie")
	s, ok := g.Sessions.Current(r)
	if !ok {
		return r, ErrEnded
	}
	if l, ok := r.Context().Value(logInKey{}).(*logIn); ok && l.accounts == g.Accounts && l.session == s {
		return r, nil // another Guard has let r through
	}
	u, err := g.Accounts.Resume(r.Context(), s)
	if err != nil {
		return r, err
	}
	return r.WithContext(context.WithValue(r.Context(), logInKey{}, &logIn{g.Accounts, s, u})), nil
}

func (g *Guard) logger() *slog.Logger {
	if g.Logger != nil {
		return g.Logger
	}
	return slog.Default()
}

func (g *Guard) log(ctx context.Context, level slog.Level, outcome string, err error) {
	g.logger().LogAttrs(ctx, level, "signup: request "+outcome, slog.Any("error", err))
}
