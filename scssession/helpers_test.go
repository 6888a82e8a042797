package scssession_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/scssession"
)

// A store is a store of scs in memory, some of whose calls may fail.
type store struct {
	mu                            sync.Mutex
	data                          map[string][]byte
	expiry                        map[string]time.Time
	findErr, commitErr, deleteErr error
	commits                       int
	keepExpired                   bool
}

func newStore() *store { return &store{data: map[string][]byte{}, expiry: map[string]time.Time{}} }

func (s *store) Find(token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, found := s.data[token]
	if found && !s.keepExpired && !time.Now().Before(s.expiry[token]) {
		found = false
	}
	return b, found, s.findErr
}

func (s *store) Commit(token string, b []byte, expiry time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	if s.commitErr == nil {
		s.data[token], s.expiry[token] = b, expiry
	}
	return s.commitErr
}

func (s *store) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deleteErr == nil {
		delete(s.data, token)
	}
	return s.deleteErr
}

// fail makes all calls fail with err, or none if it is nil.
func (s *store) fail(err error) { s.findErr, s.commitErr, s.deleteErr = err, err, err }

func (s *store) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.data)
}

var errStore = errors.New("connection refused")

// session returns a Session of a user, of a log-in just now.
func session(id string) signup.Session {
	return signup.Session{
		Key: id + "@example.org", ID: id, Stamp: "stamp-1", Device: "device-1",
		At: time.Now().UTC().Truncate(time.Millisecond), By: signup.ByPassword,
	}
}

// A site has a page for each method of Sessions, and a page that keeps data of its own.
type site struct {
	*store
	handler  http.Handler
	sessions *scssession.Sessions
}

func newSite(t testing.TB, change func(*scssession.Options)) *site {
	opts := &scssession.Options{Store: newStore()}
	if change != nil {
		change(opts)
	}
	manager := scssession.NewManager(opts)
	s := &site{store: opts.Store.(*store), sessions: scssession.New(manager)}
	mux := http.NewServeMux()
	mux.HandleFunc("/current", func(w http.ResponseWriter, r *http.Request) {
		got, ok := s.sessions.Current(r)
		fmt.Fprintf(w, "%s %t %s", got.ID, ok, manager.GetString(r.Context(), "basket"))
	})
	mux.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) {
		v := session(r.FormValue("id"))
		v.Remember = r.FormValue("remember") != ""
		if age, err := time.ParseDuration(r.FormValue("age")); err == nil {
			v.At = v.At.Add(-age)
		}
		if err := s.sessions.Set(w, r, v); err != nil {
			t.Logf("Set returned %v", err) // to be searched for secrets
			http.Error(w, "not set", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Location", "/private")
		fmt.Fprint(w, "set")
	})
	mux.HandleFunc("/clear", func(w http.ResponseWriter, r *http.Request) {
		if err := s.sessions.Clear(w, r); err != nil {
			http.Error(w, "not cleared", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "cleared")
	})
	mux.HandleFunc("/put", func(w http.ResponseWriter, r *http.Request) {
		manager.Put(r.Context(), "basket", r.FormValue("basket"))
		w.Header().Set("Location", "/private")
		w.Header().Set("ETag", `"1"`)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "put")
	})
	s.handler = s.sessions.Handler(mux)
	return s
}

// captureLog returns what slog.Default writes until the test ends.
func captureLog(t testing.TB) *bytes.Buffer {
	b := new(bytes.Buffer)
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(b, nil)))
	t.Cleanup(func() {
		slog.SetDefault(old)
		t.Log("logged:\n" + b.String())
	})
	return b
}
