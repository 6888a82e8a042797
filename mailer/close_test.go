package mailer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/mailer"
)

// The ctx that is done first ends all calls of Close, and all return its error.
func TestCloseAtOnce(t *testing.T) {
	s := newServer(t, false, func(s *server) { s.rcpt = func(int) error { return temporary(451) } })
	for range 5 {
		m := start(t, options(s.client(t)))
		m.send(t, resetMail())
		const calls = 9
		returned := make(chan error, calls)
		ctx, cancel := context.WithCancel(t.Context())
		for i := range calls {
			if i > 0 {
				ctx = context.Background()
			}
			go func(ctx context.Context) { returned <- m.Close(ctx) }(ctx)
			time.Sleep(time.Millisecond) // so that they wait in this order
		}
		cancel()
		for range calls {
			if err := <-returned; !errors.Is(err, context.Canceled) {
				t.Fatalf("Close returned the error %v, want one that wraps context.Canceled", err)
			}
		}
	}
}

// A blockedWriter writes nothing until the channel is closed.
type blockedWriter chan struct{}

func (b blockedWriter) Write(p []byte) (int, error) { <-b; return len(p), nil }

// A writer that hangs keeps Close from its end only until ctx is done.
func TestCloseWhilePrinting(t *testing.T) {
	w := make(blockedWriter)
	defer close(w)
	m := start(t, options(mailer.Print(w)))
	for range 3 {
		m.send(t, resetMail())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	returned := make(chan error, 1)
	go func() { returned <- m.Close(ctx) }()
	select {
	case err := <-returned:
		if !errors.Is(err, context.DeadlineExceeded) || m.Stats().Lost != 3 {
			t.Errorf("Close returned the error %v, and %d mails are lost; want context.DeadlineExceeded, and 3", err, m.Stats().Lost)
		}
	case <-time.After(10 * time.Second):
		t.Error("Close hasn't returned after 10 seconds, want an error after 50ms")
	}
}

// A failingWriter returns an error for each Write.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestPrintToNothing(t *testing.T) {
	m := start(t, options(mailer.Print(failingWriter{})))
	m.send(t, resetMail())
	if got := m.drain(t); got.Failed != 1 || m.log.records(t)[0]["cause"] != "write" {
		t.Errorf("got %+v and the cause %v, want one mail that failed, and write", got, m.log.records(t)[0]["cause"])
	}
	if _, err := mailer.New(options(mailer.Print(nil))); err == nil || !strings.Contains(err.Error(), "Print") {
		t.Errorf("without a Writer, New returned the error %v, want one that names Print", err)
	}
	var b bytes.Buffer
	if m, err := mailer.New(options(mailer.Print(&b))); err != nil {
		t.Errorf("New returned the error %v, want none", err)
	} else if err := m.Close(t.Context()); err != nil {
		t.Errorf("Close returned the error %v, want none", err)
	}
}
