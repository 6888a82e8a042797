package mailer_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/gosignup/signup/mailer"
)

const (
	username = "orchard"
	password = "correct horse battery"
)

// A server is an SMTP server that keeps the mails that it accepts.
type server struct {
	*smtp.Server
	address string
	// from, if it is set before the first mail, returns the response to the nth MAIL.
	from func(n int) error
	// rcpt, if it is set before the first mail, returns the response to the nth RCPT.
	rcpt func(n int) error
	// data, likewise, is called with the nth mail, before it is accepted.
	data func(n int) error
	// dies is when the server closes the connection of the first mail.
	dies moment
	// mechanisms are those of the log-in. Nil is PLAIN.
	mechanisms []string

	mu          sync.Mutex
	mails       []received
	froms       int
	rcpts       int
	datas       int
	connections int
	logins      int
	tried       []string // the mechanisms of log-ins
}

// A moment is one in a transaction: before the end of the mail, or after it and before the
// response to it.
type moment string

const duringMail, afterMail moment = "during the mail", "after the mail"

// A received mail is one as it came over the wire.
type received struct {
	from, to string
	utf8     bool
	secure   bool
	helo     string
	text     string
}

// newServer starts a server with STARTTLS, which set may change. implicit begins with TLS.
func newServer(t testing.TB, implicit bool, set func(s *server)) *server {
	t.Helper()
	s := &server{}
	s.Server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.Domain, s.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	s.TLSConfig = serverTLS
	s.EnableSMTPUTF8 = true
	if set != nil {
		set(s)
	}
	listener := listen(t, "127.0.0.1:0")
	s.address = listener.Addr().String()
	if implicit {
		listener = tls.NewListener(listener, serverTLS)
	}
	s.serve(t, listener)
	return s
}

func (s *server) serve(t testing.TB, l net.Listener) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Server.Close()
		<-done
	})
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// client returns an SMTP for s, with STARTTLS and without a log-in.
func (s *server) client(t testing.TB) mailer.SMTP {
	return clientOf(t, s.address)
}

func clientOf(t testing.TB, address string) mailer.SMTP {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return mailer.SMTP{Host: a.IP.String(), Port: a.Port, TLSConfig: &tls.Config{RootCAs: roots}, Timeout: 10 * time.Second}
}

// received returns the mails so far.
func (s *server) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// counts returns how many connections, and log-ins, there were.
func (s *server) counts() (connections, logins int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections, s.logins
}

func (s *server) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
	return &session{server: s, conn: c}, nil
}

type session struct {
	server *server
	conn   *smtp.Conn
	mail   received
}

func (s *session) Reset()        { s.mail = received{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	_, secure := s.conn.TLSConnectionState()
	s.mail = received{from: from, utf8: o.UTF8, secure: secure, helo: s.conn.Hostname()}
	s.server.mu.Lock()
	s.server.froms++
	n := s.server.froms
	s.server.mu.Unlock()
	if s.server.from != nil {
		return s.server.from(n)
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to += to
	s.server.mu.Lock()
	s.server.rcpts++
	n := s.server.rcpts
	s.server.mu.Unlock()
	if s.server.rcpt != nil {
		return s.server.rcpt(n)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	s.server.mu.Lock()
	s.server.datas++
	n := s.server.datas
	s.server.mu.Unlock()
	if s.server.dies == duringMail && n == 1 {
		_, _ = io.CopyN(io.Discard, r, 100)
		return s.conn.Conn().Close()
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.data != nil {
		if err := s.server.data(n); err != nil {
			return err
		}
	}
	s.mail.text = string(b)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	if s.server.dies == afterMail && n == 1 {
		return s.conn.Conn().Close()
	}
	return nil
}
