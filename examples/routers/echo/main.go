// Echo shows how to mount the registration of users in an instance of
// github.com/labstack/echo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func newRouter(accounts *signup.Accounts) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = bareErrors(e.HTTPErrorHandler)
	// Any, because the handler responds to the other methods itself.
	e.Any("/v1/users/new", echo.WrapHandler(signup.NewHandler(accounts, nil)))
	e.GET("/health", health)
	return signup.JSONErrors(e, nil)
}

// bareErrors lets signup.JSONErrors write the bodies of the errors that echo makes
// or that have no status, because JSONErrors can't distinguish echo's own JSON from
// the application's. An error with a message from the application goes to next.
func bareErrors(next echo.HTTPErrorHandler) echo.HTTPErrorHandler {
	return func(c *echo.Context, err error) {
		bare := errors.Is(err, echo.ErrNotFound) || errors.Is(err, echo.ErrMethodNotAllowed) ||
			echo.StatusCode(err) == 0 // which becomes a 500
		resp, status := echo.ResolveResponseStatus(c.Response(), err)
		if !bare || resp == nil || resp.Committed {
			next(c, err)
			return
		}
		_ = c.NoContent(status)
	}
}

func health(c *echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
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
