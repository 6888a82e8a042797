package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/gosignup/signup/examples/internal/serve"
)

// Who is being answered when the program is told to stop gets the answer.
func TestUntil(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	begun, stopping := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- serve.Until(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-stopping
			_, _ = io.WriteString(w, "whole")
		}))
	}()

	body := make(chan string, 1)
	go func() {
		defer close(body)
		resp, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		body <- string(text)
	}()
	<-begun
	stop()
	for { // until nobody new is let in
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(stopping)
	if got := <-body; got != "whole" {
		t.Errorf("got the answer %q", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Until: %v", err)
	}
}

func TestUntilFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := serve.Until(t.Context(), l, http.NotFoundHandler()); err == nil {
		t.Error("no error from a closed listener")
	}
}
