package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestEmailUndo(t *testing.T) {
	for _, when := range []string{"before the change", "after the change"} {
		t.Run(when, func(t *testing.T) {
			site, b := adaAndBrowser(t)
			undo, confirm := site.askForChange(b, newEmail)
			if when == "after the change" {
				b.submit(b.get(confirm), "Change address", nil)
			}
			b.scan(undo)
			v := site.visitor()
			s := v.get(undo).checkAt("/account/email-undo").checkOK("Undo the change of address")
			if !strings.Contains(s.main(), adaEmail) {
				t.Errorf("the page says %q, want the address that the account gets back", s.main())
			}
			s = v.submit(s, "Undo change", nil).checkAt("/account/email-undone").checkOK("The change of address has been undone")
			if got := s.link("Choose a new password"); got != "/account/forgot" {
				t.Errorf("the page leads to %q, want to the page for a forgotten password", got)
			}
			site.goesOn(b, false)
			if _, err := site.accounts.Authenticate(t.Context(), adaEmail, goodPassword); err == nil {
				t.Errorf("the password logs in, want it to be void")
			}
			for _, link := range []string{undo, confirm} {
				site.visitor().get(link).check(http.StatusBadRequest, "This link can no longer be used")
			}
		})
	}
}

func TestEmailUndoInSession(t *testing.T) {
	site, b := adaAndBrowser(t)
	undo, _ := site.askForChange(b, newEmail)
	s := b.submit(b.get(undo), "Undo change", nil).checkOK("The change of address has been undone")
	if len(all(s.doc, "nav")) > 0 || len(site.sessions.all()) > 0 {
		t.Errorf("the page has links to the pages of a user, or there is a session; want neither")
	}
}

func TestEmailLinkOfAnotherPurpose(t *testing.T) {
	site, b := adaAndBrowser(t)
	undo, confirm := site.askForChange(b, newEmail)
	before := site.user(adaEmail)
	for _, c := range []struct{ link, page string }{{undo, "email-confirm"}, {confirm, "email-undo"}, {"/account/link?token=x", "email-undo"}} {
		b.get(c.link)
		b.page(c.page).check(http.StatusBadRequest, linkAgain)
		b.post("/account/"+c.page, nil).check(http.StatusBadRequest, linkAgain)
	}
	if !site.user(adaEmail).Equal(before) {
		t.Errorf("a token for another purpose has changed the user, want nothing changed")
	}
	v := site.visitor()
	for _, page := range []string{"email-confirm", "email-undo"} {
		v.page(page).check(http.StatusBadRequest, linkAgain)
		v.post("/account/"+page, nil).check(http.StatusBadRequest, linkAgain)
	}
}

func TestEmailLinkOfAnotherTab(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.register("eve@example.org")
	eve := site.member("eve@example.org")
	undo, confirm := site.askForChange(b, newEmail)
	eve.submit(eve.page("email"), "Send link", map[string]string{"New email address": "mallory@example.org"})
	mails := site.mails.take()
	before := site.user("eve@example.org")
	for _, c := range []struct{ shown, opened, button string }{
		{confirm, linkOf(mails[1]), "Change address"}, {undo, linkOf(mails[0]), "Undo change"}, {undo, confirm, "Undo change"},
	} {
		s := b.get(c.shown)
		b.get(c.opened)
		b.submit(s, c.button, nil).check(http.StatusBadRequest, linkAgain)
	}
	if !site.user("eve@example.org").Equal(before) {
		t.Errorf("the button of one link has used another one, want nothing changed")
	}
	site.goesOn(b, true)
}

func TestEmailLinkTwice(t *testing.T) {
	site, b := adaAndBrowser(t)
	undo, confirm := site.askForChange(b, newEmail)
	for _, c := range []struct{ link, button, again string }{
		{confirm, "Change address", "Log in"}, {undo, "Undo change", "This link can no longer be used"},
	} {
		s := b.get(c.link)
		token := b.cookie("signup-token")
		path, values := b.fill(s, c.button, nil)
		b.post(path, values)
		u := site.user(map[string]string{confirm: newEmail, undo: adaEmail}[c.link])
		b.client.Jar.SetCookies(mustParse(t, baseURL), []*http.Cookie{{Name: "__Host-signup-token", Value: token, Path: "/", Secure: true}})
		if got := b.post(path, values).title(); got != c.again {
			t.Errorf("the second click shows %q, want %q", got, c.again)
		}
		if !site.user(u.Email).Equal(u) {
			t.Errorf("the second click has changed the user, want nothing changed")
		}
	}
}

func mustParse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestEmailLinkCrossOrigin(t *testing.T) {
	site, b := adaAndBrowser(t)
	undo, confirm := site.askForChange(b, newEmail)
	before := site.user(adaEmail)
	for page, link := range map[string]string{"email-confirm": confirm, "email-undo": undo} {
		b.get(link)
		header := http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"application/x-www-form-urlencoded"}}
		b.send(http.MethodPost, "/account/"+page, header, "").check(http.StatusForbidden, "The request came from another site")
	}
	if !site.user(adaEmail).Equal(before) {
		t.Errorf("a request from another site has changed the user, want nothing changed")
	}
}
