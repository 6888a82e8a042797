package pages_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

func TestLogOut(t *testing.T) {
	for _, by := range []string{"page", "nav"} {
		t.Run(by, func(t *testing.T) {
			site, b := adaAndBrowser(t)
			other := site.member(adaEmail)
			before := site.user(adaEmail)
			s := b.page("devices")
			if by == "page" {
				s = b.page("log-out").checkOK("Log out")
				site.goesOn(b, true)
			}
			s = b.submit(s, "Log out", nil).checkAt("/account/log-in?done=logged_out").checkNotice("You have logged out.")
			if len(all(s.doc, "nav")) > 0 || len(site.sessions.all()) != 1 {
				t.Errorf("the browser has a session or links to the pages of a user, want neither")
			}
			site.goesOn(other, true)
			if !site.user(adaEmail).Equal(before) {
				t.Errorf("the log-out has changed the user, want the device known as before")
			}
			// The same device logs in again: it isn't a new one.
			site.logInAt(b, s, adaEmail)
			session, _ := site.session(b)
			devices, err := site.accounts.Devices(t.Context(), session)
			if err != nil || len(devices) != 2 {
				t.Errorf("got the devices %v and %v, want the two of before", devices, err)
			}
		})
	}
}

func TestLogOutTwice(t *testing.T) {
	_, b := adaAndBrowser(t)
	b.post("/account/log-out", nil).checkOK("Log in")
	b.post("/account/log-out", nil).checkAt("/account/log-in?done=logged_out")
	b.page("log-out").checkAt("/account/log-in")
}

func TestLogOutFails(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.sessions.fail = errors.New("no sessions")
	if s := b.post("/account/log-out", url.Values{}); s.status != http.StatusInternalServerError {
		t.Errorf("got the status %d, want 500: the user isn't logged out", s.status)
	}
	site.sessions.fail = nil
	site.goesOn(b, true)
}
