package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// An smtpConnection sends mails of one worker. It is open from the first mail until
// close, or until a mail fails.
type smtpConnection struct {
	server SMTP
	client *gomail.Client
	smtp   *smtp.Client    // nil while there is no connection
	conn   *watchedConn    // beneath smtp
	ctx    context.Context // whose end interrupts conn
	stop   func() bool     // undoes that
}

func (s SMTP) connect(m *Mailer) connection {
	return &smtpConnection{server: s.withDefaults(m.from.domain)}
}

// newClient returns the client for c.
func (c *smtpConnection) newClient() (*gomail.Client, error) {
	s := c.server
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithHELO(s.HELO), gomail.WithTimeout(s.Timeout),
		gomail.WithTLSConfig(s.TLSConfig), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithDialContextFunc(c.dial),
	}
	switch {
	case s.Plaintext:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	case s.ImplicitTLS:
		options = append(options, gomail.WithSSL())
	}
	if s.Username != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&logIn{server: s}))
	}
	return gomail.NewClient(s.Host, options...)
}

// dial connects to the server, and begins TLS if that is implicit.
func (c *smtpConnection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.conn = &watchedConn{Conn: conn}
	c.stop = context.AfterFunc(c.ctx, func() { _ = conn.Close() })
	if !c.server.ImplicitTLS {
		return c.conn, nil
	}
	secure := tls.Client(c.conn, c.server.TLSConfig)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secure, nil
}

// send sends m. The server may have closed a connection that was idle: then another one
// is opened.
func (c *smtpConnection) send(ctx context.Context, m *message) *failure {
	open := c.smtp != nil
	f, nothingSent := c.try(ctx, m)
	if f != nil && open && nothingSent {
		f, _ = c.try(ctx, m)
	}
	return f
}

// try sends m over the connection that is open, or a new one. nothingSent reports that
// the connection was found broken before the mail was begun.
func (c *smtpConnection) try(ctx context.Context, m *message) (f *failure, nothingSent bool) {
	if c.smtp == nil {
		if err := c.open(ctx); err != nil {
			f := newFailure(err, c.conn)
			f.permanent, f.outage = false, true
			c.abandon()
			return f, false
		}
	}
	utf8 := !isASCII(m.to.Address)
	if ok, _ := c.smtp.Extension("SMTPUTF8"); utf8 && !ok {
		return &failure{cause: "no SMTPUTF8", permanent: true}, false
	}
	// A server may require SMTPUTF8 of the next one if a mail is marked with it.
	c.smtp.SkipSMTPUTF8(!utf8)
	_ = c.smtp.UpdateDeadline(c.server.Timeout)
	g := m.encode()
	err := c.client.SendWithSMTPClient(c.smtp, g)
	if err == nil {
		return nil, false
	}
	f = newFailure(err, c.conn)
	c.abandon()
	if g.IsDelivered() { // only what follows has failed
		return nil, false
	}
	var e *gomail.SendError
	return f, errors.As(err, &e) && e.Reason == gomail.ErrConnCheck
}

// open opens a connection and logs in.
func (c *smtpConnection) open(ctx context.Context) (err error) {
	c.conn = nil
	if c.client == nil {
		if c.client, err = c.newClient(); err != nil {
			return err
		}
	}
	c.ctx = ctx // that of dial ends with the next call
	c.smtp, err = c.client.DialToSMTPClientWithContext(ctx)
	return err
}

// abandon closes the connection without another word.
func (c *smtpConnection) abandon() {
	if c.conn != nil {
		c.stop()
		_ = c.conn.Close()
	}
	c.smtp, c.conn = nil, nil
}

// quitTimeout limits the end of a connection.
const quitTimeout = 2 * time.Second

// close ends the connection, if there is one.
func (c *smtpConnection) close() {
	if c.smtp != nil {
		_ = c.smtp.UpdateDeadline(quitTimeout)
		_ = c.smtp.Quit()
		c.abandon()
	}
}
