// Quickstart registers users in memory. It is all that an application needs to
// start with.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func main() {
	addr := flag.String("addr", "localhost:8000", "the `host:port` to listen on")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	accounts := &signup.Accounts{Store: memstore.New()}
	mux := http.NewServeMux()
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	mux.Handle("/v1/auth/login", signup.NewLoginHandler(accounts, nil, nil)) // no session is kept

	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	fmt.Println("listening on", url)
	fmt.Println(hint(url))
	if err := serve(l, signup.JSONErrors(mux, nil)); err != nil {
		log.Fatal(err)
	}
}

func hint(url string) string {
	return `Register a user, twice, with

  curl -H 'Content-Type: application/json' ` + url + `/v1/users/new \
    -d '{"email_address": "ada@example.org", "password": "correct horse battery"}'
`
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
