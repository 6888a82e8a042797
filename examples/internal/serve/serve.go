// Package serve has the server that the examples share.
package serve

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Main serves h at the address of the flag -addr until SIGINT or SIGTERM. Once
// it listens it prints where, and what ready, if not nil, returns for that
// URL. It parses the flags, and is to be called once, by main.
func Main(h http.Handler, addr *string, ready func(url string) string) {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once

	l, err := net.Listen("tcp", *addr)
	if err == nil {
		url := "http://" + l.Addr().String()
		fmt.Println("listening on", url)
		if ready != nil {
			fmt.Println(ready(url))
		}
		err = Until(ctx, l, h)
	}
	if err != nil {
		slog.Error("the server failed", "error", err)
		os.Exit(1)
	}
}

// AddrFlag defines the flag -addr.
func AddrFlag() *string {
	return flag.String("addr", "localhost:8000", "the `host:port` to listen on")
}

// The default of http.Server is to wait for ever. WriteTimeout runs from the
// end of the header, so it has to cover the reading of the body too.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 20 * time.Second
	idleTimeout       = 2 * time.Minute
	shutdownTimeout   = writeTimeout
)

// Until serves h on l until ctx is done, then lets the requests under way end.
// It closes l.
func Until(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// ctx is done already, but the requests under way may take their time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
