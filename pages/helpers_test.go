package pages_test

import (
	"cmp"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/pages"
)

const (
	adaEmail     = "ada@example.org"
	goodPassword = "correct horse battery"
	newPassword  = "correct horse staple gun"
	baseURL      = "https://orchard.example"
)

// A testSite is the pages, and what they work on.
type testSite struct {
	http.Handler
	t        testing.TB
	accounts *signup.Accounts
	store    *countingStore
	sessions *memSessions
	mails    *outbox
	counts   atomic.Int64 // calls of the Counter
	log      *logBuffer

	mu      sync.Mutex
	secrets []string // which no response and no log record may have
}

// newSite returns pages that send mails without a limit. Each of set may change the
// Accounts and the Options before.
func newSite(t testing.TB, set ...func(*signup.Accounts, *pages.Options)) *testSite {
	t.Helper()
	s := &testSite{t: t, store: &countingStore{Store: memstore.New()}, sessions: newSessions(), log: new(logBuffer)}
	s.mails = &outbox{site: s}
	key := sha256.Sum256([]byte("a secret of the tests"))
	s.accounts = &signup.Accounts{
		Store: s.store, Hasher: signup.Bcrypt{Cost: 4}, Logger: s.log.logger(),
		Secrets: []signup.Secret{signup.NewSecret(key[:])}, Send: s.mails.send,
		Limits: signup.Limits{MailInterval: time.Nanosecond, PerOrigin: 1_000_000},
	}
	s.accounts.Counter = countCalls{&signup.MemoryCounter{}, &s.counts}
	options := &pages.Options{Name: "Orchard", BaseURL: baseURL, Logger: s.log.logger()}
	for _, f := range set {
		f(s.accounts, options)
	}
	s.Handler = pages.New(s.accounts, s.sessions, options)
	t.Cleanup(s.checkLog)
	return s
}

// register stores a user with a verified address and goodPassword.
func (s *testSite) register(email string) {
	s.t.Helper()
	hash, err := signup.Bcrypt{Cost: 4}.Hash(goodPassword)
	if err != nil {
		s.t.Fatalf("Hash returned %v, want nil", err)
	}
	u := signup.User{Email: email, PasswordHash: hash, Active: true, EmailVerifiedAt: time.Now().UTC().Truncate(time.Millisecond)}
	if err := s.accounts.Create(s.t.Context(), &u); err != nil {
		s.t.Fatalf("Create returned %v, want nil", err)
	}
}

// user returns the user of email as stored.
func (s *testSite) user(email string) signup.User {
	s.t.Helper()
	key, err := signup.CanonicalEmail(email)
	if err != nil {
		s.t.Fatalf("CanonicalEmail returned %v, want nil", err)
	}
	u, err := s.store.Store.Get(s.t.Context(), key)
	if err != nil {
		s.t.Fatalf("Get returned %v, want the user", err)
	}
	return u
}

// hide makes text a secret.
func (s *testSite) hide(text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, text)
}

// checkSecrets reports each secret that text has.
func (s *testSite) checkSecrets(where, text string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.secrets {
		if strings.Contains(text, secret) {
			s.t.Errorf("%s has a password, token or code, want none: %.400s", where, text)
		}
	}
}

// checkLog reports the secrets and addresses in the log.
func (s *testSite) checkLog() {
	logged := s.log.String()
	s.checkSecrets("the log", logged)
	if strings.Contains(logged, "@") {
		s.t.Errorf("the log has an address, want none: %.400s", logged)
	}
}

// A roundTripper sends requests to a handler, without a network.
type roundTripper struct{ http.Handler }

func (rt roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	served := r.Clone(r.Context())
	served.RequestURI, served.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1234"
	served.Host = cmp.Or(r.Host, r.URL.Host)
	if served.Body == nil {
		served.Body = http.NoBody
	}
	rt.ServeHTTP(w, served)
	res := w.Result()
	res.Request = r
	return res, nil
}
