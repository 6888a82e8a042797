package signup_test

import (
	"net/http"
	"testing"

	"github.com/gosignup/signup"
)

// A keptSession says what the client of a request has.
type keptSession struct {
	name   string
	change func(signup.Session) signup.Session // nil: there is no session
	// refused returns the code with which e refuses the request, or "".
	refused func(e signup.APICall) string
}

func needsSession(e signup.APICall) string {
	if e.Session {
		return "not_logged_in"
	}
	return ""
}

var keptSessions = []keptSession{
	{"no session", nil, needsSession},
	{"an ended session", func(s signup.Session) signup.Session { s.Stamp = "x"; return s }, needsSession},
	{"an ended and old session", func(s signup.Session) signup.Session { s = stale(s); s.Stamp = "x"; return s }, needsSession},
	{"an old session", stale, func(e signup.APICall) string {
		if e.Fresh {
			return "not_fresh"
		}
		return ""
	}},
	{"a session", func(s signup.Session) signup.Session { return s }, func(signup.APICall) string { return "" }},
}

// A session is needed exactly where the table says. What a request without one, or with
// one that has ended or is old, asks for isn't done.
func TestAPISessions(t *testing.T) {
	for _, e := range signup.APICalls() {
		for _, s := range keptSessions {
			t.Run(e.Path+", "+s.name, func(t *testing.T) { testAPISession(t, e, s) })
		}
	}
}

func testAPISession(t *testing.T, e signup.APICall, s keptSession) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp("ada@example.org")
	before := getUser(t, a.a.Store, adaKey)
	if s.change != nil {
		a.sessions.change(s.change)
	} else {
		c.call("OK logged_out", "log-out")
	}
	kept := a.sessions.len()
	res := c.raw(e.Method, e.Path, bodyOf(e), nil)
	c.check(e, res)
	code := s.refused(e)
	if refused := res.Status == http.StatusUnauthorized; refused != (code != "") {
		t.Fatalf("got the status %d and the code %s, want 401: %t", res.Status, res.Code, !refused)
	}
	if code == "" {
		return
	}
	want := `Session realm="account"`
	if code == "not_fresh" {
		want = `Bearer error="insufficient_user_authentication", error_description="a more recent log-in is required", max_age=300`
	}
	if challenge := res.Header.Get("WWW-Authenticate"); res.Code != code || challenge != want {
		t.Errorf("got the code %s and the challenge %s, want %s and %s", res.Code, challenge, code, want)
	}
	if after := a.sessions.len(); after != kept || len(res.Cookies) != 0 {
		t.Errorf("got %d sessions of %d and the cookies %v, want each session to stay, and no cookie", after, kept, res.Cookies)
	}
	if u := getUser(t, a.a.Store, adaKey); u.Version != before.Version || len(a.mails.take()) > 0 {
		t.Error("got a changed user or a mail, want nothing to be done")
	}
}
