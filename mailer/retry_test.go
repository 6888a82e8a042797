package mailer_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/mailer"
)

func TestRefusals(t *testing.T) {
	first := func(n int, err error) func(int) error {
		return func(i int) error {
			if i <= n {
				return err
			}
			return nil
		}
	}
	for _, c := range []struct {
		name   string
		server func(*server)
		want   mailer.Stats
		code   float64
	}{
		{"451 twice after RCPT", func(s *server) { s.rcpt = first(2, temporary(451)) }, mailer.Stats{Sent: 1, Retried: 2}, 451},
		{"452 after DATA", func(s *server) { s.data = first(1, temporary(452)) }, mailer.Stats{Sent: 1, Retried: 1}, 452},
		{"421 after DATA", func(s *server) { s.data = first(1, temporary(421)) }, mailer.Stats{Sent: 1, Retried: 1}, 421},
		{"550 after RCPT", func(s *server) { s.rcpt = first(9, permanent(550)) }, mailer.Stats{Failed: 1}, 550},
		{"554 after DATA", func(s *server) { s.data = first(9, permanent(554)) }, mailer.Stats{Failed: 1}, 554},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, false, c.server)
			m := start(t, options(s.client(t)))
			m.send(t, resetMail())
			if got := m.drain(t); got != c.want || len(s.received()) != int(c.want.Sent) {
				t.Errorf("got %+v and %d mails, want %+v", got, len(s.received()), c.want)
			}
			records := m.log.records(t)
			if code := records[0]["smtp.code"]; code != c.code || len(records) != int(c.want.Retried)+1 {
				t.Errorf("got %d log records, the first with the code %v; want %d, and %v", len(records), code, c.want.Retried+1, c.code)
			}
			if last := records[len(records)-1]; last["attempt"] != float64(len(records)) || last["enduser.pseudo.id"] != ada().ID ||
				last["purpose"] != "reset_password" || last["duration"] == nil {
				t.Errorf("got the attributes %v in the last log record, want purpose, user, attempt and duration", last)
			}
		})
	}
}

// The second attempt has the same Message-ID, by which a mail that came twice is known.
func TestSameMessageID(t *testing.T) {
	var texts []string
	s := newServer(t, false, func(s *server) {
		s.data = func(n int) error {
			if n == 1 {
				return temporary(451)
			}
			return nil
		}
	})
	m := start(t, options(s.client(t)))
	m.send(t, resetMail())
	m.drain(t)
	for _, r := range m.log.records(t) {
		texts = append(texts, r["message_id"].(string))
	}
	id := parse(t, s.received()[0].text).header.Get("Message-Id")
	if len(texts) != 2 || id != "<"+texts[0]+"@orchard.example>" || texts[0] != texts[1] {
		t.Errorf("got the Message-IDs %q, and another in the mail; want the same", texts)
	}
}

// While a server is down, all mails wait, and not each one by itself.
func TestOutage(t *testing.T) {
	reserved := listen(t, "127.0.0.1:0")
	address := reserved.Addr().String()
	if err := reserved.Close(); err != nil {
		t.Fatal(err)
	}
	o := options(clientOf(t, address))
	o.RetryAfter = 10 * time.Millisecond
	m := start(t, o)
	for range 50 {
		m.send(t, resetMail())
	}
	m.wait(t, func(s mailer.Stats) bool { return s.Retried > 2 })
	time.Sleep(300 * time.Millisecond)
	if r := m.log.records(t)[0]; r["cause"] != "connection refused" || m.Stats().Retried > 40 {
		t.Errorf("got the cause %q and %d attempts, want connection refused, and at most 40", r["cause"], m.Stats().Retried)
	}
	s := newServer(t, false, nil)
	s.serve(t, listen(t, address)) // back
	if got := m.drain(t); got.Sent != 50 || len(s.received()) != 50 {
		t.Errorf("got %+v, want 50 mails sent", got)
	}
}

// A server that accepts no mail for the time being isn't asked for each mail again.
func TestSenderRefused(t *testing.T) {
	until := time.Now().Add(200 * time.Millisecond)
	s := newServer(t, false, func(s *server) {
		s.from = func(int) error {
			if time.Now().Before(until) {
				return temporary(421)
			}
			return nil
		}
	})
	o := options(s.client(t))
	o.Workers, o.RetryAfter = 1, 20*time.Millisecond
	m := start(t, o)
	for range 20 {
		m.send(t, resetMail())
	}
	if got := m.drain(t); got.Sent != 20 || got.Retried > 19 {
		t.Errorf("got %+v, want 20 mails sent after less than one attempt that failed for each", got)
	}
	if records := m.log.records(t); records[0]["smtp.code"] != 421.0 {
		t.Errorf("got the log record %v, want one with the code 421", records[0])
	}
}

func TestExpired(t *testing.T) {
	s := newServer(t, false, func(s *server) { s.rcpt = func(int) error { return temporary(451) } })
	m := start(t, options(s.client(t)))
	late := resetMail()
	late.Expires = time.Now()
	m.send(t, late)
	m.wait(t, func(s mailer.Stats) bool { return s.Expired == 1 })
	if n, _ := s.counts(); n != 0 {
		t.Errorf("got %d sessions for a token that has expired, want none", n)
	}
	soon := resetMail()
	soon.Expires = time.Now().Add(200 * time.Millisecond)
	m.send(t, soon)
	if got := m.drain(t); got.Expired != 2 || got.Sent != 0 || got.Failed != 0 {
		t.Errorf("got %+v, want both mails expired", got)
	}
}

// TestNothingLeaks looks for secrets in the log and in all errors, after each kind of
// failure. The server repeats the address in its responses.
func TestNothingLeaks(t *testing.T) {
	mail := resetMail()
	mail.Purpose, mail.Token, mail.Code = signup.PurposeLogIn, "Dk3Yq9xZpTokenOfAMail", "ABCD2345"
	secrets := []string{adaMail, "Lovelace", mail.Token, mail.Code, "ABCD 2345", password, "no mail for"}
	var out strings.Builder
	for _, set := range []func(*server){
		nil,
		func(s *server) { s.rcpt = func(int) error { return temporary(451) } },
		func(s *server) { s.rcpt = func(int) error { return permanent(550) } },
		func(s *server) { s.data = func(int) error { return permanent(554) } },
		func(s *server) { s.TLSConfig = nil },
	} {
		s := newServer(t, false, set)
		client := s.client(t)
		client.Username, client.Password = username, password
		m := start(t, options(client))
		m.send(t, mail)
		m.wait(t, func(s mailer.Stats) bool { return s.Sent+s.Failed+s.Retried > 0 })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = fmt.Fprintln(&out, m.Close(ctx), m.Send(ctx, mail))
		_, _ = io.WriteString(&out, m.log.String())
	}
	bad := mail
	bad.To = "no mail for " + adaMail
	o := options(mailer.Print(io.Discard))
	o.Link = func(m signup.Mail) string { return "javascript:" + m.Token }
	m := start(t, o)
	_, _ = fmt.Fprintln(&out, m.Send(t.Context(), mail), m.Send(t.Context(), bad))
	if strings.Count(out.String(), "\n") < 12 {
		t.Errorf("got %d lines, want 12 or more", strings.Count(out.String(), "\n"))
	}
	if found := leaktest.Find(out.String(), secrets); len(found) != 0 {
		t.Errorf("got %d of the %d secrets in the log or an error: %q, want none", len(found), len(secrets), found)
	}
}
