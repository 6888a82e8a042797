package signup_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// No request makes the API panic or fail, with and without a session.
func FuzzAPI(f *testing.F) {
	for _, e := range signup.APICalls() {
		f.Add("/account/"+e.Path, e.Method, bodyOf(e), true)
		f.Add("/"+e.Path, e.Method, bodyOf(e), false)
	}
	for _, seed := range [][3]string{
		{"", "GET", ""}, {"user", "HEAD", ""}, {"/user", "OPTIONS", ""}, {"/log-in", "POST", "["},
		{"/log-in", "POST", `{"email_address": "ada@example.org", "password": "` + goodPassword + `", "remember": 1}`},
		{"/change-profile", "POST", `{"first_name": null, "company": "\u0000"}`},
		{"/end-device", "POST", `{"device": "\ud83d\ude00"}`}, {"/peek-token", "POST", `{"token": ` + strings.Repeat("[", 40)},
		{"/log-in-by-token", "POST", `{"token": "AbD-KQESrU1RD_kMDrA44aIiWlh6ABNd3iQnuPgzSnohQIsldkQM0xISpXZOBkYVlzTkfZab3_WvYZaLuHTd71J5HzKkj2Tl4WjX5qPFUPfGzEQONK4wJn0o"}`},
	} {
		f.Add(seed[0], seed[1], seed[2], true)
	}
	f.Fuzz(func(t *testing.T, path, method, body string, loggedIn bool) {
		a, o := mailAccounts()
		a.Hasher, a.Limits.PerOrigin = plainHasher{}, 1_000_000
		a.Fields = []signup.ProfileField{{Name: "company"}}
		sessions := newSessions()
		s := logInAda(t, a, func(u *signup.User) { u.PasswordHash = "plain:" + goodPassword })
		if loggedIn {
			sessions.kept["token"] = s
		}
		logger, logged := newLog(t)
		h := signup.NewAPI(a, sessions, &signup.APIOptions{Logger: logger})
		r := &http.Request{
			Method: method, URL: &url.URL{Path: path}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
			Header: http.Header{"Content-Type": {"application/json"}, "Cookie": {sessionCookie + "=token"}}, RemoteAddr: "192.0.2.1:1",
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || strings.Contains(logged.String(), "signup: panic") {
			t.Errorf("got status %d, want no failure; the log is %s", w.Code, logged)
		}
		for _, m := range o.take() {
			if strings.Contains(w.Body.String()+logged.String(), m.Token) && m.Token != "" {
				t.Error("got a token in the response or the log, want none")
			}
		}
	})
}
