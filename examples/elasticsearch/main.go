// Elasticsearch registers users in Elasticsearch. Any number of processes may do
// so at once. It reads these environment variables:
//
//	ELASTICSEARCH_URL       such as https://localhost:9200 (default http://localhost:9200)
//	ELASTICSEARCH_USER      the user, if the server requires one
//	ELASTICSEARCH_PASSWORD  the password of the user
//	ELASTICSEARCH_CA        a PEM file with the authority of the server's certificate, if it is a private one
//	ELASTICSEARCH_INDEX     the alias to keep users under (default users)
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
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
)

func main() {
	addr := flag.String("addr", "localhost:8000", "the `host:port` to listen on")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	store, err := open()
	if err != nil {
		log.Fatal(err)
	}
	accounts := &signup.Accounts{Store: store}
	mux := http.NewServeMux()
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))

	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	if err := serve(l, signup.JSONErrors(mux, nil)); err != nil {
		log.Fatal(err)
	}
}

// open returns the store that the environment names, after setting up its index.
func open() (*esstore.Store, error) {
	node, err := url.Parse(strings.TrimSuffix(cmp.Or(os.Getenv("ELASTICSEARCH_URL"), "http://localhost:9200"), "/"))
	if err != nil || node.Host == "" {
		return nil, errors.New("ELASTICSEARCH_URL must be like https://localhost:9200")
	}
	if user := os.Getenv("ELASTICSEARCH_USER"); user != "" {
		node.User = url.UserPassword(user, os.Getenv("ELASTICSEARCH_PASSWORD"))
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64 // as many as concurrent requests; the default is 2
	t.ResponseHeaderTimeout = 30 * time.Second
	options := []elastictransport.Option{
		elastictransport.WithURLs(node),
		elastictransport.WithTransport(t),
		elastictransport.WithRetryOnError(esstore.RetryOnError),
	}
	if file := os.Getenv("ELASTICSEARCH_CA"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		options = append(options, elastictransport.WithCACert(pem))
	}
	// A Store needs only this part of the official client, which compiles faster.
	client, err := elastictransport.NewClient(options...)
	if err != nil {
		return nil, err
	}
	store := esstore.New(client, &esstore.Options{Alias: os.Getenv("ELASTICSEARCH_INDEX")})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return store, store.Setup(ctx)
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
