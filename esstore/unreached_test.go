package esstore_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/wiretest"
)

// An unreachable is a way in which no server gets a request.
type unreachable struct {
	name      string
	transport esapi.Transport
	cause     string // in the error
}

// unreachables returns ways in which no server gets a request.
func unreachables(t *testing.T) []unreachable {
	t.Helper()
	dialing := func(dial func(context.Context, string, string) (net.Conn, error)) *http.Client {
		tr := &http.Transport{DialContext: dial}
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	timeout := &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
	return []unreachable{
		{"connection refused", transport{"http://127.0.0.1:1", dialing(nil)}, "connection refused"},
		{"connection refused each time", twice{transport{"http://127.0.0.1:1", dialing(nil)}}, "connection refused"},
		{"no such host", transport{"http://es.example", dialing(func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "es.example", IsNotFound: true}
		})}, "no such host"},
		{"a dial that takes too long", transport{"http://es.example", dialing(func(context.Context, string, string) (net.Conn, error) {
			return nil, timeout
		})}, "deadline exceeded"},
		{"an unknown certificate", transport{secure.URL, dialing(nil)}, "certificate"},
		{"a server without TLS", transport{strings.Replace(plain.URL, "http:", "https:", 1), dialing(nil)}, "HTTP"},
		{"no living node", transportFunc(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("cannot get connection: no connection available")
		}), "no connection available"},
	}
}

// If no server gets a request, nothing was done, and the error has the cause.
func TestUnreachedServerIsBusy(t *testing.T) {
	for _, c := range unreachables(t) {
		for _, op := range []string{"create", "get", "update", "delete"} {
			t.Run(c.name+", "+op, func(t *testing.T) {
				err := methods[op](t.Context(), esstore.New(c.transport, nil), versionedUser(t))
				wantOutcome(t, err, "ErrBusy")
				wantError(t, err, op, 0, "")
				wantNoSecret(t, err)
				if !strings.Contains(err.Error(), c.cause) {
					t.Errorf("got error %v, want one with %q", err, c.cause)
				}
			})
		}
	}
}

// A write that a server may have got is of unknown outcome, whatever came of the next
// attempt.
func TestWriteThatMayHaveBeenSentIsNotBusy(t *testing.T) {
	for _, op := range []string{"create", "update", "delete"} {
		t.Run(op, func(t *testing.T) {
			u := versionedUser(t)
			f := newFake(t, hangUp)
			gone := transport{"http://127.0.0.1:1", f.client}
			n := 0
			err := methods[op](t.Context(), esstore.New(twice{transportFunc(func(r *http.Request) (*http.Response, error) {
				if n++; n == 1 {
					return f.Perform(r)
				}
				return gone.Perform(r)
			})}, nil), u)
			wantOutcome(t, err, unknown)
		})
	}
	t.Run("create that is sent again", func(t *testing.T) {
		f := newFake(t, hangUp, foundAnother)
		gone := transport{"http://127.0.0.1:1", f.client}
		n := 0
		u := newUser()
		err := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if n++; n <= 2 {
				return f.Perform(r)
			}
			return gone.Perform(r)
		}), nil).Create(t.Context(), &u)
		wantOutcome(t, err, unknown)
	})
}

// If the context is done before there is a connection, the error is the context's.
func TestUnreachedWithContextDone(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	_, err := esstore.New(transport{"http://es.example", client}, nil).Get(ctx, "ada.qx@example.org")
	wantContextError(t, err, context.DeadlineExceeded)
	wantOutcome(t, err, unknown)
}

// If Elasticsearch is down or its disk is full, the handlers respond with 503 and
// Retry-After, and the log has one warning, with the cause.
func TestHandlersRespond503WhenElasticsearchIsDown(t *testing.T) {
	cases := append(unreachables(t), unreachable{"a full disk", transportFunc(func(*http.Request) (*http.Response, error) {
		return response(http.StatusTooManyRequests, failedBody(429, "cluster_block_exception")), nil
	}), "cluster_block_exception"})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			accounts := &signup.Accounts{Store: esstore.New(c.transport, nil), Hasher: signup.Bcrypt{Cost: 4}}
			var logged wiretest.Buffer
			opts := &signup.HandlerOptions{Logger: slog.New(slog.NewTextHandler(&logged, nil))}
			for name, h := range map[string]http.Handler{
				"sign-up": signup.NewHandler(accounts, opts), "log-in": signup.NewLoginHandler(accounts, func(http.ResponseWriter, *http.Request, signup.User) error { return nil }, opts),
			} {
				logged.Reset()
				for _, address := range []string{"ada.qx", "grace"} {
					body := `{"email_address":"` + address + `@example.org","password":"correct horse battery qx"}`
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
					r.Header.Set("Content-Type", "application/json")
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
						t.Errorf("%s: got status %d, Retry-After %q, want 503 and some seconds", name, w.Code, w.Header().Get("Retry-After"))
					}
				}
				text := logged.String()
				if strings.Count(text, "\n") != 1 || strings.Count(text, "overload begins") != 1 || !strings.Contains(text, c.cause) {
					t.Errorf("%s: got the log %q, want one warning with %q", name, text, c.cause)
				}
				for _, secret := range []string{"ada.qx", "grace", "example.org", "horse", "_create", "_doc"} {
					if strings.Contains(text, secret) {
						t.Errorf("%s: got %q in the log, want none", name, secret)
					}
				}
			}
		})
	}
}
