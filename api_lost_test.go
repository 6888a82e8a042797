package signup_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// lost is a request whose response is lost, with what the same request gets then.
type lost struct {
	path, first, again string
	fields             func(c *apiClient) []any
}

func noFields(*apiClient) []any { return nil }

// tokenFor returns the function that asks for a mail by send, and returns the token and
// more fields.
func tokenFor(purpose signup.Purpose, send string, more ...any) func(c *apiClient) []any {
	return func(c *apiClient) []any {
		email := adaEmail
		if send == "send-email-change" {
			email = secondKey
		}
		c.raw(http.MethodPost, send, `{"email_address": "`+email+`"}`, nil)
		return append([]any{"token", c.take(purpose)}, more...)
	}
}

func fixed(fields ...any) func(*apiClient) []any { return func(*apiClient) []any { return fields } }

var lostResponses = []lost{
	{"sign-up", "OK registered", "Conflict exists", fixed("email_address", secondKey, "password", goodPassword)},
	{"log-in", "OK logged_in", "OK logged_in", fixed("email_address", adaEmail, "password", goodPassword)},
	{"log-in-by-token", "OK logged_in", "Bad Request token_invalid", tokenFor(signup.PurposeLogIn, "send-log-in")},
	{"log-out", "OK logged_out", "OK logged_out", noFields},
	{"reauthenticate", "OK reauthenticated", "Unauthorized not_logged_in", fixed("password", goodPassword)},
	{"send-log-in", "Accepted mail_requested", "Accepted mail_requested", fixed("email_address", adaEmail)},
	{"send-password-reset", "Accepted mail_requested", "Accepted mail_requested", fixed("email_address", adaEmail)},
	{"reset-password", "OK password_changed", "Bad Request token_invalid", tokenFor(signup.PurposeResetPassword, "send-password-reset", "password", newPassword)},
	{"change-password", "OK password_changed", "Unauthorized not_logged_in", fixed("old_password", goodPassword, "password", newPassword)},
	{"change-profile", "OK profile_changed", "OK profile_changed", fixed("first_name", "Ada")},
	{"send-verification", "Accepted mail_requested", "Accepted mail_requested", fixed("email_address", adaEmail)},
	{"verify-email", "OK email_verified", "OK email_verified", tokenFor(signup.PurposeVerifyEmail, "send-verification")},
	{"send-email-change", "Accepted mail_sent", "Accepted mail_sent", fixed("email_address", secondKey)},
	{"confirm-email-change", "OK email_changed", "OK email_changed", tokenFor(signup.PurposeChangeEmail, "send-email-change")},
	{"undo-email-change", "OK email_change_undone", "Bad Request token_invalid", tokenFor(signup.PurposeUndoEmail, "send-email-change")},
	{"end-device", "OK device_ended", "OK device_ended", fixed("device", "unknown")},
	{"end-other-sessions", "OK sessions_ended", "Unauthorized not_logged_in", noFields},
	{"deactivate", "OK deactivated", "Unauthorized not_logged_in", noFields},
	{"delete", "OK deleted", "Unauthorized not_logged_in", noFields},
}

// What docs/api.md says about responses that are lost. At most one mail is sent.
func TestAPILostResponse(t *testing.T) {
	for _, l := range lostResponses {
		t.Run(l.path, func(t *testing.T) {
			c := newAPITest(t, func(a *signup.Accounts) { a.Limits.MailInterval = time.Minute }).client()
			c.signUp(adaEmail)
			fields := l.fields(c)
			before := c.Client
			c.Jar = c.copyOfJar()
			c.call(l.first, l.path, fields...)
			mails := len(c.mails.take())
			c.Client = before // without the cookies of the response
			c.call(l.again, l.path, fields...)
			if again := len(c.mails.take()); again > 0 {
				t.Errorf("got %d mails, and %d for the second request; want none then", mails, again)
			}
		})
	}
}

// copyOfJar returns a copy of the cookies of c.
func (c *apiClient) copyOfJar() http.CookieJar {
	c.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.Fatal(err)
	}
	u, err := url.Parse(c.url)
	if err != nil {
		c.Fatal(err)
	}
	jar.SetCookies(u, c.Jar.Cookies(u))
	return jar
}
