package mailer

import (
	"context"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"sync"
	"unicode"
)

// Print returns a Server that writes each mail to w, as text, instead of sending it. It
// is for development: a person that reads w can use the links. Control characters are left
// out. Print writes a mail with one call of w.Write, and one mail at a time. If Write
// returns an error, the mail is given up.
func Print(w io.Writer) Server { return &printer{w: w} }

type printer struct {
	mu sync.Mutex
	w  io.Writer
}

func (p *printer) check(*Mailer) error        { return nil }
func (p *printer) connect(*Mailer) connection { return p }
func (p *printer) close()                     {}

func (p *printer) send(_ context.Context, m *message) *failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("To: %s\nSubject: %s\n\n%s%s\n", readable(m.to), m.subject, m.text, strings.Repeat("-", maxLine))
	if _, err := io.WriteString(p.w, strings.Map(printable, text)); err != nil {
		return &failure{cause: "write", permanent: true}
	}
	return nil
}

// readable returns a without the encoding that it has in a header.
func readable(a mail.Address) string {
	if a.Name == "" {
		return a.Address
	}
	return a.Name + " <" + a.Address + ">"
}

// printable returns r, or -1 if r may be part of a command to a terminal.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' {
		return -1
	}
	return r
}
