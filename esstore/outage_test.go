package esstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/wiretest"
)

// outages are responses of an Elasticsearch that starts, has no master or no shard, and of
// a proxy in front of one.
var outages = []struct {
	status int
	kind   string // "": a proxy's page
}{
	{http.StatusServiceUnavailable, "master_not_discovered_exception"},
	{http.StatusServiceUnavailable, "cluster_block_exception"},
	{http.StatusServiceUnavailable, "no_shard_available_action_exception"},
	{http.StatusServiceUnavailable, "unavailable_shards_exception"},
	{http.StatusServiceUnavailable, "search_phase_execution_exception"},
	{http.StatusServiceUnavailable, ""},
	{http.StatusBadGateway, ""},
	{http.StatusGatewayTimeout, "timeout_exception"},
	{http.StatusGatewayTimeout, ""},
}

// A read in an outage is busy, because it changes nothing. A write is of unknown outcome,
// whatever the type of the error: Elasticsearch repeats a write after its primary
// broke off, and the error is of the last attempt.
func TestOutage(t *testing.T) {
	for _, o := range outages {
		body := failedBody(o.status, o.kind)
		if o.kind == "" {
			body = "<html><h1>correct horse</h1></html>"
		}
		answer := transportFunc(func(*http.Request) (*http.Response, error) { return response(o.status, body), nil })
		for op, want := range map[string]string{
			"get": "ErrBusy", "search": "ErrBusy", "refresh": "ErrBusy",
			"create": unknown, "update": unknown, "delete": unknown, "import": unknown,
		} {
			t.Run(fmt.Sprintf("%d %s, %s", o.status, o.kind, op), func(t *testing.T) {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if op == "import" { // which tries for long
					ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
				}
				defer cancel()
				err := methods[op](ctx, esstore.New(answer, nil), versionedUser(t))
				wantOutcome(t, err, want)
				if op != "search" && op != "refresh" { // whose errors have Elasticsearch's reason
					wantNoSecret(t, err)
				}
			})
		}
		t.Run(fmt.Sprintf("%d %s, update that reads", o.status, o.kind), func(t *testing.T) {
			u := newUser() // without a Version
			wantOutcome(t, esstore.New(answer, nil).Update(t.Context(), &u), "ErrBusy")
		})
	}
}

// If log-ins are refused in an outage, the log has one warning for all of them.
func TestLogInInOutage(t *testing.T) {
	for _, o := range outages {
		t.Run(fmt.Sprintf("%d %s", o.status, o.kind), func(t *testing.T) {
			store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
				return response(o.status, failedBody(o.status, o.kind)), nil
			}), nil)
			var logged wiretest.Buffer
			h := signup.NewLoginHandler(&signup.Accounts{Store: store, Hasher: signup.Bcrypt{Cost: 4}},
				func(http.ResponseWriter, *http.Request, signup.User) error { return nil },
				&signup.HandlerOptions{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			for range 3 {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"email_address":"ada.qx@example.org","password":"correct horse battery qx"}`))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
					t.Errorf("got status %d, Retry-After %q, want 503 and some seconds", w.Code, w.Header().Get("Retry-After"))
				}
			}
			if text := logged.String(); strings.Count(text, "\n") != 1 || strings.Count(text, "overload begins") != 1 {
				t.Errorf("got the log %q, want one warning", text)
			}
		})
	}
}

// A count that can't be read is busy. One that can't be written is of unknown outcome.
func TestCounterOutage(t *testing.T) {
	for _, o := range outages {
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			t.Run(fmt.Sprintf("%d %s, %s", o.status, o.kind, method), func(t *testing.T) {
				server := new(countServer)
				c := esstore.NewCounter(transportFunc(func(r *http.Request) (*http.Response, error) {
					if r.Method == method {
						return response(o.status, failedBody(o.status, o.kind)), nil
					}
					return server.Perform(r)
				}), nil)
				_, err := c.Add(t.Context(), "correct horse", 1, time.Hour)
				if got, want := errors.Is(err, signup.ErrBusy), method == http.MethodGet; err == nil || got != want {
					t.Errorf("got the error %v, ErrBusy %t; want one, ErrBusy %t", err, got, want)
				}
			})
		}
	}
}

// A read without a response is busy, unless the caller's context is done or the server is
// another product.
func TestReadWithoutResponse(t *testing.T) {
	broken := errors.New("read tcp: connection reset by peer")
	for _, op := range []string{"get", "search", "refresh"} {
		t.Run(op, func(t *testing.T) {
			fails := func(err error) *esstore.Store {
				return esstore.New(transportFunc(func(*http.Request) (*http.Response, error) { return nil, err }), nil)
			}
			wantOutcome(t, methods[op](t.Context(), fails(broken), newUser()), "ErrBusy")
			foreign := errors.New("the client noticed that the server is not Elasticsearch and we do not support this unknown product")
			wantOutcome(t, methods[op](t.Context(), fails(foreign), newUser()), unknown)
			ctx, cancel := context.WithCancel(t.Context())
			done := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
				cancel()
				return nil, broken
			}), nil)
			wantOutcome(t, methods[op](ctx, done, newUser()), unknown)
		})
	}
}
