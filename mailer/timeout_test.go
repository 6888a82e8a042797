package mailer_test

import (
	"context"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/gosignup/signup/mailer"
)

// A server that hangs costs one Timeout for each attempt.
func TestTimeouts(t *testing.T) {
	hang := make(chan struct{})
	stop := func() error { <-hang; return &smtp.SMTPError{Code: 451} }
	silent := listen(t, "127.0.0.1:0") // accepts, and says nothing
	defer silent.Close()
	for _, c := range []struct {
		name    string
		address func(t *testing.T) string
	}{
		{"at the connection", func(*testing.T) string { return silent.Addr().String() }},
		{"after RCPT", func(t *testing.T) string {
			return newServer(t, false, func(s *server) { s.rcpt = func(int) error { return stop() } }).address
		}},
		{"after DATA", func(t *testing.T) string {
			return newServer(t, false, func(s *server) { s.data = func(int) error { return stop() } }).address
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := clientOf(t, c.address(t))
			client.Timeout = 100 * time.Millisecond
			o := options(client)
			o.Workers = 1
			m := start(t, o)
			begin := time.Now()
			m.send(t, resetMail())
			m.wait(t, func(s mailer.Stats) bool { return s.Retried > 0 })
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("the attempt took %v, want 100ms", took)
			}
			if r := m.log.records(t)[0]; r["cause"] != "timeout" {
				t.Errorf("got the cause %q, want timeout", r["cause"])
			}
		})
	}
	close(hang)
}

func TestCloseInterrupts(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	silent := listen(t, "127.0.0.1:0")
	defer silent.Close()
	busy := newServer(t, false, func(s *server) { s.data = func(int) error { <-hang; return nil } })
	for _, address := range []string{silent.Addr().String(), busy.address} {
		o := options(clientOf(t, address)) // with 10 seconds
		m := start(t, o)
		m.send(t, resetMail())
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begin := time.Now()
		err := m.Close(ctx)
		if took := time.Since(begin); err == nil || took > 5*time.Second {
			t.Errorf("Close returned the error %v after %v, want one after 100ms", err, took)
		}
		if got := m.Stats(); got.Lost != 1 || got.Queued != 1 {
			t.Errorf("got %+v, want one mail lost", got)
		}
	}
}
