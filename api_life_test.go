package signup_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// server makes the clients of t use a server with TLS.
func (t *apiTest) server() func() *apiClient {
	s := httptest.NewTLSServer(t.h)
	t.Cleanup(s.Close)
	return func() *apiClient {
		c := t.client()
		c.Transport, c.url = s.Client().Transport, s.URL+"/account/"
		return c
	}
}

// take returns the token of the mail for purpose among those so far, and removes all.
func (c *apiClient) take(purpose signup.Purpose) string {
	c.Helper()
	mails := c.mails.take()
	i := slices.IndexFunc(mails, func(m signup.Mail) bool { return m.Purpose == purpose })
	if i < 0 {
		c.Fatalf("got the mails %v, want one with a token for %s", mails, purpose)
	}
	return mails[i].Token
}

// A life is that of an account with two devices.
type life struct {
	*apiTest
	c, phone *apiClient
	secrets  []string // that no response and no log may have
}

const thirdPassword = "correct horse and third password"

// take is apiClient.take, and keeps the token among the secrets.
func (l *life) take(purpose signup.Purpose) string {
	l.Helper()
	token := l.c.take(purpose)
	l.secrets = append(l.secrets, token)
	return token
}

// The whole life of an account, from the sign-up to the deletion, over HTTP.
func TestAPILife(t *testing.T) {
	a := newAPITest(t, func(a *signup.Accounts) {
		a.EmailVerification = signup.VerifyBeforeLogIn
		a.Fields = []signup.ProfileField{{Name: "company"}, {Name: "role", ReadOnly: true}, {Name: "secret", Hidden: true}}
	})
	newClient := a.server()
	l := &life{apiTest: a, c: newClient(), phone: newClient(), secrets: []string{goodPassword, newPassword, thirdPassword}}
	l.phone.header = http.Header{"User-Agent": {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"}}
	l.begin()
	l.logInTwice()
	l.changeProfile()
	l.changePasswords()
	l.changeAddress()
	l.endSessions()
	l.end()
	for _, leak := range a.leaked(l.secrets...) {
		t.Errorf("a response or the log has the secret %q, want none", leak)
	}
}

// begin signs up and verifies the address.
func (l *life) begin() {
	c := l.c
	c.call("OK registered", "sign-up", "email_address", adaEmail, "password", goodPassword, "first_name", "Ada", "company", "Engines", "role", "admin")
	first := l.take(signup.PurposeVerifyEmail)
	c.call("Forbidden unverified", "log-in", "email_address", adaEmail, "password", goodPassword)
	c.call("Accepted mail_requested", "send-verification", "email_address", adaEmail)
	verify := l.take(signup.PurposeVerifyEmail)
	peeked := c.call("OK done", "peek-token", "token", verify)
	if purpose, email := member[string](c, peeked, "purpose"), member[string](c, peeked, "email_address"); purpose != "verify_email" || email != adaEmail {
		l.Errorf("peek-token returned the purpose %q and the user's address: %t, want verify_email and true", purpose, email == adaEmail)
	}
	c.call("OK email_verified", "verify-email", "token", verify)
	c.call("OK email_verified", "verify-email", "token", verify)
	c.call("Bad Request token_invalid", "verify-email", "token", "x")
	c.call("Bad Request token_invalid", "reset-password", "token", first, "password", newPassword)
}

// logInTwice logs in by password in one device and by mail in the other.
func (l *life) logInTwice() {
	c, phone := l.c, l.phone
	c.call("Bad Request bad_credentials", "log-in", "email_address", adaEmail, "password", newPassword)
	c.logIn(adaEmail, goodPassword)
	phone.call("Accepted mail_requested", "send-log-in", "email_address", adaEmail)
	m := l.mails.take()[0]
	l.secrets = append(l.secrets, m.Token, m.Code)
	c.call("Bad Request token_invalid", "log-in-by-code", "code", m.Code) // another browser has asked
	phone.call("Bad Request token_invalid", "log-in-by-code", "code", "x")
	phone.call("OK logged_in", "log-in-by-code", "code", strings.ToLower(m.Code))
	phone.call("Bad Request token_invalid", "log-in-by-token", "token", m.Token)
	devices := c.devices()
	if len(devices) != 2 || devices[0].Label != "Safari on iPhone" || devices[1].Label != "Firefox on Linux" || devices[0].Current || !devices[1].Current {
		l.Errorf("got the devices %+v, want Safari on iPhone, and Firefox on Linux as the current one", devices)
	}
}

func (l *life) changeProfile() {
	c := l.c
	u := member[signup.PublicUser](c, c.call("OK profile_changed", "change-profile", "last_name", " Lovelace ", "company", nil, "role", "admin", "secret", "x"), "user")
	if u.FirstName != "Ada" || u.LastName != "Lovelace" || len(u.Profile) != 0 {
		l.Errorf("got the user %q %q with the profile %v, want Ada Lovelace without company, role and what is hidden", u.FirstName, u.LastName, u.Profile)
	}
	if u := getUser(l, l.a.Store, adaKey); u.Profile["secret"] != "x" || u.Profile["role"] != "" {
		l.Errorf("got the profile %v, want the hidden field and no role", u.Profile)
	}
	c.call("Bad Request line_breaks", "change-profile", "first_name", "A\nda")
}

// changePasswords changes the password to newPassword, and resets it to thirdPassword.
func (l *life) changePasswords() {
	c, phone := l.c, l.phone
	c.call("Bad Request bad_credentials", "change-password", "old_password", thirdPassword, "password", newPassword)
	c.call("Bad Request unchanged", "change-password", "old_password", goodPassword, "password", goodPassword)
	c.call("OK password_changed", "change-password", "old_password", goodPassword, "password", newPassword)
	phone.call("Unauthorized not_logged_in", "user")
	c.call("OK done", "user")
	phone.call("Accepted mail_requested", "send-password-reset", "email_address", adaEmail)
	reset := l.take(signup.PurposeResetPassword)
	phone.call("Bad Request too_short", "reset-password", "token", reset, "password", "correct horse")
	phone.call("OK password_changed", "reset-password", "token", reset, "password", thirdPassword)
	phone.call("Bad Request token_invalid", "reset-password", "token", reset, "password", thirdPassword)
	c.call("Unauthorized not_logged_in", "devices")
	c.logIn(adaEmail, thirdPassword)
	phone.logIn(adaEmail, thirdPassword)
}

// changeAddress changes the address, and undoes that by the old one. The password is
// goodPassword then.
func (l *life) changeAddress() {
	c, phone := l.c, l.phone
	l.sessions.change(stale)
	c.call("Unauthorized not_fresh", "send-email-change", "email_address", secondKey)
	c.call("Bad Request bad_credentials", "reauthenticate", "password", newPassword)
	c.call("OK reauthenticated", "reauthenticate", "password", thirdPassword)
	l.mails.take()
	c.call("Accepted mail_sent", "send-email-change", "email_address", secondKey)
	mails := l.mails.take()
	undo, change := mails[0].Token, mails[1].Token
	l.secrets = append(l.secrets, undo, change)
	peeked := phone.call("OK done", "peek-token", "token", change)
	if purpose := member[string](c, peeked, "purpose"); purpose != "change_email" || peeked.Members["email_address"] != nil {
		l.Errorf("peek-token returned the purpose %q and the address %s, want change_email and no address", purpose, peeked.Members["email_address"])
	}
	phone.call("OK email_changed", "confirm-email-change", "token", change)
	c.call("Unauthorized not_logged_in", "user")
	c.logIn(secondKey, thirdPassword)
	phone.call("OK email_change_undone", "undo-email-change", "token", undo)
	phone.call("Bad Request token_invalid", "undo-email-change", "token", undo)
	c.call("Unauthorized not_logged_in", "user")
	c.call("Bad Request bad_credentials", "log-in", "email_address", adaEmail, "password", thirdPassword)
	c.call("Accepted mail_requested", "send-password-reset", "email_address", adaEmail)
	c.call("OK password_changed", "reset-password", "token", l.take(signup.PurposeResetPassword), "password", goodPassword)
	c.logIn(adaEmail, goodPassword)
	phone.logIn(adaEmail, goodPassword)
}

// endSessions ends the sessions of the phone.
func (l *life) endSessions() {
	c, phone := l.c, l.phone
	c.call("OK device_ended", "end-device", "device", c.devices()[0].ID)
	phone.call("Unauthorized not_logged_in", "user")
	phone.logIn(adaEmail, goodPassword)
	c.call("OK sessions_ended", "end-other-sessions")
	phone.call("Unauthorized not_logged_in", "user")
	events := member[[]signup.Event](c, c.call("OK done", "events"), "events")
	if len(events) < 10 || events[0].Kind != signup.EventSessionsEnded || events[len(events)-1].Kind != signup.EventRegistered {
		l.Errorf("got the events %s, want those of a life from registered to sessions_ended", brief(events))
	}
}

// end exports the data and deletes the account.
func (l *life) end() {
	c := l.c
	exported := c.call("OK", "export")
	if name := exported.Header.Get("Content-Disposition"); name != `attachment; filename="account.json"` || member[string](c, exported, "first_name") != "Ada" {
		l.Errorf("got Content-Disposition %q, first_name %s; want a file with the user's data", name, exported.Members["first_name"])
	}
	before := getUser(l, l.a.Store, adaKey)
	l.secrets = append(l.secrets, string([]byte(before.PasswordHash)), before.SecurityStamp)
	l.sessions.change(stale)
	c.call("Unauthorized not_fresh", "export")
	c.call("Unauthorized not_fresh", "delete")
	c.call("OK reauthenticated", "reauthenticate", "password", goodPassword)
	c.call("OK deleted", "delete")
	c.call("Unauthorized not_logged_in", "user")
	if _, err := l.a.Store.Get(l.Context(), adaKey); !errors.Is(err, signup.ErrNotFound) || l.sessions.len() != 1 {
		l.Errorf("Get returned %v and %d sessions are kept, want ErrNotFound and that of the phone, which has ended", err, l.sessions.len())
	}
	c.call("Bad Request bad_credentials", "log-in", "email_address", adaEmail, "password", goodPassword)
}
