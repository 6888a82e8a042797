package mailer_test

import (
	"testing"

	"github.com/gosignup/signup/mailer"
)

// A server that dies during a mail gets it again. If it had the whole mail, the recipient
// gets the mail twice, with one Message-ID.
func TestServerDies(t *testing.T) {
	for dies, mails := range map[moment]int{duringMail: 1, afterMail: 2} {
		s := newServer(t, false, func(s *server) { s.dies = dies })
		m := start(t, options(s.client(t)))
		m.send(t, resetMail())
		if got, want := m.drain(t), (mailer.Stats{Sent: 1, Retried: 1}); got != want || len(s.received()) != mails {
			t.Errorf("%s: got %+v and %d mails, want %+v and %d", dies, got, len(s.received()), want, mails)
		}
		ids := make(map[string]bool)
		for _, r := range s.received() {
			ids[parse(t, r.text).header.Get("Message-Id")] = true
		}
		if cause := m.log.records(t)[0]["cause"]; len(ids) != 1 || cause != "connection closed" {
			t.Errorf("%s: got %d Message-IDs and the cause %v, want one, and that the connection was closed", dies, len(ids), cause)
		}
	}
}
