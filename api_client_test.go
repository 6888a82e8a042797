package signup_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// The origin that Limits count is that of RemoteAddr, or what Origin returns, and never
// a header.
func TestAPIOrigin(t *testing.T) {
	for _, c := range []struct {
		name   string
		origin func(*http.Request) string
		want   []string // the last of three calls from different X-Forwarded-For
	}{
		{"by default", nil, []string{"Bad Request bad_credentials", "Bad Request bad_credentials", "Too Many Requests throttled"}},
		{"by a function", func(r *http.Request) string { return r.Header.Get("X-Forwarded-For") },
			[]string{"Bad Request bad_credentials", "Bad Request bad_credentials", "Bad Request bad_credentials"}},
		{"unknown", func(*http.Request) string { return "" },
			[]string{"Bad Request bad_credentials", "Bad Request bad_credentials", "Bad Request bad_credentials"}},
	} {
		a := newAPITest(t, func(a *signup.Accounts) { a.Limits.PerOrigin = 2 })
		a.opts.Origin = c.origin
		a.h = signup.NewAPI(a.a, a.sessions, a.opts)
		for i, want := range c.want {
			client := a.client()
			client.header = http.Header{"X-Forwarded-For": {"192.0.2." + string(rune('1'+i))}}
			client.call(want, "log-in", "email_address", adaEmail, "password", goodPassword)
		}
	}
}

// Send gets the languages of the request, from NewAPI and from NewHandler.
func TestSendGetsLanguages(t *testing.T) {
	var mu sync.Mutex
	var got [][]string
	a := newAPITest(t, func(a *signup.Accounts) {
		a.EmailVerification = signup.VerifyBeforeLogIn
		a.Send = func(ctx context.Context, _ signup.Mail) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, signup.Languages(ctx))
			return nil
		}
	})
	c := a.client()
	c.header = http.Header{"Accept-Language": {"de-AT, fr;q=0.5"}}
	c.call("OK registered", "sign-up", "email_address", adaEmail, "password", goodPassword)
	time.Sleep(time.Millisecond) // the MailInterval has passed
	c.call("Accepted mail_requested", "send-password-reset", "email_address", adaEmail)
	a.h = signup.NewHandler(a.a, quiet)
	c.raw(http.MethodPost, "", `{"email_address": "bob@example.org", "password": "`+goodPassword+`"}`, nil)
	for _, languages := range got {
		if !slices.Equal(languages, []string{"de-AT", "fr"}) {
			t.Errorf("Send got the languages %q, want de-AT and fr", languages)
		}
	}
	if len(got) != 3 {
		t.Errorf("got %d mails, want 3", len(got))
	}
}

// Where a hash is computed, and only there, capacity is asked for before the body is read.
func TestAPIBusy(t *testing.T) {
	hashes := []string{"sign-up", "complete-registration", "log-in", "reset-password", "reauthenticate", "change-password"}
	a, sessions := busy(t), newSessions()
	a.Secrets, a.Send = []signup.Secret{secret("first")}, new(outbox).send
	h := signup.NewAPI(a, sessions, &signup.APIOptions{Logger: quiet.Logger})
	for _, e := range signup.APICalls() {
		sessions.kept["token"] = signup.Session{Key: adaKey, ID: "ada", Device: "device"}
		isHash := slices.Contains(hashes, e.Path)
		r := signUp(strings.NewReader(bodyOf(e)))
		if isHash {
			r = signUp(unreadBody{t})
		}
		r.Method, r.URL.Path = e.Method, "/"+e.Path
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "token"})
		if res := send(h, r); (res.StatusCode == http.StatusServiceUnavailable) != isHash {
			t.Errorf("%s: got status %d, want 503: %t", e.Path, res.StatusCode, isHash)
		}
	}
}

// Without a session, the body of a request that needs one isn't read.
func TestAPIRefusesWithoutBody(t *testing.T) {
	a := newAPITest(t, nil)
	for _, e := range signup.APICalls() {
		if !e.Session || e.Method != http.MethodPost {
			continue
		}
		r := signUp(unreadBody{t})
		r.URL.Path = "/" + e.Path
		if res := send(a.h, r); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: got status %d, want 401", e.Path, res.StatusCode)
		}
	}
}
