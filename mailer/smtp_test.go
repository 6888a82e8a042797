package mailer_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/mailer"
)

func TestTLS(t *testing.T) {
	for _, c := range []struct {
		name     string
		implicit bool
		server   func(*server)
		client   func(*mailer.SMTP)
		cause    string // of the failure, or "" if the mail is sent
		secure   bool
	}{
		{name: "STARTTLS", secure: true},
		{name: "implicit TLS", implicit: true, client: func(s *mailer.SMTP) { s.ImplicitTLS = true }, secure: true},
		{name: "plaintext", client: func(s *mailer.SMTP) { s.Plaintext = true }},
		{name: "server without STARTTLS", server: func(s *server) { s.TLSConfig = nil }, cause: "no STARTTLS"},
		{name: "another root", client: func(s *mailer.SMTP) { s.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()} }, cause: "certificate"},
		{name: "another name", client: func(s *mailer.SMTP) { s.TLSConfig.ServerName = "smtp.example.org" }, cause: "certificate"},
		{name: "implicit TLS, another root", implicit: true, client: func(s *mailer.SMTP) {
			s.ImplicitTLS, s.TLSConfig = true, nil
		}, cause: "certificate"},
		{name: "old TLS", server: func(s *server) {
			s.TLSConfig = serverTLS.Clone()
			s.TLSConfig.MaxVersion = tls.VersionTLS11
		}, cause: "TLS"},
		{name: "implicit TLS to a server with STARTTLS", client: func(s *mailer.SMTP) { s.ImplicitTLS = true }, cause: "TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.implicit, c.server)
			client := s.client(t)
			if c.client != nil {
				c.client(&client)
			}
			m := start(t, options(client))
			m.send(t, resetMail())
			m.wait(t, func(s mailer.Stats) bool { return s.Sent > 0 || s.Retried > 0 })
			got := s.received()
			if c.cause == "" {
				if len(got) != 1 || got[0].secure != c.secure || got[0].helo != "orchard.example" {
					t.Errorf("got %d mails, want one over TLS: %t", len(got), c.secure)
				}
				return
			}
			if r := m.log.records(t)[0]; len(got) != 0 || r["cause"] != c.cause {
				t.Errorf("got %d mails, and the cause %q; want none, and %q", len(got), r["cause"], c.cause)
			}
		})
	}
}

func TestLogIn(t *testing.T) {
	for _, c := range []struct {
		name, user, pass string
		code             float64 // of the failure, or 0
	}{
		{"right", username, password, 0},
		{"wrong password", username, "correct horse, wrong", 535},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, false, nil)
			client := s.client(t)
			client.Username, client.Password = c.user, c.pass
			m := start(t, options(client))
			m.send(t, resetMail())
			m.wait(t, func(s mailer.Stats) bool { return s.Sent > 0 || s.Retried > 0 })
			_, logins := s.counts()
			r := m.log.records(t)[0]
			code, _ := r["smtp.code"].(float64)
			if code != c.code || (logins > 0) != (c.code == 0) || len(s.received()) != logins {
				t.Errorf("got %d log-ins and the code %v, want the code %v", logins, code, c.code)
			}
			if strings.Contains(m.log.String(), "correct horse") {
				t.Error("got the password in the log, want it nowhere")
			}
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	s := newServer(t, false, nil)
	o := options(s.client(t))
	o.Workers = 1
	m := start(t, o)
	for range 20 {
		m.send(t, resetMail())
	}
	m.drain(t)
	if n, _ := s.counts(); len(s.received()) != 20 || n != 2 { // a session before STARTTLS, and one after it
		t.Errorf("got %d mails in %d sessions, want 20 in 2", len(s.received()), n)
	}
}

// A server closes connections that are idle. The next mail is sent without a failed attempt.
func TestConnectionClosedByServer(t *testing.T) {
	s := newServer(t, false, func(s *server) { s.ReadTimeout = 500 * time.Millisecond })
	o := options(s.client(t))
	o.Workers = 1
	m := start(t, o)
	for n := range 2 {
		m.send(t, resetMail())
		m.wait(t, func(s mailer.Stats) bool { return s.Sent == int64(n+1) })
		time.Sleep(700 * time.Millisecond)
	}
	m.send(t, resetMail())
	if got := m.drain(t); got.Sent != 3 || got.Retried != 0 {
		t.Errorf("got %+v, want 3 mails sent without another attempt", got)
	}
}

// A delivered mail isn't sent again if the server fails right after it.
func TestFailureAfterDelivery(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	defer l.Close()
	mails := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go script(conn, mails)
		}
	}()
	client := clientOf(t, l.Addr().String())
	client.Plaintext = true
	m := start(t, options(client))
	m.send(t, resetMail())
	if got := m.drain(t); got.Sent != 1 || got.Retried != 0 || len(mails) != 1 {
		t.Errorf("got %+v and %d mails, want one that is sent once", got, len(mails))
	}
}

// script is a server that accepts a mail and closes the connection at the next command.
func script(conn net.Conn, mails chan<- string) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 ready\r\n")
	for {
		line, err := r.ReadString('\n')
		switch {
		case err != nil || strings.HasPrefix(line, "RSET"):
			return
		case strings.HasPrefix(line, "DATA"):
			fmt.Fprint(conn, "354 go on\r\n")
			var mail strings.Builder
			for line != ".\r\n" && err == nil {
				line, err = r.ReadString('\n')
				mail.WriteString(line)
			}
			mails <- mail.String()
		}
		fmt.Fprint(conn, "250 ok\r\n")
	}
}

func TestPasswordIsNotShown(t *testing.T) {
	s := mailer.SMTP{Host: "smtp.orchard.example", Username: username, Password: password}
	b := &buffer{}
	slog.New(slog.NewJSONHandler(b, nil)).Info("start", "server", s, "options", fmt.Sprintf("%+v", mailer.Options{Server: s}))
	if err := json.NewEncoder(b).Encode(s); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "%v %+v %#v %s %q", s, &s, s, s, s)
	if strings.Contains(b.String(), "correct") || strings.Count(b.String(), "587") < 7 {
		t.Errorf("the output has the password: %t; want the port each time, and not the password", strings.Contains(b.String(), "correct"))
	}
}
