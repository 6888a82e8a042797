package mailer

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// An SMTP is a mail server that accepts the mails and delivers them to their recipients.
// Host must be set; the zero value of every other field selects the default that its
// comment names.
//
// fmt, log/slog and JSON show only Host and Port.
type SMTP struct {
	// Host is the name of the server, which its certificate must have.
	Host string
	// Port is 587 by default, 465 with ImplicitTLS, and 25 with Plaintext.
	Port int
	// Username and Password are for the log-in. If Username is empty, there is none. The
	// mechanism is the first one that the server offers of PLAIN, LOGIN, SCRAM-SHA-256
	// and SCRAM-SHA-1.
	Username, Password string
	// ImplicitTLS begins the connection with TLS (RFC 8314, section 3). Otherwise
	// STARTTLS is required: without it, no mail is sent.
	ImplicitTLS bool
	// Plaintext sends mails and links without encryption, and allows no Username. It is
	// for a server on the same machine.
	Plaintext bool
	// TLSConfig has, for example, the root certificates. Nil trusts those of the system.
	// Unless they are set, ServerName is Host, and MinVersion is TLS 1.2.
	TLSConfig *tls.Config
	// HELO is the name by which the client introduces itself (RFC 5321, section 4.1.1.1).
	// "" is the domain of Options.From.
	HELO string
	// Timeout limits the connection with the log-in, and the delivery of one mail, each
	// by itself. If it is too short for a slow server, mails come twice (RFC 5321,
	// section 6.1). 0 is one minute.
	Timeout time.Duration
}

func (s SMTP) short() string { return fmt.Sprintf("{Host:%s Port:%d}", s.Host, s.port()) }

// Format writes Host and Port for every verb that calls it.
func (s SMTP) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.short()) }

// LogValue returns Host and Port.
func (s SMTP) LogValue() slog.Value {
	return slog.GroupValue(slog.String("host", s.Host), slog.Int("port", s.port()))
}

// MarshalText returns Host and Port, in the form that fmt writes.
func (s SMTP) MarshalText() ([]byte, error) { return []byte(s.short()), nil }

func (s SMTP) port() int {
	switch {
	case s.Port != 0:
		return s.Port
	case s.ImplicitTLS:
		return 465
	case s.Plaintext:
		return 25
	}
	return 587
}

// check returns what is wrong with s.
func (s SMTP) check(m *Mailer) error {
	switch {
	case s.Host == "" || strings.ContainsAny(s.Host, "/ \r\n"):
		return errors.New("mailer: SMTP.Host must be the name of a server")
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("mailer: SMTP.Port is %d, want 1 to 65535, or 0", s.Port)
	case s.Plaintext && s.ImplicitTLS:
		return errors.New("mailer: SMTP.Plaintext and SMTP.ImplicitTLS exclude each other")
	case s.Plaintext && s.Username != "":
		return errors.New("mailer: SMTP.Plaintext would send the password without encryption")
	case (s.Username == "") != (s.Password == ""):
		return errors.New("mailer: SMTP.Username and SMTP.Password must be set together")
	case s.Timeout < 0:
		return errors.New("mailer: SMTP.Timeout must not be negative")
	case strings.ContainsAny(s.HELO, " \r\n"):
		return errors.New("mailer: SMTP.HELO must be one word")
	}
	return nil
}

// withDefaults returns s with its defaults, for mails from domain.
func (s SMTP) withDefaults(domain string) SMTP {
	s.Port = s.port()
	s.HELO = cmp.Or(s.HELO, domain)
	s.Timeout = cmp.Or(s.Timeout, time.Minute)
	config := &tls.Config{}
	if s.TLSConfig != nil {
		config = s.TLSConfig.Clone()
	}
	config.ServerName = cmp.Or(config.ServerName, s.Host)
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	s.TLSConfig = config
	return s
}
