package signup_test

import (
	"net/http"
	"testing"

	"github.com/gosignup/signup"
)

// heldSessions make one request wait after it has read its Session.
type heldSessions struct {
	*testSessions
	read, goOn chan struct{}
}

func (h *heldSessions) Current(r *http.Request) (signup.Session, bool) {
	s, ok := h.testSessions.Current(r)
	if r.Header.Get("Hold") != "" {
		close(h.read)
		<-h.goOn
	}
	return s, ok
}

// A form that is sent twice at once doesn't log the user out: the second request finds
// that the Session has ended, because the first one has renewed it.
func TestAPISentTwice(t *testing.T) {
	for _, e := range []struct{ path, body string }{
		{"change-password", `{"old_password": "` + goodPassword + `", "password": "` + newPassword + `"}`},
		{"end-other-sessions", "{}"},
	} {
		a := newAPITest(t, nil)
		h := &heldSessions{testSessions: a.sessions, read: make(chan struct{}), goOn: make(chan struct{})}
		a.h = signup.NewAPI(a.a, h, a.opts)
		c := a.client()
		c.signUp(adaEmail)
		second := make(chan apiResponse)
		go func() { second <- c.raw(http.MethodPost, e.path, e.body, http.Header{"Hold": {"1"}}) }()
		<-h.read
		first := c.raw(http.MethodPost, e.path, e.body, nil)
		close(h.goOn)
		if res := <-second; first.Status != http.StatusOK || res.brief() != "Unauthorized not_logged_in" || len(res.Cookies) > 0 {
			t.Errorf("%s: got the status %d, then %q with the cookies %v; want 200, then not_logged_in without a cookie", e.path, first.Status, res.brief(), res.Cookies)
		}
		c.call("OK done", "user")
	}
}
