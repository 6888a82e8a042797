// Tutorial is the service of "Flask NoSQL Authentication Tutorial" of 2014,
// answer for answer, where its answers were right:
//
//	curl -X POST -H 'Content-Type: application/json' -d '{"email_address": "test@abc.com", "password": "test"}' http://127.0.0.1:8000/v1/users/new
//
// It keeps users in memory, or with -es in Elasticsearch. As there, any
// password will do; an application should leave Policy at its default.
package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/examples/internal/elastic"
	"github.com/gosignup/signup/examples/internal/serve"
	"github.com/gosignup/signup/memstore"
)

func main() {
	addr := serve.AddrFlag()
	es := flag.String("es", "", "the `URL` of Elasticsearch, with user and password if need be; without it, users are kept in memory")
	ca := flag.String("es-ca", "", "a PEM `file` with the authority of Elasticsearch's certificate")
	index := flag.String("es-index", "example", "the `alias` to keep users under")
	flag.Parse()

	var store signup.Store = memstore.New()
	if *es != "" {
		transport, err := elastic.New(*es, *ca)
		if err != nil {
			slog.Error("no store", "error", err)
			os.Exit(1)
		}
		inES := esstore.New(transport, &esstore.Options{Index: *index})
		setUp(inES)
		store = inES
	}
	serve.Main(newHandler(&signup.Accounts{Store: store, Policy: signup.AnyPassword}), addr, nil)
}

// setUp sets the store up, now if it can be reached, or else as soon as it can:
// the service starts without its database, and says so to who signs up.
func setUp(store *esstore.Store) {
	try := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return store.Setup(ctx)
	}
	err := try()
	if err == nil {
		return
	}
	slog.Error("the store can't be set up yet", "error", err)
	go func() {
		for try() != nil {
			time.Sleep(time.Second)
		}
		slog.Info("the store is set up")
	}()
}

func newHandler(accounts *signup.Accounts) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	mux.Handle("POST /v1/auth/login", login(accounts))
	return signup.JSONErrors(mux, nil)
}
