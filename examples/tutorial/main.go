// Tutorial is the service of "Flask NoSQL Authentication Tutorial" of 2014. Its
// responses are the same, except where those of the original were wrong:
//
//	curl -X POST -H 'Content-Type: application/json' -d '{"email_address": "test@abc.com", "password": "test"}' http://127.0.0.1:8000/v1/users/new
//
// It keeps users in memory, or with -es in Elasticsearch. Like the original, it
// accepts any password; an application should leave Policy at its default.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/memstore"
)

func main() {
	addr := flag.String("addr", "localhost:8000", "the `host:port` to listen on")
	es := flag.String("es", "", "the `URL` of Elasticsearch, with user and password if the server requires them; if empty, users are kept in memory")
	ca := flag.String("es-ca", "", "a PEM `file` with the authority of Elasticsearch's certificate")
	index := flag.String("es-index", "example", "the `alias` to keep users under")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}

	var store signup.Store = memstore.New()
	if *es != "" {
		client, err := connect(*es, *ca)
		if err != nil {
			log.Fatal(err)
		}
		inES := esstore.New(client, &esstore.Options{Alias: *index})
		setUp(inES)
		store = inES
	}
	accounts := &signup.Accounts{Store: store, Policy: signup.AnyPassword}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	if err := serve(l, newHandler(accounts)); err != nil {
		log.Fatal(err)
	}
}

// connect returns a client for the Elasticsearch at rawURL. If caFile isn't empty,
// only certificates of the authority in that file are trusted.
func connect(rawURL, caFile string) (*elastictransport.Client, error) {
	node, err := url.Parse(strings.TrimSuffix(rawURL, "/"))
	if err != nil || node.Host == "" {
		return nil, errors.New("-es must be like https://user:password@localhost:9200")
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64 // as many as concurrent requests; the default is 2
	t.ResponseHeaderTimeout = 30 * time.Second
	options := []elastictransport.Option{
		elastictransport.WithURLs(node),
		elastictransport.WithTransport(t),
		elastictransport.WithRetryOnError(esstore.RetryOnError),
	}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		options = append(options, elastictransport.WithCACert(pem))
	}
	return elastictransport.NewClient(options...)
}

// setUp sets the store up. If the store can't be reached, setUp returns and tries
// again in the background: the service starts without its database, and until then
// each sign-up gets an error.
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
	slog.Error("setting up the store failed, trying again", "error", err)
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
	mux.Handle("/v1/auth/login", signup.NewLoginHandler(accounts, nil, nil)) // no session is kept
	return signup.JSONErrors(mux, nil)
}

// serve serves h on l until SIGINT or SIGTERM, then lets the current requests finish.
func serve(l net.Listener, h http.Handler) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second, // by default, none of these has a limit
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second, // includes reading the body
		IdleTimeout:       2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop() // a second signal ends the program at once
	ctx, cancel := context.WithTimeout(context.Background(), server.WriteTimeout)
	defer cancel()
	return server.Shutdown(ctx)
}
