package browser

import (
	"context"
	"crypto/rand"
	"fmt"
	"html/template"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/smtp"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// newAddress returns an address that no other test uses.
func newAddress() string {
	return "ada-" + strings.ToLower(rand.Text()[:10]) + "@example.org"
}

// An smtpSender sends the mails of a site, with a text and an HTML part.
type smtpSender struct {
	server, base string
}

var mailHTML = template.Must(template.New("mail").Parse(`<!DOCTYPE html><html lang="en"><title>{{.Subject}}</title>
<p>Hello {{.Name}}</p>{{with .Link}}<p><a href="{{.}}">Continue</a></p>{{end}}{{with .Code}}<p>Code: <b>{{.}}</b></p>{{end}}</html>`))

func (s *smtpSender) send(_ context.Context, m signup.Mail) error {
	subject := strings.TrimSpace(string(m.Purpose) + " " + string(m.Notice))
	content := struct{ Subject, Name, Link, Code string }{Subject: subject, Name: m.User.FirstName, Code: m.Code}
	if m.Token != "" {
		content.Link = pages.Link(s.base, "", m.Token)
	}
	var b strings.Builder
	w := multipart.NewWriter(&b)
	fmt.Fprintf(&b, "From: accounts@orchard.example\r\nTo: %s\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=%s\r\n\r\n",
		m.To, mime.QEncoding.Encode("utf-8", subject), w.Boundary())
	var page strings.Builder
	if err := mailHTML.Execute(&page, content); err != nil {
		return err
	}
	text := fmt.Sprintf("Hello %s\n\n%s\n\nCode: %s\n", content.Name, content.Link, content.Code)
	for _, part := range [][2]string{{"text/plain", text}, {"text/html", page.String()}} {
		h := textproto.MIMEHeader{"Content-Type": {part[0] + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}}
		pw, err := w.CreatePart(h)
		if err != nil {
			return err
		}
		q := quotedprintable.NewWriter(pw)
		_, _ = q.Write([]byte(part[1]))
		_ = q.Close()
	}
	_ = w.Close()
	return smtp.SendMail(s.server, nil, "accounts@orchard.example", []string{m.To}, []byte(b.String()))
}

// A letter is a mail that has arrived.
type letter struct {
	storedMail
	links []string // different ones, of both parts
}

var (
	linkForm = regexp.MustCompile(`http://localhost:[0-9]+/[^\s"<>]+`)
	codeForm = regexp.MustCompile(`\b[0-9A-Z]{4}[ -]?[0-9A-Z]{4}\b`)
)

// inbox returns the mails to an address, the newest first.
func inbox(t *testing.T, address string) []letter {
	t.Helper()
	stored, err := mails.to(address)
	if err != nil {
		t.Fatalf("reading mails: %v", err)
	}
	var letters []letter
	for _, m := range stored {
		l := letter{storedMail: m}
		for _, part := range []string{m.Text, strings.ReplaceAll(m.HTML, "&amp;", "&")} {
			for _, link := range linkForm.FindAllString(part, -1) {
				if !slices.Contains(l.links, link) {
					l.links = append(l.links, link)
				}
			}
		}
		letters = append(letters, l)
	}
	return letters
}

// awaitMail returns the newest of n mails to an address, when that many have arrived.
func awaitMail(t *testing.T, address string, n int) letter {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		letters := inbox(t, address)
		if len(letters) == n {
			return letters[0]
		}
		if len(letters) > n || time.Now().After(deadline) {
			t.Fatalf("got %d mails, want %d", len(letters), n)
		}
	}
}

// link returns the link of the mail, which both parts must have.
func (l letter) link(t *testing.T) string {
	t.Helper()
	if len(l.links) != 1 || !strings.Contains(l.Text, l.links[0]) || !strings.Contains(strings.ReplaceAll(l.HTML, "&amp;", "&"), l.links[0]) {
		t.Fatalf("got a mail with %d links, want the same one in both parts", len(l.links))
	}
	return l.links[0]
}

// code returns the code of the mail.
func (l letter) code(t *testing.T) string {
	t.Helper()
	code := codeForm.FindString(l.Text)
	if code == "" {
		t.Fatal("got a mail without a code")
	}
	return code
}
