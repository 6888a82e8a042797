package mailer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"unicode"
)

// Print returns a Server that writes each mail to w, as text, instead of sending it. It
// is for development: a person that reads w can use the links. Control characters are left
// out. Print writes a mail with one call of w.Write, and one mail at a time. If Write
// returns an error, the mail is given up. If Write hangs, as on a terminal that is stopped,
// [Mailer.Close] doesn't wait for it any longer when its ctx is done.
func Print(w io.Writer) Server { return &printer{w: w, writing: make(chan struct{}, 1)} }

type printer struct {
	w       io.Writer
	writing chan struct{} // has an element during a Write
}

func (p *printer) check(*Mailer) error {
	if p.w == nil {
		return errors.New("mailer: the io.Writer of Print is nil")
	}
	return nil
}

func (p *printer) connect(*Mailer) connection { return p }
func (p *printer) close()                     {}

func (p *printer) send(ctx context.Context, m *message) *failure {
	select {
	case p.writing <- struct{}{}:
	case <-ctx.Done():
		return &failure{cause: "canceled"}
	}
	written := make(chan error, 1)
	go func() {
		_, err := io.WriteString(p.w, printed(m))
		<-p.writing
		written <- err
	}()
	select {
	case err := <-written:
		if err != nil {
			return &failure{cause: "write", permanent: true}
		}
		return nil
	case <-ctx.Done():
		return &failure{cause: "canceled"}
	}
}

// printed returns what Print writes for m.
func printed(m *message) string {
	text := fmt.Sprintf("To: %s\nSubject: %s\n\n%s%s\n", readable(m.to), m.subject, m.text, strings.Repeat("-", maxLine))
	return strings.Map(printable, text)
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
