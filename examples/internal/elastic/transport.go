// Package elastic has the way to Elasticsearch that the examples share, made of
// the standard library. It knows one node and tries once: for several nodes,
// retries and sniffing, use the client of github.com/elastic/go-elasticsearch,
// which esstore.New takes in its place.
package elastic

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// A Transport sends requests to one node. It is an esapi.Transport.
type Transport struct {
	node   *url.URL
	client *http.Client
}

// New returns the Transport to the node at rawURL, which may have user and
// password in it. If caFile isn't empty, only certificates of the authority in
// that PEM file are trusted.
func New(rawURL, caFile string) (*Transport, error) {
	node, err := url.Parse(rawURL)
	if err != nil || node.Host == "" || node.Scheme != "http" && node.Scheme != "https" {
		return nil, errors.New("the URL of Elasticsearch must be like https://user:password@host:9200")
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64 // one for each request at once; the default, 2, makes new ones all the time
	t.ResponseHeaderTimeout = 30 * time.Second
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("there is no certificate in %s", caFile)
		}
		t.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &Transport{node: node, client: &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Perform sends req, whose URL has path and query only, to the node.
func (t *Transport) Perform(req *http.Request) (*http.Response, error) {
	req.URL.Scheme, req.URL.Host = t.node.Scheme, t.node.Host
	req.URL.Path = strings.TrimSuffix(t.node.Path, "/") + req.URL.Path // which begins with "/"
	if t.node.User != nil {
		password, _ := t.node.User.Password()
		req.SetBasicAuth(t.node.User.Username(), password)
	}
	return t.client.Do(req)
}
