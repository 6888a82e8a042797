// Elasticsearch registers users in Elasticsearch, beside any number of other
// processes that do the same. It takes from the environment
//
//	ELASTICSEARCH_URL       such as https://localhost:9200 (default http://localhost:9200)
//	ELASTICSEARCH_USER      and
//	ELASTICSEARCH_PASSWORD  if it asks for them
//	ELASTICSEARCH_CA        a PEM file, if its certificate is of an authority of its own
//	ELASTICSEARCH_INDEX     the alias to keep users under (default users)
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/examples/internal/elastic"
	"github.com/gosignup/signup/examples/internal/serve"
)

func main() {
	addr := serve.AddrFlag()
	flag.Parse()
	store, err := open()
	if err != nil {
		slog.Error("no store", "error", err)
		os.Exit(1)
	}
	accounts := &signup.Accounts{Store: store}
	mux := http.NewServeMux()
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	serve.Main(signup.JSONErrors(mux, nil), addr, nil)
}

func open() (*esstore.Store, error) {
	node, err := url.Parse(cmp.Or(os.Getenv("ELASTICSEARCH_URL"), "http://localhost:9200"))
	if err != nil {
		return nil, fmt.Errorf("ELASTICSEARCH_URL is not a URL")
	}
	if user := os.Getenv("ELASTICSEARCH_USER"); user != "" {
		node.User = url.UserPassword(user, os.Getenv("ELASTICSEARCH_PASSWORD"))
	}
	transport, err := elastic.New(node.String(), os.Getenv("ELASTICSEARCH_CA"))
	if err != nil {
		return nil, err
	}
	store := esstore.New(transport, &esstore.Options{Index: os.Getenv("ELASTICSEARCH_INDEX")})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return store, store.Setup(ctx)
}
