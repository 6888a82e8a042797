package elastic

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore"
)

const variable = "SIGNUP_BENCH_ELASTICSEARCH_URL"

// TestMain prints the versions of the server and the client, as configuration lines
// for benchstat.
func TestMain(m *testing.M) {
	flag.Parse()
	if url := os.Getenv(variable); url != "" && flag.Lookup("test.bench").Value.String() != "" {
		version, err := ServerVersion(context.Background(), url)
		if err != nil {
			fmt.Fprintf(os.Stderr, "the server at %s: %v\n", variable, err)
			os.Exit(1)
		}
		fmt.Printf("elasticsearch: %s\n", version)
		fmt.Printf("client: %s\n", elasticsearch.Version)
	}
	os.Exit(m.Run())
}

// A server is the Elasticsearch to measure on, with one client for all users of it.
type server struct {
	*elasticsearch.Client
	requests atomic.Int64 // the number of requests sent
}

func connect(b *testing.B) *server {
	b.Helper()
	url := os.Getenv(variable)
	if url == "" {
		b.Fatalf("%s is not set: set it, or run this with scripts/bench-elasticsearch", variable)
	}
	s := &server{}
	client, err := NewClient(url, func() { s.requests.Add(1) })
	if err != nil {
		b.Fatal(err)
	}
	s.Client = client
	return s
}

var (
	prefix  = "signup-bench-" + strings.ToLower(rand.Text()[:10]) + "-"
	indices atomic.Int64
)

// newIndex sets up a store and returns its alias. remove deletes its index, and may be
// called more than once.
func (s *server) newIndex(b *testing.B) (alias string, remove func()) {
	b.Helper()
	alias = fmt.Sprintf("%s%d", prefix, indices.Add(1))
	if err := s.store(alias).Setup(b.Context()); err != nil {
		b.Fatal(err)
	}
	removed := false
	remove = func() {
		if removed {
			return
		}
		removed = true
		var body any
		// b.Context is done during Cleanup.
		if err := ask(context.Background(), s, esapi.IndicesDeleteRequest{Index: []string{alias + "-000001"}}, &body); err != nil {
			b.Errorf("deleting the index: %v", err)
		}
	}
	b.Cleanup(remove)
	return alias, remove
}

func (s *server) store(alias string) *esstore.Store {
	return esstore.New(s, &esstore.Options{Alias: alias})
}

// ask sends a request and decodes the response.
func ask(ctx context.Context, t esapi.Transport, req esapi.Request, v any) error {
	res, err := req.Do(ctx, t)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.IsError() {
		return fmt.Errorf("%T: status %d", req, res.StatusCode)
	}
	return json.NewDecoder(res.Body).Decode(v)
}

// send sends a request, reads the response to its end, so that the connection is used
// again, and checks its status: the least that a careful program does.
func send(ctx context.Context, t esapi.Transport, req esapi.Request, want int) error {
	res, err := req.Do(ctx, t)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != want {
		return fmt.Errorf("%T: status %d", req, res.StatusCode)
	}
	return nil
}
