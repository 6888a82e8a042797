package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestUserPagesWithoutLogIn(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	for _, p := range userPages {
		t.Run(p.name, func(t *testing.T) {
			b := site.visitor()
			path := "/account/" + p.name
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				s := b.send(method, path, nil, "")
				if want := "/account/log-in?next=" + url.QueryEscape(path); s.status != http.StatusSeeOther || s.header.Get("Location") != want {
					t.Errorf("%s %s returned %d to %q, want 303 to %q", method, path, s.status, s.header.Get("Location"), want)
				}
			}
			site.logInAt(b, b.get(path), adaEmail).checkAt(path).checkOK(p.title)
		})
	}
}

// The log-in has ended elsewhere: each page leads to the log-in and back, and a form that
// is posted then changes nothing, which the user is shown.
func TestUserPagesAfterSessionEnded(t *testing.T) {
	for _, p := range userPages {
		t.Run(p.name, func(t *testing.T) {
			site, b := adaAndBrowser(t)
			path := "/account/" + p.name
			if err := site.accounts.EndAllSessions(t.Context(), adaEmail); err != nil {
				t.Fatal(err)
			}
			site.logInAt(b, b.get(path).checkAt("/account/log-in?next="+url.QueryEscape(path)), adaEmail).checkAt(path)
			if p.post == nil {
				return
			}
			if err := site.accounts.EndAllSessions(t.Context(), adaEmail); err != nil {
				t.Fatal(err)
			}
			before := site.user(adaEmail)
			s := b.post(path, p.post).checkNotice(nothingNotice)
			if !site.user(adaEmail).Equal(before) {
				t.Errorf("the form has changed the user, want nothing changed")
			}
			site.goesOn(b, false)
			site.logInAt(b, s, adaEmail).checkAt(path).checkOK(p.title)
		})
	}
}

const nothingNotice = "Please log in again. If you pressed the button twice, it is done. Otherwise, nothing has been changed yet: please send the form again after that."

func TestUserPagesNeedRecentLogIn(t *testing.T) {
	for _, p := range userPages {
		t.Run(p.name, func(t *testing.T) {
			site, b := adaAndBrowser(t)
			path := "/account/" + p.name
			site.age()
			s := b.get(path)
			if !p.fresh {
				s.checkAt(path).checkOK(p.title)
				return
			}
			confirm := "/account/confirm?next=" + url.QueryEscape(path)
			s.checkAt(confirm)
			b.submit(s, "Continue", map[string]string{"Password": goodPassword}).checkAt(path).checkOK(p.title)
			site.age()
			before := site.user(adaEmail)
			s = b.post(path, p.post).checkNotice(nothingNotice)
			s.check(http.StatusOK, "Confirm that it is you")
			if !site.user(adaEmail).Equal(before) || len(site.mails.take()) > 0 {
				t.Errorf("the form has changed the user or sent a mail, want neither")
			}
			b.submit(s, "Continue", map[string]string{"Password": goodPassword}).checkAt(path).checkOK(p.title)
		})
	}
}

func TestUserPagesChangeNothingByGet(t *testing.T) {
	site, b := adaAndBrowser(t)
	writes, sessions := site.store.writes.Load(), site.sessions.all()
	for _, p := range append(userPages, userPage{name: "log-out"}) {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			s := b.send(method, "/account/"+p.name+"?"+p.post.Encode(), nil, "")
			if s.status != http.StatusOK {
				t.Errorf("%s %s returned %d, want 200", method, p.name, s.status)
			}
			if method == http.MethodHead && s.body != "" {
				t.Errorf("HEAD %s has a body of %d bytes, want none", p.name, len(s.body))
			}
		}
	}
	if got := site.store.writes.Load(); got != writes {
		t.Errorf("the requests made %d writes, want none", got-writes)
	}
	if after := site.sessions.all(); len(after) != 1 || after[0] != sessions[0] {
		t.Errorf("got the sessions %v, want %v", after, sessions)
	}
	if mails := site.mails.take(); len(mails) > 0 {
		t.Errorf("got the mails %v, want none", mails)
	}
}

func TestUserPagesRefuseCrossOriginPosts(t *testing.T) {
	site, b := adaAndBrowser(t)
	before, sessions := site.user(adaEmail), site.sessions.all()
	for _, p := range append(userPages, userPage{name: "log-out", post: url.Values{}}) {
		for _, header := range []http.Header{
			{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}},
			{"Origin": {"https://evil.orchard.example"}, "Sec-Fetch-Site": {"same-site"}},
			{"Origin": {"https://evil.example"}},
			{"Origin": {"null"}},
		} {
			header.Set("Content-Type", "application/x-www-form-urlencoded")
			s := b.send(http.MethodPost, "/account/"+p.name, header, p.post.Encode())
			s.check(http.StatusForbidden, "The request came from another site")
		}
	}
	if !site.user(adaEmail).Equal(before) {
		t.Errorf("the requests have changed the user, want nothing changed")
	}
	if after := site.sessions.all(); len(after) != 1 || after[0] != sessions[0] {
		t.Errorf("got the sessions %v, want %v", after, sessions)
	}
	if mails := site.mails.take(); len(mails) > 0 {
		t.Errorf("got the mails %v, want none", mails)
	}
}

// No cache keeps a response, so that the back button shows nothing private after the
// log-out.
// checkShown reports if s doesn't show each value as text or in a field.
func (s *screen) checkShown(values ...string) {
	s.t.Helper()
	shown := make(map[string]bool)
	for d := range s.doc.Descendants() {
		switch {
		case d.Type == html.TextNode:
			shown[strings.TrimSpace(d.Data)] = true
		case d.Data == "input":
			shown[valueOf(d)] = true
		}
	}
	for _, v := range values {
		if !shown[v] {
			s.t.Errorf("%s doesn't show %q, want it as text", s.plainPath(), v)
		}
	}
}
