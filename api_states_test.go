package signup_test

import (
	"testing"

	"github.com/gosignup/signup"
)

// A sign-up by mail: nothing is stored before the token is used.
func TestAPICompleteRegistration(t *testing.T) {
	a := newAPITest(t, func(a *signup.Accounts) { a.EmailVerification = signup.VerifyBeforeRegistration })
	c := a.client()
	c.call("Accepted mail_sent", "sign-up", "email_address", adaEmail)
	token := c.take(signup.PurposeRegister)
	peeked := c.call("OK done", "peek-token", "token", token)
	if got := member[string](c, peeked, "email_address"); got != adaKey {
		t.Errorf("peek-token returned the address %q, want %q", got, adaKey)
	}
	c.call("Bad Request too_short", "complete-registration", "token", token, "password", "correct horse")
	c.call("OK registered", "complete-registration", "token", token, "password", goodPassword, "first_name", "Ada")
	c.call("OK registered", "complete-registration", "token", token, "password", goodPassword, "first_name", "Ada")
	c.call("Bad Request token_invalid", "complete-registration", "token", token, "password", newPassword)
	c.call("Conflict exists", "sign-up", "email_address", adaEmail)
	c.logIn(adaEmail, goodPassword)
	for _, leak := range a.leaked(token, goodPassword, newPassword) {
		t.Errorf("a response or the log has the secret %q, want none", leak)
	}
}

// A user makes the account inactive, and can't log in any more.
func TestAPIDeactivate(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp(adaEmail)
	c.call("OK deactivated", "deactivate")
	c.call("Unauthorized not_logged_in", "user")
	c.call("Bad Request bad_credentials", "log-in", "email_address", adaEmail, "password", goodPassword)
	if u := getUser(t, a.a.Store, adaKey); u.Active || a.sessions.len() > 0 {
		t.Errorf("got an active user: %t, %d sessions; want none", u.Active, a.sessions.len())
	}
}

// The new address of a change may belong to another user, then or later.
func TestAPIAddressTaken(t *testing.T) {
	a := newAPITest(t, nil)
	c, bob := a.client(), a.client()
	c.signUp(adaEmail)
	c.call("Accepted mail_sent", "send-email-change", "email_address", secondKey)
	change := c.take(signup.PurposeChangeEmail)
	bob.signUp(secondKey)
	c.call("Conflict address_taken", "send-email-change", "email_address", secondKey)
	c.call("Conflict address_taken", "confirm-email-change", "token", change)
	c.call("Bad Request unchanged", "send-email-change", "email_address", adaEmail)
	c.call("OK done", "user")
}
