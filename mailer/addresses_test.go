package mailer_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

func TestAddresses(t *testing.T) {
	long := strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 90) + "example"
	for _, c := range []struct {
		address, envelope string
		utf8              bool
	}{
		{"!#$%&'*+-/=?^_`{|}~.x@example.org", "!#$%&'*+-/=?^_`{|}~.x@example.org", false},
		{"Ada.Lovelace+tag@Example.ORG", "Ada.Lovelace+tag@example.org", false},
		{"ada@bücher.example", "ada@xn--bcher-kva.example", false},
		{"ada@例え.example", "ada@xn--r8jz45g.example", false},
		{"zoë@example.org", "zoë@example.org", true},
		{"用户@bücher.example", "用户@xn--bcher-kva.example", true},
		{long, long, false},
	} {
		stored, err := signup.NormalizeEmail(c.address)
		if err != nil {
			t.Fatalf("NormalizeEmail returned the error %v for %q, want nil", err, c.address)
		}
		s := newServer(t, false, nil)
		m := start(t, options(s.client(t)))
		mail := resetMail()
		mail.To, mail.User.Email = stored, stored
		m.send(t, mail)
		m.drain(t)
		got := s.received()
		if len(got) != 1 || got[0].to != c.envelope || got[0].utf8 != c.utf8 {
			t.Errorf("for %q, got %d mails, with other recipients or SMTPUTF8; want one to %q, with SMTPUTF8: %t", c.address, len(got), c.envelope, c.utf8)
			continue
		}
		to, err := parse(t, got[0].text).header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != c.envelope {
			t.Errorf("for %q, got another To (error %v), want %q", c.address, err, c.envelope)
		}
	}
}

// There is no way to write such an address without SMTPUTF8.
func TestWithoutSMTPUTF8(t *testing.T) {
	s := newServer(t, false, func(s *server) { s.EnableSMTPUTF8 = false })
	m := start(t, options(s.client(t)))
	mail := resetMail()
	mail.To = "zoë@example.org"
	m.send(t, mail)
	m.send(t, resetMail())
	if got := m.drain(t); got.Failed != 1 || got.Sent != 1 || got.Retried != 0 {
		t.Errorf("got %+v, want one mail failed at the first attempt, and one sent", got)
	}
	if !strings.Contains(m.log.String(), `"cause":"no SMTPUTF8"`) {
		t.Error("got a log without the cause, want it there")
	}
}

func TestNotAnAddress(t *testing.T) {
	m := start(t, options(newServer(t, false, nil).client(t)))
	for _, to := range []string{"", "ada", "ada@example.org\r\nRCPT TO:<eve@example.com>", "ada@example.org, eve@example.com"} {
		mail := resetMail()
		mail.To = to
		if err := m.Send(t.Context(), mail); err == nil || strings.Contains(err.Error(), "example") {
			t.Errorf("for %q, Send returned the error %v, want one without the address", to, err)
		}
	}
}
