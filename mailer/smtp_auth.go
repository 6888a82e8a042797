package mailer

import (
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"
)

// A logIn logs in by the first of the mechanisms that the server offers. That of go-mail
// would take other mechanisms, such as NTLM, if the server offers none of these.
type logIn struct {
	server SMTP
	chosen smtp.Auth
}

var mechanisms = []struct {
	name string
	auth func(s SMTP) smtp.Auth
}{
	{"PLAIN", func(s SMTP) smtp.Auth { return smtp.PlainAuth("", s.Username, s.Password, s.Host, false) }},
	{"LOGIN", func(s SMTP) smtp.Auth { return smtp.LoginAuth(s.Username, s.Password, s.Host, false) }},
	{"SCRAM-SHA-256", func(s SMTP) smtp.Auth { return smtp.ScramSHA256Auth(s.Username, s.Password) }},
	{"SCRAM-SHA-1", func(s SMTP) smtp.Auth { return smtp.ScramSHA1Auth(s.Username, s.Password) }},
}

var errNoLogIn = errors.New("mailer: the server offers no log-in by a mechanism of SMTP.Username")

// Start chooses the mechanism.
func (l *logIn) Start(info *smtp.ServerInfo) (mechanism string, first []byte, err error) {
	if !info.TLS { // SMTP.check permits no Username then
		return "", nil, smtp.ErrUnencrypted
	}
	for _, m := range mechanisms {
		if slices.Contains(info.Auth, m.name) {
			l.chosen = m.auth(l.server)
			return l.chosen.Start(info)
		}
	}
	return "", nil, errNoLogIn
}

// Next continues with the mechanism that Start has chosen.
func (l *logIn) Next(fromServer []byte, more bool) ([]byte, error) {
	return l.chosen.Next(fromServer, more)
}
