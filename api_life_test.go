package signup_test

import (
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

// The whole life of an account, from the sign-up to the deletion.
func TestAPILife(t *testing.T) {
	const third = "correct horse and third password"
	a := newAPITest(t, func(a *signup.Accounts) {
		a.EmailVerification = signup.VerifyBeforeLogIn
		a.Fields = []signup.ProfileField{{Name: "company"}, {Name: "role", ReadOnly: true}, {Name: "secret", Hidden: true}}
	})
	newClient := a.server()
	c, phone := newClient(), newClient()
	phone.header = http.Header{"User-Agent": {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"}}
	var secrets []string
	take := func(purpose signup.Purpose) string {
		t.Helper()
		token := c.take(purpose)
		secrets = append(secrets, token)
		return token
	}

	// Sign-up and verification.
	c.call("OK registered", "sign-up", "email_address", adaEmail, "password", goodPassword, "first_name", "Ada", "company", "Engines", "role", "admin")
	first := take(signup.PurposeVerifyEmail)
	c.call("Forbidden unverified", "log-in", "email_address", adaEmail, "password", goodPassword)
	c.call("Accepted mail_requested", "send-verification", "email_address", adaEmail)
	verify := take(signup.PurposeVerifyEmail)
	peeked := c.call("OK done", "peek-token", "token", verify)
	if purpose, email := member[string](c, peeked, "purpose"), member[string](c, peeked, "email_address"); purpose != "verify_email" || email != adaEmail {
		t.Errorf("peek-token returned the purpose %q and the user's address: %t, want verify_email and true", purpose, email == adaEmail)
	}
	c.call("OK email_verified", "verify-email", "token", verify)
	c.call("OK email_verified", "verify-email", "token", verify)
	c.call("Bad Request token_invalid", "verify-email", "token", "x")
	c.call("Bad Request token_invalid", "reset-password", "token", first, "password", newPassword)

	// Log-in in two devices, by password and by mail.
	c.call("Bad Request bad_credentials", "log-in", "email_address", adaEmail, "password", newPassword)
	c.logIn(adaEmail, goodPassword)
	phone.call("Accepted mail_requested", "send-log-in", "email_address", adaEmail)
	m := a.mails.take()[0]
	secrets = append(secrets, m.Token, m.Code)
	c.call("Bad Request token_invalid", "log-in-by-code", "code", m.Code) // another browser has asked
	phone.call("Bad Request token_invalid", "log-in-by-code", "code", "x")
	phone.call("OK logged_in", "log-in-by-code", "code", strings.ToLower(m.Code))
	phone.call("Bad Request token_invalid", "log-in-by-token", "token", m.Token)
	devices := member[[]signup.DeviceInfo](c, c.call("OK done", "devices"), "devices")
	if len(devices) != 2 || devices[0].Label != "Safari on iPhone" || devices[1].Label != "Firefox on Linux" || devices[0].Current || !devices[1].Current {
		t.Errorf("got the devices %+v, want Safari on iPhone, and Firefox on Linux as the current one", devices)
	}

	// The profile.
	u := member[signup.PublicUser](c, c.call("OK profile_changed", "change-profile", "last_name", " Lovelace ", "company", nil, "role", "admin", "secret", "x"), "user")
	if u.FirstName != "Ada" || u.LastName != "Lovelace" || len(u.Profile) != 0 {
		t.Errorf("got the user %q %q with the profile %v, want Ada Lovelace without company, role and what is hidden", u.FirstName, u.LastName, u.Profile)
	}
	if u := getUser(t, a.a.Store, adaKey); u.Profile["secret"] != "x" || u.Profile["role"] != "" {
		t.Errorf("got the profile %v, want the hidden field and no role", u.Profile)
	}
	c.call("Bad Request line_breaks", "change-profile", "first_name", "A\nda")

	// Passwords.
	c.call("Bad Request bad_credentials", "change-password", "old_password", third, "password", newPassword)
	c.call("Bad Request unchanged", "change-password", "old_password", goodPassword, "password", goodPassword)
	c.call("OK password_changed", "change-password", "old_password", goodPassword, "password", newPassword)
	phone.call("Unauthorized not_logged_in", "user")
	c.call("OK done", "user")
	phone.call("Accepted mail_requested", "send-password-reset", "email_address", adaEmail)
	reset := take(signup.PurposeResetPassword)
	phone.call("Bad Request too_short", "reset-password", "token", reset, "password", "correct horse")
	phone.call("OK password_changed", "reset-password", "token", reset, "password", third)
	phone.call("Bad Request token_invalid", "reset-password", "token", reset, "password", third)
	c.call("Unauthorized not_logged_in", "devices")
	c.logIn(adaEmail, third)
	phone.logIn(adaEmail, third)

	// The address, with an undo by the old one.
	a.sessions.change(stale)
	c.call("Unauthorized not_fresh", "send-email-change", "email_address", secondKey)
	c.call("Bad Request bad_credentials", "reauthenticate", "password", newPassword)
	c.call("OK reauthenticated", "reauthenticate", "password", third)
	a.mails.take()
	c.call("Accepted mail_sent", "send-email-change", "email_address", secondKey)
	mails := a.mails.take()
	undo, change := mails[0].Token, mails[1].Token
	secrets = append(secrets, undo, change)
	peeked = phone.call("OK done", "peek-token", "token", change)
	if purpose := member[string](c, peeked, "purpose"); purpose != "change_email" || peeked.Members["email_address"] != nil {
		t.Errorf("peek-token returned the purpose %q and the address %s, want change_email and no address", purpose, peeked.Members["email_address"])
	}
	phone.call("OK email_changed", "confirm-email-change", "token", change)
	c.call("Unauthorized not_logged_in", "user")
	c.logIn(secondKey, third)
	a.mails.take()
	phone.call("OK email_change_undone", "undo-email-change", "token", undo)
	phone.call("Bad Request token_invalid", "undo-email-change", "token", undo)
	c.call("Unauthorized not_logged_in", "user")
	c.call("Bad Request bad_credentials", "log-in", "email_address", adaEmail, "password", third)
	c.call("Accepted mail_requested", "send-password-reset", "email_address", adaEmail)
	c.call("OK password_changed", "reset-password", "token", take(signup.PurposeResetPassword), "password", goodPassword)
	c.logIn(adaEmail, goodPassword)
	phone.logIn(adaEmail, goodPassword)

	// Devices, events, export.
	devices = member[[]signup.DeviceInfo](c, c.call("OK done", "devices"), "devices")
	c.call("OK device_ended", "end-device", "device", devices[0].ID)
	phone.call("Unauthorized not_logged_in", "user")
	phone.logIn(adaEmail, goodPassword)
	c.call("OK sessions_ended", "end-other-sessions")
	phone.call("Unauthorized not_logged_in", "user")
	events := member[[]signup.Event](c, c.call("OK done", "events"), "events")
	if len(events) < 10 || events[0].Kind != signup.EventSessionsEnded || events[len(events)-1].Kind != signup.EventRegistered {
		t.Errorf("got the events %s, want those of a life from registered to sessions_ended", brief(events))
	}
	exported := c.call("OK", "export")
	if name := exported.Header.Get("Content-Disposition"); name != `attachment; filename="account.json"` || member[string](c, exported, "first_name") != "Ada" {
		t.Errorf("got Content-Disposition %q, first_name %s; want a file with the user's data", name, exported.Members["first_name"])
	}

	// Deletion.
	before := getUser(t, a.a.Store, adaKey)
	a.sessions.change(stale)
	c.call("Unauthorized not_fresh", "export")
	c.call("Unauthorized not_fresh", "delete")
	c.call("OK reauthenticated", "reauthenticate", "password", goodPassword)
	c.call("OK deleted", "delete")
	c.call("Unauthorized not_logged_in", "user")
	if _, err := a.a.Store.Get(t.Context(), adaKey); err == nil || a.sessions.len() > 1 { // the phone's has ended
		t.Errorf("Get returned %v and %d sessions are kept, want ErrNotFound and at most one", err, a.sessions.len())
	}
	c.call("Bad Request bad_credentials", "log-in", "email_address", adaEmail, "password", goodPassword)

	secrets = append(secrets, goodPassword, newPassword, third, string([]byte(before.PasswordHash)), before.SecurityStamp)
	for _, leak := range a.leaked(secrets...) {
		t.Errorf("a response or the log has the secret %q, want none", leak)
	}
}

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
