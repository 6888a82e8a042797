package scssession

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// The time limits of NewManager's sessions; the package documentation has the reasons.
const (
	lifetime      = 30 * 24 * time.Hour
	idleTimeout   = 14 * 24 * time.Hour
	notRemembered = 24 * time.Hour // also with other managers
)

// Options are the options of [NewManager]. Nil and the zero value select the defaults.
type Options struct {
	// Store keeps the data. Nil keeps it in memory, in this process.
	Store scs.Store
	// InsecureCookies is for a server without TLS, as in development. The cookie is then
	// also sent over connections that others can read.
	InsecureCookies bool
}

// NewManager returns a manager with these settings, for [New]. The caller may change them
// before that.
//
//   - The cookie is "__Host-session", with Secure, HttpOnly, SameSite=Lax and the path "/".
//     The prefix keeps other hosts and connections without TLS from setting it (RFC
//     6265bis, section 4.1.3.2). With InsecureCookies, it is "session", without Secure.
//   - Lifetime is 30 days, and IdleTimeout is 14 days.
//   - Cookie.Persist is false: only users that want to be remembered have a cookie that
//     outlasts the browser.
//   - HashTokenInStore is true: a person that reads the store can't use its sessions.
//   - ErrorFunc logs the error with slog.Default, and responds with a bare 500, which
//     [signup.JSONErrors] makes JSON.
//
// A manager that scs.New returns differs in each of them.
func NewManager(opts *Options) *scs.SessionManager {
	m := scs.New()
	m.Lifetime, m.IdleTimeout = lifetime, idleTimeout
	m.HashTokenInStore = true
	m.ErrorFunc = respondFailed
	m.Cookie = scs.SessionCookie{
		Name: "__Host-session", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if opts == nil {
		return m
	}
	if opts.Store != nil {
		m.Store = opts.Store
	}
	if opts.InsecureCookies {
		m.Cookie.Name, m.Cookie.Secure = "session", false
	}
	return m
}

// respondFailed responds to a request whose session couldn't be loaded or saved.
func respondFailed(w http.ResponseWriter, r *http.Request, err error) {
	level := slog.LevelError
	if r.Context().Err() != nil { // the client has gone
		level = slog.LevelInfo
	}
	slog.LogAttrs(r.Context(), level, "signup: session not loaded or saved", slog.Any("error", err))
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}
