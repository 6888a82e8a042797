package signup_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"github.com/gosignup/signup"
)

// testSessions are Sessions in memory, by the random text of a cookie.
type testSessions struct {
	mu   sync.Mutex
	kept map[string]signup.Session
	fail bool // if set, Set and Clear return an error after they have set a cookie
}

const sessionCookie = "session"

var errSessions = errors.New("sessions are down")

func newSessions() *testSessions { return &testSessions{kept: make(map[string]signup.Session)} }

func (m *testSessions) Current(r *http.Request) (signup.Session, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[tokenOf(r)]
	return s, ok
}

func (m *testSessions) Set(w http.ResponseWriter, r *http.Request, s signup.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	token := rand.Text()
	cookie := &http.Cookie{Name: sessionCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if s.Remember {
		cookie.MaxAge = 3600
	}
	http.SetCookie(w, cookie)
	if m.fail {
		return errSessions
	}
	delete(m.kept, tokenOf(r))
	m.kept[token] = s
	return nil
}

func (m *testSessions) Clear(w http.ResponseWriter, r *http.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	if m.fail {
		return errSessions
	}
	delete(m.kept, tokenOf(r))
	return nil
}

// change changes every Session.
func (m *testSessions) change(f func(signup.Session) signup.Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for token, s := range m.kept {
		m.kept[token] = f(s)
	}
}

// len returns how many Sessions are kept.
func (m *testSessions) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.kept)
}

func tokenOf(r *http.Request) string {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}
