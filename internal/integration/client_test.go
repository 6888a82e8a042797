package integration

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A transportFunc is an http.RoundTripper.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func newClient(t *testing.T, cfg elasticsearch.Config) *elasticsearch.Client {
	t.Helper()
	client, err := elasticsearch.NewClient(instrumented(cfg))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A request whose context ends while it is under way is tried once, and without
// RetryOnError four times.
func TestRetryOnError(t *testing.T) {
	for _, c := range []struct {
		name  string
		retry func(*http.Request, error) bool
		want  int64
	}{
		{"RetryOnError", esstore.RetryOnError, 1},
		{"the client's default", nil, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			}))
			defer server.Close()
			var attempts atomic.Int64
			client := newClient(t, elasticsearch.Config{
				Addresses:    []string{server.URL},
				RetryOnError: c.retry,
				Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
					attempts.Add(1)
					return http.DefaultTransport.RoundTrip(r)
				}),
			})
			_, err := esapi.GetRequest{Index: "users", DocumentID: "1"}.Do(ctx, client)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
			if n := attempts.Load(); n != c.want {
				t.Errorf("got %d attempts, want %d", n, c.want)
			}
		})
	}
	t.Run("an error of the network", func(t *testing.T) {
		var attempts atomic.Int64
		client := newClient(t, elasticsearch.Config{
			Addresses:    []string{"http://nobody.invalid"},
			RetryOnError: esstore.RetryOnError,
			Transport: transportFunc(func(*http.Request) (*http.Response, error) {
				attempts.Add(1)
				return nil, io.ErrUnexpectedEOF
			}),
		})
		if _, err := (esapi.GetRequest{Index: "users", DocumentID: "1"}).Do(t.Context(), client); err == nil {
			t.Error("got no error, want one")
		}
		if n := attempts.Load(); n != 4 {
			t.Errorf("got %d attempts, want 4", n)
		}
	})
}

// TLS by the server's own authority, and basic authentication; and the errors without
// the one or the other.
func TestTLSAndPassword(t *testing.T) {
	tested := 0
	for _, s := range servers(t) {
		if s.CACert == nil || s.Username == "" {
			continue
		}
		tested++
		t.Run(s.Name, func(t *testing.T) {
			u, _, _ := s.reach(t)
			u.User = nil
			index := indexName(t)
			setup := func(t *testing.T, cfg elasticsearch.Config) error {
				cfg.Addresses, cfg.Username, cfg.RetryOnError = []string{u.String()}, s.Username, esstore.RetryOnError
				if transport, ok := cfg.Transport.(*http.Transport); ok {
					t.Cleanup(transport.CloseIdleConnections)
				}
				store := esstore.New(newClient(t, cfg), &esstore.Options{Alias: index})
				if err := store.Setup(t.Context()); err != nil {
					return err
				}
				return store.Create(t.Context(), &signup.User{ID: rand.Text(), Email: rand.Text() + "@example.org"})
			}
			fresh := func() *http.Transport { return http.DefaultTransport.(*http.Transport).Clone() }

			t.Run("RootCAs", func(t *testing.T) {
				authority := x509.NewCertPool()
				authority.AppendCertsFromPEM(s.CACert)
				transport := fresh()
				transport.TLSClientConfig = &tls.Config{RootCAs: authority}
				if err := setup(t, elasticsearch.Config{Password: s.Password, Transport: transport}); err != nil {
					t.Errorf("got %v, want no error", err)
				}
			})
			t.Run("CACert", func(t *testing.T) {
				if err := setup(t, elasticsearch.Config{Password: s.Password, Transport: fresh(), CACert: s.CACert}); err != nil {
					t.Errorf("got %v, want no error", err)
				}
			})
			t.Run("no authority", func(t *testing.T) {
				err := setup(t, elasticsearch.Config{Password: s.Password, Transport: fresh()})
				if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
					t.Errorf("got %v, want an x509.UnknownAuthorityError", err)
				}
			})
			t.Run("wrong password", func(t *testing.T) {
				wrong := rand.Text()
				err := setup(t, elasticsearch.Config{Password: wrong, Transport: fresh(), CACert: s.CACert})
				if err == nil || !strings.Contains(err.Error(), "401") {
					t.Errorf("got %v, want an error with the status 401", err)
				}
				if encoded := base64.StdEncoding.EncodeToString([]byte(s.Username + ":" + wrong)); err != nil &&
					(strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), encoded)) {
					t.Error("got an error with the password in it, want it left out")
				}
			})
		})
	}
	if tested == 0 && !onGivenServer() { // which may have neither
		t.Error("got no server with TLS and a password, want at least one")
	}
}

