package pages_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gosignup/signup"
)

// A countingStore is its Store, and counts the calls and the writes among them.
type countingStore struct {
	signup.Store
	calls, writes atomic.Int64
	// fail, if set, is called first. An error that it returns is that of the call.
	fail func() error
	// lose, if set, is returned by Create after it has stored the user.
	lose error
}

func (s *countingStore) begin(writes int64) error {
	s.calls.Add(1)
	s.writes.Add(writes)
	if s.fail != nil {
		return s.fail()
	}
	return nil
}

func (s *countingStore) Create(ctx context.Context, u *signup.User) error {
	if err := s.begin(1); err != nil {
		return err
	}
	if err := s.Store.Create(ctx, u); err != nil {
		return err
	}
	return s.lose
}

func (s *countingStore) Get(ctx context.Context, key string) (signup.User, error) {
	if err := s.begin(0); err != nil {
		return signup.User{}, err
	}
	return s.Store.Get(ctx, key)
}

func (s *countingStore) Update(ctx context.Context, u *signup.User) error {
	if err := s.begin(1); err != nil {
		return err
	}
	return s.Store.Update(ctx, u)
}

func (s *countingStore) Delete(ctx context.Context, u signup.User) error {
	if err := s.begin(1); err != nil {
		return err
	}
	return s.Store.Delete(ctx, u)
}

// countCalls is its Counter, and counts the calls.
type countCalls struct {
	signup.Counter
	calls *atomic.Int64
}

func (c countCalls) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	c.calls.Add(1)
	return c.Counter.Add(ctx, name, n, window)
}

// memSessions keeps Sessions in memory, behind a random cookie.
type memSessions struct {
	mu   sync.Mutex
	kept map[string]signup.Session
	fail error // of Set and Clear
}

func newSessions() *memSessions { return &memSessions{kept: make(map[string]signup.Session)} }

const sessionCookie = "__Host-session"

func (m *memSessions) token(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

func (m *memSessions) Current(r *http.Request) (signup.Session, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[m.token(r)]
	return s, ok
}

func (m *memSessions) Set(w http.ResponseWriter, r *http.Request, s signup.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	delete(m.kept, m.token(r))
	c := &http.Cookie{Name: sessionCookie, Value: rand.Text(), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if s.Remember {
		c.MaxAge = 1 << 20
	}
	m.kept[c.Value] = s
	http.SetCookie(w, c)
	return nil
}

func (m *memSessions) Clear(w http.ResponseWriter, r *http.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	delete(m.kept, m.token(r))
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", Secure: true, MaxAge: -1})
	return nil
}

// all returns the Sessions that are kept.
func (m *memSessions) all() (all []signup.Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.kept {
		all = append(all, s)
	}
	return all
}
