package mailer_test

import (
	"slices"
	"testing"

	"github.com/gosignup/signup/mailer"
)

// The client logs in by the documented mechanisms, in their order, and by no other one.
func TestMechanisms(t *testing.T) {
	for _, c := range []struct {
		name     string
		implicit bool
		offered  []string
		want     string // "" is none
	}{
		{"PLAIN last", false, []string{"NTLM", "CRAM-MD5", "SCRAM-SHA-1", "LOGIN", "PLAIN"}, "PLAIN"},
		{"SCRAM", true, []string{"CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}, "SCRAM-SHA-256"},
		{"others", false, []string{"NTLM", "CRAM-MD5", "SCRAM-SHA-256-PLUS", "XOAUTH2"}, ""},
		{"none", true, []string{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.implicit, func(s *server) { s.mechanisms = c.offered })
			client := s.client(t)
			client.Username, client.Password, client.ImplicitTLS = username, password, c.implicit
			m := start(t, options(client))
			m.send(t, resetMail())
			m.wait(t, func(s mailer.Stats) bool { return s.Sent > 0 || s.Retried > 0 })
			s.mu.Lock()
			tried := slices.Compact(slices.Clone(s.tried))
			s.mu.Unlock()
			if got := slices.Concat(tried, []string{""})[0]; got != c.want || len(tried) > 1 {
				t.Errorf("got log-ins by %q, want one by %q", tried, c.want)
			}
			if cause := m.log.records(t)[0]["cause"]; c.want == "" && cause != "no log-in" {
				t.Errorf("got the cause %q, want no log-in", cause)
			}
		})
	}
}
