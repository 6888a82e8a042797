package integration

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
)

// server is an Elasticsearch to test on.
type server struct {
	Name               string
	URL                string
	Username, Password string
	CACert             []byte // PEM; nil: the system's authorities
	ServerName         string // in the certificate; empty: the URL's host
	Version            string
	StandIn            bool // built from packages: fewer modules than the official image
}

func (s *server) String() string {
	image := ""
	if s.StandIn {
		image = " (stand-in image built from packages)"
	}
	return fmt.Sprintf("Elasticsearch %s%s, %s", s.Version, image, s.Name)
}

var (
	startGiven = sync.OnceValues(connect)
	startPlain = sync.OnceValues(func() (*server, error) { return start("plain HTTP", older, false) })
	startTLS   = sync.OnceValues(func() (*server, error) { return start("TLS", older, true) })
	startNewer = sync.OnceValues(func() (*server, error) { return start("TLS, newer", newer, true) })
)

func onGivenServer() bool { return os.Getenv("SIGNUP_TEST_ELASTICSEARCH_URL") != "" }

// plainServer returns the server without security, or the one given by URL.
func plainServer(t *testing.T) *server {
	t.Helper()
	return must(t, startPlain)
}

// tlsServer returns the server with TLS and passwords, or the one given by URL.
func tlsServer(t *testing.T) *server {
	t.Helper()
	return must(t, startTLS)
}

// servers returns every server to test on.
func servers(t *testing.T) []*server {
	t.Helper()
	if onGivenServer() {
		return []*server{must(t, startGiven)}
	}
	var all sync.WaitGroup
	all.Go(func() { _, _ = startPlain() })
	all.Go(func() { _, _ = startTLS() })
	all.Go(func() { _, _ = startNewer() })
	all.Wait()
	return []*server{plainServer(t), tlsServer(t), must(t, startNewer)}
}

func must(t *testing.T, start func() (*server, error)) *server {
	t.Helper()
	if onGivenServer() {
		start = startGiven
	}
	s, err := start()
	if err != nil {
		t.Fatalf("got %v, want an Elasticsearch to test on\n"+
			"Run 'make test', which sets up Docker and the image, "+
			"or set SIGNUP_TEST_ELASTICSEARCH_URL to the address of a running server.", err)
	}
	return s
}

// connect returns the server given by URL.
func connect() (*server, error) {
	u, err := url.Parse(os.Getenv("SIGNUP_TEST_ELASTICSEARCH_URL"))
	if err != nil {
		return nil, errors.New("SIGNUP_TEST_ELASTICSEARCH_URL is not a URL") // err has the password
	}
	s := &server{Username: u.User.Username()}
	s.Password, _ = u.User.Password()
	u.User = nil
	s.URL = u.String()
	s.Name = "given as " + s.URL
	if file := os.Getenv("SIGNUP_TEST_ELASTICSEARCH_CA"); file != "" {
		if s.CACert, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	return s, s.register()
}

// register reads the server's version and adds it to what is reported.
func (s *server) register() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var nodes struct {
		Nodes map[string]struct{ Version string }
	}
	// Not GET /: the stand-in doesn't support it.
	if err := s.do(ctx, http.MethodGet, "/_nodes/_local?filter_path=nodes.*.version", &nodes); err != nil {
		return err
	}
	for _, n := range nodes.Nodes {
		s.Version = n.Version
	}
	if s.Version == "" {
		return fmt.Errorf("%s: got no version, want one", s.URL)
	}
	started.Lock()
	defer started.Unlock()
	started.servers = append(started.servers, s)
	return nil
}

// do sends a request without a body and decodes the response into v, if not nil.
func (s *server) do(ctx context.Context, method, path string, v any) error {
	transport, err := s.transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.URL, "/")+path, nil)
	if err != nil {
		return err
	}
	if s.Username != "" {
		r.SetBasicAuth(s.Username, s.Password)
	}
	r.Header.Set("Accept", "application/json")
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %.300s", method, path, resp.Status, body)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

func (s *server) transport() (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	if s.CACert != nil {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(s.CACert) {
			return nil, fmt.Errorf("no certificate in the CA file of %s", s.Name)
		}
		transport.TLSClientConfig = &tls.Config{
			RootCAs:    roots,
			ServerName: s.ServerName,
			MinVersion: tls.VersionTLS12,
		}
	}
	return transport, nil
}

// client returns a client with its default settings, except for the size of the pool, and
// for logs and traces, which are recorded.
func (s *server) client(t *testing.T) *elasticsearch.Client {
	t.Helper()
	transport, err := s.transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := elasticsearch.NewClient(instrumented(elasticsearch.Config{
		Addresses: []string{s.URL},
		Username:  s.Username,
		Password:  s.Password,
		Transport: transport,
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var (
	indexPrefix  = "signup-test-" + strings.ToLower(rand.Text()[:10]) + "-"
	indexCount   atomic.Int64
	notIndexName = regexp.MustCompile(`[^a-z0-9]+`)
)

// indexName returns a name that no other index has. Indices whose names begin with it
// need no removal.
func indexName(t *testing.T) string {
	t.Helper()
	name := notIndexName.ReplaceAllString(strings.ToLower(t.Name()), "-")
	return fmt.Sprintf("%s%d-%.100s", indexPrefix, indexCount.Add(1), name)
}

// deleteIndices removes what the tests made.
func (s *server) deleteIndices(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var indices []struct{ Index string }
	path := "/_cat/indices/" + indexPrefix + "*?format=json&h=index&expand_wildcards=all"
	if err := s.do(ctx, http.MethodGet, path, &indices); err != nil {
		return err
	}
	for _, i := range indices {
		if err := s.do(ctx, http.MethodDelete, "/"+i.Index, nil); err != nil {
			return err
		}
	}
	return nil
}
