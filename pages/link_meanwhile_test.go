package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// A token that was voided between GET and POST.
func TestTokenVoidedMeanwhile(t *testing.T) {
	for _, m := range mailedPages {
		site, link := m.mailed(t)
		b := site.browser()
		path, values := b.fill(b.get(link), m.button, m.typed)
		if m.purpose == signup.PurposeRegister || m.purpose == signup.PurposeInvite {
			site.register(adaEmail)
		} else if err := site.accounts.EndAllSessions(t.Context(), adaEmail); err != nil {
			t.Fatalf("EndAllSessions returned %v, want nil", err)
		}
		writes := site.store.writes.Load()
		b.post(path, values).check(http.StatusBadRequest, "This link can no longer be used")
		if site.store.writes.Load() != writes || b.cookie("signup-token") != "" {
			t.Errorf("%s: wrote %d times, token kept: %t; want nothing written and no token", m.purpose, site.store.writes.Load()-writes, b.cookie("signup-token") != "")
		}
	}
}

// If another link is opened after a page was shown, its form does nothing: the user has
// seen the account of the first one.
func TestAnotherLinkMeanwhile(t *testing.T) {
	for _, m := range mailedPages {
		site, link := m.mailed(t)
		b := site.browser()
		path, values := b.fill(b.get(link), m.button, m.typed)
		if err := site.accounts.Invite(t.Context(), "eve@example.org", 0); err != nil {
			t.Fatalf("Invite returned %v, want nil", err)
		}
		b.get(site.mails.link(signup.PurposeInvite)).checkAt("/account/complete")
		writes := site.store.writes.Load()
		b.post(path, values).check(http.StatusBadRequest, "Please open the link again")
		if m.path != "/account/complete" {
			b.get(m.path).check(http.StatusBadRequest, "Please open the link again")
		}
		if n := site.store.writes.Load() - writes; n != 0 || len(site.sessions.all()) != 0 {
			t.Errorf("%s: wrote %d times, %d sessions; want none", m.purpose, n, len(site.sessions.all()))
		}
		b.get(link).checkAt(m.path)
	}
}

// The link of another account than the one that is logged in says so.
func TestVerifyOtherAccount(t *testing.T) {
	site, b := adaAndBrowser(t, verification(signup.VerifyBeforeLogIn))
	site.browser().post("/account/sign-up", url.Values{"email_address": {"eve@example.org"}, "password": {goodPassword}})
	s := b.submit(b.get(site.mails.link(signup.PurposeVerifyEmail)), "Verify address", nil)
	s.checkAt("/account/profile?done=other_verified")
	s.checkNotice("The address of the account that the link belongs to is verified. You are still logged in to another account.")
}

// The link of one user is opened in the browser of another one. It changes nothing of the
// other user's account. If it logs the first user in, a form of a tab that was open before
// is refused.
func TestLinkInBrowserOfAnotherUser(t *testing.T) {
	const eve = "eve@example.org"
	for _, m := range mailedPages {
		t.Run(string(m.purpose), func(t *testing.T) {
			site, link := m.mailed(t)
			site.register(eve)
			b, other := site.member(eve), site.member(eve)
			tab := b.page("profile")
			before := site.user(eve)
			if s := b.get(link).checkAt(m.path); !strings.Contains(s.body, adaEmail) {
				t.Errorf("the page says %q, want the address of the link's account", s.main())
			}
			b.submit(b.page(strings.TrimPrefix(m.path, "/account/")), m.button, m.typed)
			loggedIn := adaEmail
			if m.purpose == signup.PurposeVerifyEmail {
				loggedIn = eve
			}
			session, _ := site.session(b)
			if want := site.user(loggedIn).ID; session.ID != want || !site.user(eve).Equal(before) {
				t.Errorf("the session is of the user %q, want %q and the other user left alone", session.ID, want)
			}
			site.goesOn(other, true)
			saved := b.submit(tab, "Save", map[string]string{"First name": "Eve"}).path
			if got := site.user(adaEmail).FirstName; got != "" || (saved == "/account/profile?done=other_user") != (loggedIn == adaEmail) {
				t.Errorf("the form leads to %s, and ada has the first name %q; want it refused if ada is logged in, and no first name", saved, got)
			}
		})
	}
}
