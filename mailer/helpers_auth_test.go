package mailer_test

import (
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// AuthMechanisms makes *session an smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.mechanisms != nil {
		return s.server.mechanisms
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	s.server.mu.Lock()
	s.server.tried = append(s.server.tried, mechanism)
	s.server.mu.Unlock()
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != username || pass != password {
			return smtp.ErrAuthFailed
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.logins++
		return nil
	}), nil
}
