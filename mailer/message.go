package mailer

import (
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// A message is a mail as it is sent.
type message struct {
	from     sender
	to       mail.Address
	id       string // the local part of the Message-ID
	date     time.Time
	language string
	subject  string
	text     string
	html     string
}

// write writes the mail q, at the time now.
func (m *Mailer) write(q *queued, now time.Time) (*message, error) {
	d := m.data(q, now)
	l, err := m.templates.layout(q.language, q.template, d)
	if err != nil {
		return nil, err
	}
	msg := &message{
		from: m.from, to: q.to, id: q.id, date: q.at,
		language: l.Language, subject: l.Subject,
	}
	if msg.text, err = m.templates.text(l); err != nil {
		return nil, err
	}
	if msg.html, err = m.templates.html(l, q.template); err != nil {
		return nil, err
	}
	return msg, nil
}

// encode returns m in the form that the SMTP client sends.
func (m *message) encode() *gomail.Msg {
	g := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	g.FromMailAddress(&m.from.Address)
	g.ToMailAddress(&m.to)
	g.Subject(m.subject)
	g.SetDateWithValue(m.date.UTC())
	g.SetMessageIDWithValue(m.id + "@" + m.from.domain)
	g.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, section 5
	g.SetGenHeader(gomail.HeaderContentLang, m.language)
	g.SetBodyString(gomail.TypeTextPlain, m.text)
	g.AddAlternativeString(gomail.TypeTextHTML, m.html)
	return g
}
