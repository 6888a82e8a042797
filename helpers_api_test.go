package signup_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/leaktest"
)

// An apiTest is an API in memory, with what it has sent, kept and logged.
type apiTest struct {
	testing.TB
	a        *signup.Accounts
	mails    *outbox
	sessions *testSessions
	opts     *signup.APIOptions
	h        http.Handler
	log      *logBuffer

	mu      sync.Mutex
	shown   strings.Builder // what clients have received, without the values of cookies
	cookies []string        // the values of the cookies
}

// newAPITest returns an API whose Accounts change has changed. The texts of its
// responses are codes in brackets.
func newAPITest(t testing.TB, change func(*signup.Accounts)) *apiTest {
	a, o := mailAccounts()
	a.Hasher = plainHasher{} // the hashes in the Store have the passwords
	a.Limits.PerOrigin = 1_000_000
	if change != nil {
		change(a)
	}
	logger, log := newLog(t)
	l := &apiTest{TB: t, a: a, mails: o, sessions: newSessions(), log: log, opts: &signup.APIOptions{
		Logger: logger, Translate: func(_ []string, m signup.Message) string { return bracketed(m.Code) },
	}}
	l.h = signup.NewAPI(a, l.sessions, l.opts)
	return l
}

// RoundTrip serves r without a network.
func (t *apiTest) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RemoteAddr = "192.0.2.1:1234"
	r.RequestURI = r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	t.h.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

// note keeps what is searched for secrets. The values of cookies are kept apart.
func (t *apiTest) note(res apiResponse) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, values := range res.Header {
		if name != "Set-Cookie" {
			t.shown.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
		}
	}
	for _, cookie := range res.Cookies {
		if cookie.Value != "" {
			t.cookies = append(t.cookies, cookie.Value)
		}
	}
	t.shown.WriteString(res.Text)
}

// leaked returns those of secrets, and of the values of cookies, that are in a body, a
// header or the log.
func (t *apiTest) leaked(secrets ...string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return leaktest.Find(t.shown.String()+t.log.String(), slices.Concat(secrets, t.cookies))
}
