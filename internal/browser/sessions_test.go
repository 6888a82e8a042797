package browser

import (
	"net/http"
	"sync"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/scssession"
)

const sessionCookie = "session"

// agingSessions are the sessions of a site. A test can make the last proofs of identity
// older than they are.
type agingSessions struct {
	*scssession.Sessions

	mu     sync.Mutex
	before time.Time // which proofs are older
	by     time.Duration
}

func newSessions() *agingSessions {
	return &agingSessions{Sessions: scssession.New(scssession.NewManager(&scssession.Options{InsecureCookies: true}))}
}

func (a *agingSessions) Current(r *http.Request) (signup.Session, bool) {
	s, ok := a.Sessions.Current(r)
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.At.Before(a.before) {
		s.At = s.At.Add(-a.by)
	}
	return s, ok
}

// age makes the last proof of identity of all sessions older by d.
func (a *agingSessions) age(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.before, a.by = time.Now(), d
}
