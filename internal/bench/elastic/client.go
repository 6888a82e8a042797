package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8"
)

// NewClient returns a client with its default settings, except for a pool of 64
// connections. If sent is not nil, the client calls it for each request that it sends,
// including retries; sent must be safe for concurrent use.
func NewClient(url string, sent func()) (*elasticsearch.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	c := elasticsearch.Config{Addresses: []string{url}, Transport: transport}
	if sent != nil {
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			sent()
			return transport.RoundTrip(r)
		})
	}
	return elasticsearch.NewClient(c)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ServerVersion returns the version of the Elasticsearch at url. It doesn't use
// GET /, which the stand-in of scripts/elasticsearch-image doesn't serve.
func ServerVersion(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_nodes?filter_path=nodes.*.version", nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var nodes struct {
		Nodes map[string]struct{ Version string }
	}
	if err := json.NewDecoder(res.Body).Decode(&nodes); err != nil {
		return "", err
	}
	for _, n := range nodes.Nodes {
		return n.Version, nil
	}
	return "", fmt.Errorf("the Elasticsearch at %s reports no node", url)
}
