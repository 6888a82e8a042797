package main

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

// A transport sends each request to one node, once. The official client repeats
// requests, and a repeated request for a page of a scroll returns the page after it.
type transport struct {
	node   *url.URL
	client *http.Client
}

// newTransport returns a transport to the node at rawURL, which may contain a user
// and a password. If caFile isn't empty, only certificates of the authority in
// that PEM file are trusted.
func newTransport(rawURL, caFile string) (*transport, error) {
	node, err := url.Parse(rawURL)
	if err != nil || node.Host == "" || node.Scheme != "http" && node.Scheme != "https" {
		return nil, errors.New("the URL of Elasticsearch must be like https://user:password@host:9200")
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64 // as many as concurrent requests; the default is 2
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
	return &transport{node: node, client: &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Perform sends req to the node. The URL of req has only a path and a query.
func (t *transport) Perform(req *http.Request) (*http.Response, error) {
	req.URL.Scheme, req.URL.Host = t.node.Scheme, t.node.Host
	req.URL.Path = strings.TrimSuffix(t.node.Path, "/") + req.URL.Path // which begins with "/"
	if t.node.User != nil {
		password, _ := t.node.User.Password()
		req.SetBasicAuth(t.node.User.Username(), password)
	}
	return t.client.Do(req)
}
