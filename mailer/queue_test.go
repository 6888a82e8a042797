package mailer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
)

func TestFull(t *testing.T) {
	hang := make(chan struct{})
	s := newServer(t, false, func(s *server) { s.data = func(int) error { <-hang; return nil } })
	o := options(s.client(t))
	o.QueueSize = 3
	m := start(t, o)
	for range 3 {
		m.send(t, resetMail())
	}
	begin := time.Now()
	err := m.Send(t.Context(), resetMail())
	if !errors.Is(err, signup.ErrBusy) || time.Since(begin) > time.Second {
		t.Errorf("Send returned the error %v after %v, want ErrBusy at once", err, time.Since(begin))
	}
	if got := m.Stats(); got.Queued != 3 || got.Refused != 1 {
		t.Errorf("got %+v, want 3 mails queued and one refused", got)
	}
	close(hang)
	if got := m.drain(t); got.Sent != 3 || got.Queued != 0 {
		t.Errorf("got %+v, want 3 mails sent", got)
	}
	if err := m.Send(t.Context(), resetMail()); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("after Close, Send returned the error %v, want ErrBusy", err)
	}
}

func TestCloseWhileRetrying(t *testing.T) {
	s := newServer(t, false, func(s *server) { s.rcpt = func(int) error { return temporary(451) } })
	m := start(t, options(s.client(t)))
	for range 5 {
		m.send(t, resetMail())
	}
	m.wait(t, func(s mailer.Stats) bool { return s.Retried > 0 })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := m.Close(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "5 mails") {
		t.Errorf("Close returned the error %v, want that 5 mails weren't sent", err)
	}
	if got := m.Stats(); got.Lost != 5 || got.Retried == 0 {
		t.Errorf("got %+v, want 5 mails lost after attempts", got)
	}
	if again := m.Close(t.Context()); again != err {
		t.Errorf("the second Close returned the error %v, want that of the first", again)
	}
	if !strings.Contains(m.log.String(), `"msg":"mailer: mails lost","mails":5`) {
		t.Error("got a log without the number of lost mails, want it there")
	}
}

func TestConcurrentSends(t *testing.T) {
	s := newServer(t, false, func(s *server) {
		s.rcpt = func(n int) error {
			if n%10 == 0 {
				return temporary(451)
			}
			return nil
		}
	})
	o := options(s.client(t))
	o.Workers = 4
	m := start(t, o)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			mail := resetMail()
			mail.Token = fmt.Sprintf("token-%d-", i)
			if err := m.Send(t.Context(), mail); err != nil {
				t.Errorf("Send returned the error %v, want none", err)
			}
			_ = m.Stats()
		})
	}
	wg.Wait()
	if got := m.drain(t); got.Sent != 100 || got.Retried < 10 {
		t.Errorf("got %+v, want 100 mails sent, some after another attempt", got)
	}
	links := make(map[string]bool)
	for _, r := range s.received() {
		_, after, _ := strings.Cut(parse(t, r.text).text, "token=")
		links[strings.TrimSpace(strings.SplitN(after, "\n", 2)[0])] = true
	}
	if len(links) != 100 {
		t.Errorf("got %d links, want 100", len(links))
	}
}