// With a node that can't be reached among the addresses every call succeeds, and that
// node is soon left alone.
func TestDeadNode(t *testing.T) {
	s := servers(t)[0]
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	dead := net.JoinHostPort("localhost", port)
	transport, err := s.transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	var toDead, toLive atomic.Int64
	client := newClient(t, elasticsearch.Config{
		Addresses: []string{"http://" + dead, s.URL}, Username: s.Username, Password: s.Password,
		RetryOnError: esstore.RetryOnError,
		Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == dead {
				toDead.Add(1)
			} else {
				toLive.Add(1)
			}
			return transport.RoundTrip(r)
		}),
	})
	store := esstore.New(client, &esstore.Options{Alias: indexName(t)})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	const users = 50
	for i := range users {
		u := signup.User{ID: rand.Text(), Email: fmt.Sprintf("user%d@example.org", i)}
		err := store.Create(t.Context(), &u)
		if err == nil {
			_, err = store.Get(t.Context(), u.Key())
		}
		if err == nil {
			err = store.Update(t.Context(), &u)
		}
		if err == nil {
			err = store.Delete(t.Context(), u)
		}
		if err != nil {
			t.Fatalf("a call returned %v, want nil", err)
		}
	}
	if n := toDead.Load(); n < 1 || n > 5 {
		t.Errorf("got %d requests to the dead node, want 1 to 5", n)
	}
	t.Attr("dead_node", fmt.Sprintf("%d calls succeeded: %d requests to the live node, %d to the dead one", 4*users, toLive.Load(), toDead.Load()))
}

// What a call sends that a server needs which can't be had here.
func TestSent(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte("VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"))
	const scheme = "APIKey " // as the client writes it; case doesn't matter there
	for _, c := range []struct {
		name      string
		cfg       elasticsearch.Config
		url, auth string
	}{
		{
			"API key",
			elasticsearch.Config{Addresses: []string{"https://es.example.org:9200"}, APIKey: key},
			"https://es.example.org:9200", scheme + key,
		},
		{
			"API key before password",
			elasticsearch.Config{Addresses: []string{"https://es.example.org:9200"}, APIKey: key, Username: "signup", Password: rand.Text()},
			"https://es.example.org:9200", scheme + key,
		},
		{
			"Cloud ID",
			elasticsearch.Config{
				CloudID: "deployment:" + base64.StdEncoding.EncodeToString([]byte("eu.cloud.example.org$0123abcd$4567cdef")),
				APIKey:  key,
			},
			"https://0123abcd.eu.cloud.example.org", scheme + key,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var server, auth string
			c.cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				server, auth = r.URL.Scheme+"://"+r.URL.Host, r.Header.Get("Authorization")
				return &http.Response{
					StatusCode: http.StatusNotFound,
					Header:     http.Header{"X-Elastic-Product": {"Elasticsearch"}, "Content-Type": {"application/json"}},
					Body:       io.NopCloser(strings.NewReader(`{"_index": "users-000001", "_id": "1", "found": false}`)),
					Request:    r,
				}, nil
			})
			_, err := esstore.New(newClient(t, c.cfg), nil).Get(t.Context(), "ada@example.org")
			if !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("Get returned %v, want ErrNotFound", err)
			}
			if server != c.url || auth != c.auth {
				t.Errorf("got a request to %s with %q, want %s with %q", server, auth, c.url, c.auth)
			}
		})
	}
}

// With as many idle connections as there are requests at once no more are made than
// that, and with the default of two nearly one for each request.
func TestPool(t *testing.T) {
	s := servers(t)[0]
	const callers, rounds = 64, 10
	connections := func(t *testing.T, transport *http.Transport) int64 {
		target, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		behind, err := s.transport()
		if err != nil {
			t.Fatal(err)
		}
		defer behind.CloseIdleConnections()
		server := httptest.NewUnstartedServer(&httputil.ReverseProxy{
			Transport: behind,
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		})
		var opened atomic.Int64
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				opened.Add(1)
			}
		}
		server.Start()
		defer server.Close()
		defer transport.CloseIdleConnections()
		client := newClient(t, elasticsearch.Config{
			Addresses: []string{server.URL}, Username: s.Username, Password: s.Password,
			RetryOnError: esstore.RetryOnError, Transport: transport,
		})
		store := esstore.New(client, &esstore.Options{Alias: indexName(t)})
		if err := store.Setup(t.Context()); err != nil {
			t.Fatalf("Setup returned %v, want nil", err)
		}
		for round := range rounds {
			var wg sync.WaitGroup
			for caller := range callers {
				wg.Go(func() {
					u := signup.User{ID: rand.Text(), Email: fmt.Sprintf("user%d@example.org", round*callers+caller)}
					if err := store.Create(t.Context(), &u); err != nil {
						t.Errorf("Create returned %v, want nil", err)
					}
				})
			}
			wg.Wait()
		}
		return opened.Load()
	}
	documented := http.DefaultTransport.(*http.Transport).Clone()
	documented.MaxIdleConnsPerHost = callers
	pooled := connections(t, documented)
	unpooled := connections(t, http.DefaultTransport.(*http.Transport).Clone())
	if pooled > callers {
		t.Errorf("got %d connections with the documented transport, want at most %d", pooled, callers)
	}
	if unpooled < 3*callers {
		t.Errorf("got %d connections with the default transport, want at least %d: is the pool still worth its line?", unpooled, 3*callers)
	}
	t.Attr("connections", fmt.Sprintf("%d creates by %d callers: %d with the documented transport, %d with the default one",
		callers*rounds, callers, pooled, unpooled))
}
