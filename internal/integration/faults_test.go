package integration

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// soaking returns soak if SIGNUP_TEST_SOAK is set, otherwise short.
func soaking(short, soak int) int {
	if os.Getenv("SIGNUP_TEST_SOAK") != "" {
		return soak
	}
	return short
}

// ledgerOn returns a new ledger of users in a new index, which cfg's client reaches,
// and that client.
func ledgerOn(t *testing.T, cfg elasticsearch.Config) (l *ledger, client *elasticsearch.Client, index string) {
	t.Helper()
	cfg.RetryOnError = esstore.RetryOnError
	client, err := elasticsearch.NewClient(instrumented(cfg))
	if err != nil {
		t.Fatal(err)
	}
	index = indexName(t)
	store := esstore.New(client, &esstore.Options{Alias: index})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	return newLedger(&signup.Accounts{Store: store, Hasher: signup.Bcrypt{Cost: 4}}, store), client, index
}

// What a network can do to requests and their responses, by toxiproxy's toxics: each
// new connection gets the toxic with the given probability, and each request has a
// connection of its own.
func TestToxics(t *testing.T) {
	requests := int64(soaking(150, 1000))
	for _, c := range []struct {
		name     string
		toxicity float64
		toxics   []string // type, stream and attributes
	}{
		{"latency", 1, []string{
			`"latency", "stream": "upstream", "attributes": {"latency": 20, "jitter": 20}`,
			`"latency", "stream": "downstream", "attributes": {"latency": 20, "jitter": 20}`,
		}},
		{"bandwidth", 1, []string{
			`"bandwidth", "stream": "upstream", "attributes": {"rate": 30}`,
			`"bandwidth", "stream": "downstream", "attributes": {"rate": 30}`,
		}},
		{"reset before the server reads", 0.4, []string{`"reset_peer", "stream": "upstream", "attributes": {"timeout": 5}`}},
		{"reset after the server has read", 0.4, []string{`"reset_peer", "stream": "downstream", "attributes": {"timeout": 5}`}},
		{"answer cut in its header", 0.4, []string{`"limit_data", "stream": "downstream", "attributes": {"bytes": 60}`}},
		{"answer cut in its body", 0.4, []string{`"limit_data", "stream": "downstream", "attributes": {"bytes": 230}`}},
		{"request cut", 0.4, []string{`"limit_data", "stream": "upstream", "attributes": {"bytes": 400}`}},
		{"answer lost in silence", 0.2, []string{`"timeout", "stream": "downstream", "attributes": {"timeout": 100}`}},
		{"answer in slices", 1, []string{`"slicer", "stream": "downstream", "attributes": {"average_size": 64, "size_variation": 32, "delay": 100}`}},
		{"slow to close", 1, []string{`"slow_close", "stream": "downstream", "attributes": {"delay": 50}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := plainServer(t)
			proxy := newToxic(t, server)
			transport, err := server.transport()
			if err != nil {
				t.Fatal(err)
			}
			transport.DisableKeepAlives = true
			var failed atomic.Int64 // round trips, not for want of time
			count := func(next elastictransport.RoundTripFunc) elastictransport.RoundTripFunc {
				return func(req *http.Request) (*http.Response, error) {
					res, err := next(req)
					if err != nil && req.Context().Err() == nil {
						failed.Add(1)
					}
					return res, err
				}
			}
			l, _, index := ledgerOn(t, elasticsearch.Config{
				Addresses: []string{"http://" + proxy.Listen}, Transport: transport,
				Interceptors: []elastictransport.InterceptorFunc{count},
			})
			for _, toxic := range c.toxics {
				text := fmt.Sprintf(`{"type": %s, "toxicity": %v}`, toxic, c.toxicity)
				if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
					t.Fatal(err)
				}
			}
			l.run(t.Context(), 8, func() bool { return l.requests.Load() >= requests })
			proxy.Toxics.ResetToxics(context.Background())
			time.Sleep(time.Second) // for what is still on its way
			l.check(t, server.client(t), index)
			// A response that is cut in its body fails later.
			if c.toxicity < 1 && failed.Load() == 0 && c.name != "answer cut in its body" {
				t.Error("got no failed round trip, want some: there was no toxic")
			}
		})
	}
}

// newToxic returns a proxy before the server, whose toxics are yet to be added.
func newToxic(t *testing.T, s *server) *toxiproxy.Proxy {
	t.Helper()
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	control := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(control, "elasticsearch", "127.0.0.1:0", at.Host)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return proxy
}
