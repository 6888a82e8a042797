// Nethttp shows how to mount the registration of users in an http.ServeMux.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
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

func newRouter(accounts *signup.Accounts) http.Handler {
	mux := http.NewServeMux()
	// With "POST " before the path, OPTIONS would be a 405.
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	mux.HandleFunc("GET /health", health)
	return signup.JSONErrors(mux, nil)
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`)
}

func main() {
	addr := flag.String("addr", "localhost:8000", "the `host:port` to listen on")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	accounts := &signup.Accounts{Store: memstore.New()}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	if err := serve(l, newRouter(accounts)); err != nil {
		log.Fatal(err)
	}
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
