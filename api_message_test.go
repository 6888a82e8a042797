package signup_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// apiCases returns a case for each text that only the API sends.
func apiCases() (cases []messageCase) {
	const password = `{"password": "` + goodPassword + `"}`
	const other = `{"email_address": "` + secondKey + `"}`
	// token returns a body with the token of the last mail.
	token := func(a *apiTest, more string) string {
		mails := a.mails.take()
		return `{"token": "` + mails[len(mails)-1].Token + `"` + more + `}`
	}
	askForChange := func(a *apiTest, s signup.Session) {
		if err := a.a.SendEmailChange(a.Context(), s, secondKey); err != nil {
			a.Fatal(err)
		}
	}
	for _, c := range []struct {
		path   string
		status int
		code   string
		// body returns the body of the request. s is the Session of the client.
		body func(a *apiTest, s signup.Session) string
	}{
		{"user", 401, "not_logged_in", func(a *apiTest, _ signup.Session) string { clear(a.sessions.kept); return "" }},
		{"delete", 401, "not_fresh", func(a *apiTest, _ signup.Session) string { a.sessions.change(stale); return "{}" }},
		{"events", 200, "done", nil},
		{"verify-email", 400, "token_invalid", func(*apiTest, signup.Session) string { return `{"token": "x"}` }},
		{"send-email-change", 409, "address_taken", func(a *apiTest, _ signup.Session) string {
			createAda(a, a.a.Store, func(u *signup.User) { u.ID, u.Email = "bob", secondKey })
			return other
		}},
		{"send-password-reset", 202, "mail_requested", func(*apiTest, signup.Session) string { return other }},
		{"verify-email", 200, "email_verified", func(a *apiTest, _ signup.Session) string {
			_ = a.a.SendEmailVerification(a.Context(), adaEmail, signup.Client{})
			return token(a, "")
		}},
		{"reset-password", 200, "password_changed", func(a *apiTest, _ signup.Session) string {
			_ = a.a.SendPasswordReset(a.Context(), adaEmail, signup.Client{})
			return token(a, `, "password": "`+newPassword+`"`)
		}},
		{"change-password", 400, "unchanged", func(*apiTest, signup.Session) string {
			return `{"old_password": "` + goodPassword + `", "password": "` + goodPassword + `"}`
		}},
		{"change-profile", 200, "profile_changed", nil},
		{"confirm-email-change", 200, "email_changed", func(a *apiTest, s signup.Session) string { askForChange(a, s); return token(a, "") }},
		{"undo-email-change", 200, "email_change_undone", func(a *apiTest, s signup.Session) string {
			askForChange(a, s)
			a.mails.mails = a.mails.mails[:1]
			return token(a, "")
		}},
		{"reauthenticate", 200, "reauthenticated", func(*apiTest, signup.Session) string { return password }},
		{"log-out", 200, "logged_out", nil},
		{"end-device", 200, "device_ended", func(*apiTest, signup.Session) string { return `{"device": "x"}` }},
		{"end-other-sessions", 200, "sessions_ended", nil},
		{"deactivate", 200, "deactivated", nil},
		{"delete", 200, "deleted", nil},
		{"delete", 403, "cross_origin", func(*apiTest, signup.Session) string { return "cross-origin" }},
		{"unknown", 404, "not_found", nil},
	} {
		cases = append(cases, messageCase{"API, " + c.path + ", " + c.code, func(t *testing.T, translate translateFunc) http.Handler {
			a := newAPITest(t, nil)
			s := logInAda(t, a.a, func(u *signup.User) { u.PasswordHash = "plain:" + goodPassword })
			a.sessions.kept["token"] = s
			a.opts.Translate = translate
			h := signup.NewAPI(a.a, a.sessions, a.opts)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := "{}"
				if c.body != nil {
					body = c.body(a, s)
				}
				if c.path == "user" || c.path == "events" {
					r.Method = http.MethodGet
				}
				if body == "cross-origin" {
					r.Header.Set("Sec-Fetch-Site", "cross-site")
				}
				r.URL.Path, r.Body, r.ContentLength = "/"+c.path, io.NopCloser(strings.NewReader(body)), int64(len(body))
				r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "token"})
				h.ServeHTTP(w, r)
			})
		}, jsonRequest("{}"), c.status, c.code})
	}
	return cases
}
