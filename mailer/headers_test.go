package mailer_test

import (
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
)

// fields are those that each mail has, sorted.
var fields = []string{
	"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To",
}

// checkHeader reports if p has other fields than each mail, or one of them twice.
func checkHeader(t testing.TB, p parsed) {
	t.Helper()
	var got []string
	for name, values := range p.header {
		for range values {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, fields) {
		t.Errorf("got the fields %q, want %q", got, fields)
	}
}

func TestHeader(t *testing.T) {
	s := newServer(t, false, nil)
	m := start(t, options(s.client(t)))
	m.send(t, resetMail())
	m.send(t, resetMail())
	m.drain(t)
	mails := s.received()
	if len(mails) != 2 {
		t.Fatalf("got %d mails, want 2", len(mails))
	}
	p := parse(t, mails[0].text)
	checkHeader(t, p)
	if got := p.header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("got Auto-Submitted %q, want auto-generated", got)
	}
	if date, err := p.header.Date(); err != nil || time.Since(date) > time.Minute {
		t.Errorf("got the Date %v (error %v), want now", date, err)
	}
	from, err := mail.ParseAddress(p.header.Get("From"))
	if err != nil || from.String() != `"Orchard" <no-reply@orchard.example>` {
		t.Errorf("got another From (error %v), want that of Options.From", err)
	}
	if mails[0].from != "no-reply@orchard.example" || mails[0].to != adaMail {
		t.Error("got other addresses in the envelope than in the mail, want the same")
	}
	id, other := p.header.Get("Message-Id"), parse(t, mails[1].text).header.Get("Message-Id")
	if !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@orchard.example>") || len(id) < 40 || id == other {
		t.Error("got two equal or short Message-IDs, or one of another domain, want random ones of the domain of From")
	}
}

// hostile are names that try to become more than a name.
var hostile = []string{
	"Ada\r\nBcc: eve@example.com", "Ada\nSubject: x\n\nbody", "Ada\x00\x1b[2J", `Ada" <eve@example.com>, "`,
	`\`, `Zoë\`, `"`, "<eve@example.com>", "eve@example.com", "a, b; c: d", "(comment", "=?utf-8?q?=0d=0aBcc:_eve=40example.com?=",
	"=?=?utf-8?b?QmNjOg==?=", "\u202egpj.exe", "Ada\u2028Bcc: eve@example.com", "Ada\u0085Bcc: x", "\u200b", "   ",
	strings.Repeat("A", 2000), strings.Repeat("Ä", 2000), strings.Repeat("👩‍🌾 ", 500), "محمد", "Zoë Ångström", "\xff\xfe", "<b>Ada</b> & {{.Mail}}",
}

// checkNamed sends a mail to a user with the name first, and checks it.
func checkNamed(t testing.TB, s *server, m running, first string) {
	t.Helper()
	sent := resetMail()
	sent.User.FirstName, sent.User.LastName = first, ""
	n := len(s.received())
	before := m.Stats()
	m.send(t, sent)
	m.wait(t, func(s mailer.Stats) bool { return s.Sent+s.Failed+s.Retried > before.Sent+before.Failed+before.Retried })
	if got := m.Stats(); got.Sent == before.Sent {
		t.Fatalf("for the name %q, the mail wasn't sent: %+v, want it sent", first, got)
	}
	r := s.received()[n]
	p := parse(t, r.text)
	checkHeader(t, p)
	to, err := p.header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != adaMail || r.to != adaMail {
		t.Fatalf("for the name %q, got %d recipients (error %v), want the user", first, len(to), err)
	}
	for _, name := range []string{to[0].Name, p.subject} {
		if n := utf8.RuneCountInString(name); n > 150 || strings.Contains(name, "=?") || strings.ContainsFunc(name, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028'
		}) {
			t.Errorf("for the name %q, got %q in the header, want at most 150 visible characters", first, name)
		}
	}
	head, _, _ := strings.Cut(r.text, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if len(line) > 998 { // RFC 5322, section 2.1.1
			t.Errorf("for the name %q, got a header line of %d bytes, want at most 998", first, len(line))
		}
	}
	if strings.Contains(p.html, "<b>Ada") || strings.Contains(p.text, "{Purpose:") {
		t.Errorf("for the name %q, got it as HTML or as a template, want it as text", first)
	}
}

func TestHostileNames(t *testing.T) {
	s := newServer(t, false, nil)
	m := start(t, options(s.client(t)))
	for _, name := range hostile {
		checkNamed(t, s, m, name)
	}
}

func FuzzName(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	s := newServer(f, false, func(s *server) { s.MaxLineLength = 1000 })
	o := options(s.client(f))
	o.Workers = 1
	m := start(f, o)
	f.Fuzz(func(t *testing.T, name string) { checkNamed(t, s, m, name) })
}

// A stranger can register another person's address under a name that advertises something.
func TestNameOnlyToVerifiedAddress(t *testing.T) {
	const name = "Win a prize at evil.example"
	for _, c := range []struct {
		what   string
		change func(*signup.Mail)
		want   bool
	}{
		{"verified", func(*signup.Mail) {}, true},
		{"not verified", func(m *signup.Mail) { m.User.EmailVerifiedAt = time.Time{} }, false},
		{"new address", func(m *signup.Mail) { m.To, m.Purpose = "other@example.org", signup.PurposeChangeEmail }, false},
	} {
		sent := resetMail()
		sent.User.FirstName = name
		c.change(&sent)
		if got := strings.Contains(printed(t, options(nil), sent), "prize"); got != c.want {
			t.Errorf("%s: the mail has the name: %t; want %t", c.what, got, c.want)
		}
	}
}

func TestSiteNames(t *testing.T) {
	for _, name := range []string{`"Orchard" & <Sons>`, "Obstgärten, e. V.", "果樹園", strings.Repeat("ä", 50), strings.Repeat("A", 100)} {
		s := newServer(t, false, nil)
		o := options(s.client(t))
		o.Name = name
		m := start(t, o)
		m.send(t, resetMail())
		m.drain(t)
		p := parse(t, s.received()[0].text)
		checkHeader(t, p)
		if !strings.Contains(p.subject, name) {
			t.Errorf("for the site %q, got the subject %q, want one with the name", name, p.subject)
		}
		if strings.Contains(p.html, "<Sons>") {
			t.Errorf("for the site %q, got the name as HTML, want it escaped", name)
		}
	}
}
