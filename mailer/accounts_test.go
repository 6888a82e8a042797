package mailer_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
	"github.com/gosignup/signup/memstore"
)

var (
	tokenIn = regexp.MustCompile(`/account/link\?token=([\w-]+)\n`)
	codeIn  = regexp.MustCompile(`\n([0-9A-Z]{4} [0-9A-Z]{4})\n`)
)

// found returns what form finds in the text of the last mail.
func found(t *testing.T, s *server, form *regexp.Regexp) string {
	t.Helper()
	mails := s.received()
	m := form.FindStringSubmatch(parse(t, mails[len(mails)-1].text).text)
	if m == nil {
		t.Fatalf("mail %d: got no match of %v, want one", len(mails), form)
	}
	return m[1]
}

// TestAccounts uses the tokens and the code as they arrive in mails.
func TestAccounts(t *testing.T) {
	s := newServer(t, false, nil)
	m := start(t, options(s.client(t)))
	a := &signup.Accounts{
		Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4}, Send: m.Send,
		Secrets:           []signup.Secret{signup.NewSecret([]byte("a secret of thirty-two bytes, or more"))},
		EmailVerification: signup.VerifyBeforeRegistration, Discreet: true,
	}
	mails := 0
	arrived := func() {
		mails++
		m.wait(t, func(s mailer.Stats) bool { return s.Sent >= int64(mails) })
	}
	if _, err := a.Register(t.Context(), signup.Registration{Email: adaMail}); err != nil {
		t.Fatalf("Register returned the error %v, want none", err)
	}
	arrived()
	r := signup.Registration{Email: adaMail, FirstName: "Ada", Password: password}
	if _, err := a.CompleteRegistration(t.Context(), found(t, s, tokenIn), r); err != nil {
		t.Fatalf("CompleteRegistration returned the error %v, want none", err)
	}
	challenge, err := a.SendLogIn(t.Context(), adaMail, signup.Client{})
	if err != nil {
		t.Fatalf("SendLogIn returned the error %v, want none", err)
	}
	arrived()
	if _, err := a.LogInByCode(t.Context(), challenge, found(t, s, codeIn), signup.Client{}); err != nil {
		t.Errorf("LogInByCode returned the error %v for the code as the mail has it, want none", err)
	}
	if err := a.SendPasswordReset(t.Context(), adaMail, signup.Client{}); err != nil {
		t.Fatalf("SendPasswordReset returned the error %v, want none", err)
	}
	arrived()
	if _, err := a.ResetPassword(t.Context(), found(t, s, tokenIn), "another correct horse"); err != nil {
		t.Errorf("ResetPassword returned the error %v, want none", err)
	}
	arrived() // password_changed
	m.drain(t)
	if err := a.SendPasswordReset(t.Context(), "other@example.org", signup.Client{}); !errors.Is(err, signup.ErrBusy) || strings.Contains(err.Error(), "@") {
		t.Errorf("without a place in the queue, SendPasswordReset returned the error %v, want ErrBusy", err)
	}
}
