package signup_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// An apiMessage is a request to the API whose response has a text of its own.
type apiMessage struct {
	path   string
	status int
	code   string
	// body returns the body of the request. s is the Session of the client. Nil is {}.
	body func(a *apiTest, s signup.Session) string
}

const otherAddress = `{"email_address": "` + secondKey + `"}`

// mailed returns a body with the token of the last mail, and more members.
func mailed(a *apiTest, more string) string {
	mails := a.mails.take()
	return `{"token": "` + mails[len(mails)-1].Token + `"` + more + `}`
}

func askForChange(a *apiTest, s signup.Session) {
	if err := a.a.SendEmailChange(a.Context(), s, secondKey); err != nil {
		a.Fatalf("SendEmailChange returned %v, want nil", err)
	}
}

var apiMessages = []apiMessage{
	{"user", 401, "not_logged_in", func(a *apiTest, _ signup.Session) string { clear(a.sessions.kept); return "" }},
	{"delete", 401, "not_fresh", func(a *apiTest, _ signup.Session) string { a.sessions.change(stale); return "{}" }},
	{"events", 200, "done", nil},
	{"verify-email", 400, "token_invalid", func(*apiTest, signup.Session) string { return `{"token": "x"}` }},
	{"send-email-change", 409, "address_taken", func(a *apiTest, _ signup.Session) string {
		createAda(a, a.a.Store, func(u *signup.User) { u.ID, u.Email = "bob", secondKey })
		return otherAddress
	}},
	{"send-password-reset", 202, "mail_requested", func(*apiTest, signup.Session) string { return otherAddress }},
	{"verify-email", 200, "email_verified", func(a *apiTest, _ signup.Session) string {
		_ = a.a.SendEmailVerification(a.Context(), adaEmail, signup.Client{})
		return mailed(a, "")
	}},
	{"reset-password", 200, "password_changed", func(a *apiTest, _ signup.Session) string {
		_ = a.a.SendPasswordReset(a.Context(), adaEmail, signup.Client{})
		return mailed(a, `, "password": "`+newPassword+`"`)
	}},
	{"change-password", 400, "unchanged", func(*apiTest, signup.Session) string {
		return `{"old_password": "` + goodPassword + `", "password": "` + goodPassword + `"}`
	}},
	{"change-profile", 200, "profile_changed", nil},
	{"confirm-email-change", 200, "email_changed", func(a *apiTest, s signup.Session) string { askForChange(a, s); return mailed(a, "") }},
	{"undo-email-change", 200, "email_change_undone", func(a *apiTest, s signup.Session) string {
		askForChange(a, s)
		a.mails.mails = a.mails.mails[:1]
		return mailed(a, "")
	}},
	{"reauthenticate", 200, "reauthenticated", func(*apiTest, signup.Session) string { return `{"password": "` + goodPassword + `"}` }},
	{"log-out", 200, "logged_out", nil},
	{"end-device", 200, "device_ended", func(*apiTest, signup.Session) string { return `{"device": "x"}` }},
	{"end-other-sessions", 200, "sessions_ended", nil},
	{"deactivate", 200, "deactivated", nil},
	{"delete", 200, "deleted", nil},
	{"delete", 403, "cross_origin", nil},
	{"unknown", 404, "not_found", nil},
}

// apiCases returns a case for each text that only the API sends.
func apiCases() (cases []messageCase) {
	for _, m := range apiMessages {
		cases = append(cases, messageCase{"API, " + m.path + ", " + m.code, m.serve, jsonRequest("{}"), m.status, m.code})
	}
	return cases
}

// serve returns a handler that makes each request the one of m, to a new API.
func (m apiMessage) serve(t *testing.T, translate translateFunc) http.Handler {
	a := newAPITest(t, nil)
	s := logInAda(t, a.a, func(u *signup.User) { u.PasswordHash = "plain:" + goodPassword })
	a.sessions.kept["token"] = s
	a.opts.Translate = translate
	h := signup.NewAPI(a.a, a.sessions, a.opts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := "{}"
		if m.body != nil {
			body = m.body(a, s)
		}
		if m.path == "user" || m.path == "events" {
			r.Method = http.MethodGet
		}
		if m.code == "cross_origin" {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		r.URL.Path, r.Body, r.ContentLength = "/"+m.path, io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "token"})
		h.ServeHTTP(w, r)
	})
}
