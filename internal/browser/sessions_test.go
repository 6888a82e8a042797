package browser

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/gosignup/signup"
)

// memorySessions is a signup.Sessions in memory.
type memorySessions struct {
	mu   sync.Mutex
	kept map[string]signup.Session // by token
}

const sessionCookie = "session"

func newMemorySessions() *memorySessions {
	return &memorySessions{kept: make(map[string]signup.Session)}
}

func (m *memorySessions) Current(r *http.Request) (signup.Session, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return signup.Session{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[c.Value]
	return s, ok
}

func (m *memorySessions) Set(w http.ResponseWriter, r *http.Request, s signup.Session) error {
	token := rand.Text()
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, err := r.Cookie(sessionCookie); err == nil {
		delete(m.kept, c.Value)
	}
	m.kept[token] = s
	c := &http.Cookie{Name: sessionCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if s.Remember {
		c.MaxAge = int((30 * 24 * time.Hour).Seconds())
	}
	http.SetCookie(w, c)
	return nil
}

func (m *memorySessions) Clear(w http.ResponseWriter, r *http.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, err := r.Cookie(sessionCookie); err == nil {
		delete(m.kept, c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	return nil
}

// age makes the last proof of identity of all sessions older by d.
func (m *memorySessions) age(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for token, s := range m.kept {
		s.At = s.At.Add(-d)
		m.kept[token] = s
	}
}
