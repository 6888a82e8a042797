package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// An elasticStore is a store in Elasticsearch.
type elasticStore struct {
	*esstore.Store
	transport *http.Transport
}

func (s elasticStore) close() { s.transport.CloseIdleConnections() }

func (s elasticStore) findings(ctx context.Context) ([]finding, error) {
	found, err := s.Check(ctx)
	all := make([]finding, len(found))
	for i, f := range found {
		all[i] = finding{f.Code, string(f.Severity), f.Problem, f.Remedy, f.Request}
	}
	return all, err
}

// Search finds what was written just now: an operator may look for what the command before
// has changed. Without the privilege for that, it finds what is a second old.
func (s elasticStore) Search(ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		err := s.Refresh(ctx)
		if e, ok := errors.AsType[*esstore.Error](err); err != nil && (!ok || e.Status != http.StatusForbidden) {
			yield(signup.User{}, err)
			return
		}
		s.Store.Search(ctx, q)(yield)
	}
}

func (c *call) openElasticsearch(t target) (store, error) {
	node := &url.URL{Scheme: t.url.Scheme, Host: t.url.Host, Path: strings.TrimSuffix(t.url.Path, "/")}
	login, err := c.elasticLogin(t.url)
	if err != nil {
		return nil, err
	}
	if len(login) > 0 && node.Scheme == "http" && !isLocal(node.Hostname()) {
		c.note("the URL begins with http://, so the password or key isn't encrypted on its way")
	}
	h := http.DefaultTransport.(*http.Transport).Clone()
	h.DialContext = (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext
	h.ResponseHeaderTimeout = time.Minute
	options := []elastictransport.Option{
		elastictransport.WithURLs(node),
		elastictransport.WithTransport(h),
		elastictransport.WithRetryOnError(esstore.RetryOnError),
	}
	options = append(options, login...)
	if c.ca != "" {
		pem, err := os.ReadFile(c.ca)
		if err != nil {
			return nil, usageError{fmt.Sprintf("-ca: %v", err)}
		}
		options = append(options, elastictransport.WithCACert(pem))
	}
	client, err := elastictransport.NewClient(options...)
	if err != nil {
		return nil, usageError{fmt.Sprintf("Elasticsearch: %v", err)}
	}
	return elasticStore{esstore.New(client, &esstore.Options{Alias: t.alias, Logger: c.logger}), h}, nil
}

// elasticLogin returns the option for the API key, or for the user and the password, if
// there is either.
func (c *call) elasticLogin(u *url.URL) ([]elastictransport.Option, error) {
	var values [3]string
	for i, name := range []string{"API_KEY", "USERNAME", "PASSWORD"} {
		var err error
		if values[i], err = c.secret("SIGNUP_ELASTICSEARCH_" + name); err != nil {
			return nil, err
		}
		if name != "USERNAME" {
			c.noteExposed(c.env("SIGNUP_ELASTICSEARCH_" + name + "_FILE"))
		}
	}
	key, user, password := values[0], values[1], values[2]
	if u.User != nil {
		if user != "" && user != u.User.Username() {
			return nil, usageError{"the store's URL has another user than SIGNUP_ELASTICSEARCH_USERNAME"}
		}
		user = u.User.Username()
		if own, ok := u.User.Password(); ok {
			password = own
		}
	}
	c.keepSecret(key)
	c.keepSecret(password)
	switch {
	case key != "" && user != "":
		return nil, usageError{"there is an API key and a user for Elasticsearch: leave one out"}
	case (user == "") != (password == ""):
		return nil, usageError{"Elasticsearch needs both SIGNUP_ELASTICSEARCH_USERNAME and SIGNUP_ELASTICSEARCH_PASSWORD, or an API key"}
	case key != "":
		return []elastictransport.Option{elastictransport.WithAPIKey(key)}, nil
	case user != "":
		return []elastictransport.Option{elastictransport.WithBasicAuth(user, password)}, nil
	}
	return nil, nil
}

// isLocal reports whether host is this machine.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
