package integration

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A lossy proxy carries out every request, and loses the response to the first
// write after lose was called: it cuts the connection instead.
type lossy struct {
	*httputil.ReverseProxy
	losing atomic.Bool
	deaf   atomic.Bool // it carries out everything, and sends no response
	writes atomic.Int64
}

func newLossy(t *testing.T, s *server) *lossy {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := s.transport()
	if err != nil {
		t.Fatal(err)
	}
	l := &lossy{}
	l.ReverseProxy = &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(res *http.Response) error {
			if l.deaf.Load() {
				panic(http.ErrAbortHandler)
			}
			if res.Request.Method == http.MethodGet {
				return nil
			}
			l.writes.Add(1)
			if l.losing.CompareAndSwap(true, false) {
				panic(http.ErrAbortHandler)
			}
			return nil
		},
	}
	return l
}

func (l *lossy) lose() { l.losing.Store(true); l.writes.Store(0) }

// With the official client's own retry, a write whose response was lost is sent
// again, and finds that it has been made.
func TestLostAnswer(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			proxy := newLossy(t, s)
			at := httptest.NewServer(proxy)
			defer at.Close()
			client, err := elasticsearch.NewClient(instrumented(elasticsearch.Config{
				Addresses: []string{at.URL}, Username: s.Username, Password: s.Password,
			}))
			if err != nil {
				t.Fatal(err)
			}
			index := indexName(t)
			store := esstore.New(client, &esstore.Options{Alias: index})
			if err := store.Setup(t.Context()); err != nil {
				t.Fatalf("Setup returned %v, want nil", err)
			}
			accounts := &signup.Accounts{Store: store, Hasher: signup.Bcrypt{Cost: 4}}

			lost := func(what string, call func() error) {
				t.Helper()
				proxy.lose()
				if err := call(); err != nil {
					t.Errorf("%s returned %v, want nil", what, err)
				}
				if n := proxy.writes.Load(); n < 2 {
					t.Errorf("%s: got %d writes, want at least 2, the second a retry", what, n)
				}
			}
			var u signup.User
			lost("Register", func() error {
				u, err = accounts.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
				return err
			})
			stored, err := store.Get(t.Context(), u.Key())
			if err != nil || !stored.Equal(u) || stored.Version != u.Version {
				t.Errorf("after Register: Get returned %v of Version %q, %v, want %v of %q, nil", stored, stored.Version, err, u, u.Version)
			}
			request(t, client, "POST", "/"+index+"/_refresh", "")
			if status, body := request(t, client, "GET", "/"+index+"/_count", ""); status != 200 || !strings.Contains(body, `"count":1,`) {
				t.Errorf("counting the documents: got status %d %s, want 200 and a count of 1", status, body)
			}

			lost("Update", func() error { u.FirstName = "Ada"; return store.Update(t.Context(), &u) })
			if stored, err = store.Get(t.Context(), u.Key()); err != nil || !stored.Equal(u) || stored.Version != u.Version {
				t.Errorf("after Update: Get returned %v of Version %q, %v, want %v of %q, nil", stored, stored.Version, err, u, u.Version)
			}
			lost("Delete", func() error { return store.Delete(t.Context(), u) })
			if _, err := store.Get(t.Context(), u.Key()); err == nil {
				t.Error("after Delete: Get returned nil, want an error")
			}
		})
	}
}
