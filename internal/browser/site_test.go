package browser

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/mailer"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/pages"
)

// The user of most tests.
const (
	password    = "correct horse battery staple"
	newPassword = "a new correct horse battery"
	siteName    = "Orchard"
)

// A site is one as a user of this library writes it, with the account pages and a
// private page.
type site struct {
	accounts *signup.Accounts
	sessions *agingSessions
	base     string // its URL
	log      wiretest.Buffer

	mu   sync.Mutex
	seen []seenRequest
}

// A seenRequest is one that the site has got.
type seenRequest struct {
	method, url, referer, fetchSite string
	status                          int
}

// newSite starts a site, which ends with the test.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{sessions: newSessions()}
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	s.base = "http://localhost:" + port
	logger := slog.New(slog.NewTextHandler(&s.log, nil))
	sender := s.newMailer(t, logger)
	s.accounts = &signup.Accounts{
		Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4},
		Secrets: []signup.Secret{signup.NewSecret([]byte("a secret for tests in a browser, 42 bytes"))},
		Send:    sender.Send, EmailVerification: signup.VerifyBeforeRegistration, Discreet: true,
		Limits: signup.Limits{PerOrigin: 1_000_000, MailInterval: time.Nanosecond},
		Fields: []signup.ProfileField{{Name: "city"}, {Name: "about", Multiline: true}},
		Logger: logger,
	}
	server.Config.Handler = s.record(s.sessions.Handler(s.handler(logger)))
	server.Start()
	t.Cleanup(server.Close)
	return s
}

// newMailer returns what sends the mails of the site. It ends with the test.
func (s *site) newMailer(t *testing.T, logger *slog.Logger) *mailer.Mailer {
	t.Helper()
	host, port, _ := strings.Cut(mails.smtp, ":")
	number, _ := strconv.Atoi(port)
	m, err := mailer.New(mailer.Options{
		Name: siteName, From: siteName + " <no-reply@orchard.example>", BaseURL: s.base,
		Server: mailer.SMTP{Host: host, Port: number, Plaintext: true}, Logger: logger,
	})
	if err != nil {
		t.Fatalf("mailer.New returned %v, want nil", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := m.Close(ctx); err != nil {
			t.Errorf("Close returned %v, want nil", err)
		}
	})
	return m
}

// handler returns the pages of the site.
func (s *site) handler(logger *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	account := pages.New(s.accounts, s.sessions, &pages.Options{Name: siteName, BaseURL: s.base, Logger: logger})
	mux.Handle("/account/", account)
	mux.Handle("/.well-known/change-password", account)
	guard := &signup.Guard{Accounts: s.accounts, Sessions: s.sessions, LogInURL: "/account/log-in", Logger: logger}
	mux.Handle("GET /orders", guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, _ := signup.CurrentUser(r.Context())
		writePage(w, "Orders", "<p>The private orders of "+html.EscapeString(u.Email)+".</p>")
	})))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writePage(w, siteName, `<p><a href="/orders">Your orders</a></p>`)
	})
	return mux
}

func writePage(w http.ResponseWriter, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>%s</title><link rel="icon" href="data:,"><h1>%s</h1>%s</html>`, title, title, body)
}

// record returns next, and notes each request.
func (s *site) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		url := r.URL.String()
		next.ServeHTTP(rec, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, seenRequest{r.Method, url, r.Header.Get("Referer"), r.Header.Get("Sec-Fetch-Site"), rec.status})
	})
}

// requests returns the requests so far.
func (s *site) requests() []seenRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seenRequest(nil), s.seen...)
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// addUser stores a user with the password, and returns the address, which no other test
// uses.
func (s *site) addUser(t *testing.T) string {
	t.Helper()
	email := newAddress()
	u := signup.User{Email: email, FirstName: "Ada", LastName: "Lovelace", Active: true, EmailVerifiedAt: time.Now().UTC()}
	if err := s.accounts.Create(t.Context(), &u); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	if _, err := s.accounts.SetPassword(t.Context(), email, password); err != nil {
		t.Fatalf("SetPassword returned %v, want nil", err)
	}
	return email
}

// count returns how many requests with the method and path there were.
func (s *site) count(method, path string) (n int) {
	for _, r := range s.requests() {
		if r.method == method && r.url == path {
			n++
		}
	}
	return n
}

// await waits until there were n requests with the method and path.
func (s *site) await(t *testing.T, method, path string, n int) {
	t.Helper()
	for deadline := time.Now().Add(patience); s.count(method, path) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("got %d requests %s %s, want %d", s.count(method, path), method, path, n)
		}
	}
}
