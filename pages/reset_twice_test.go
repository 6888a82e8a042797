package pages_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/gosignup/signup"
)

// Without JavaScript, a double click sends the form twice, and the browser drops the first
// response with its cookies. The second one logs the user in, if the password is that of
// the first.
func TestResetTwice(t *testing.T) {
	for password, loggedIn := range map[string]bool{newPassword: true, newPassword + "!": false} {
		site := newSite(t)
		site.register(adaEmail)
		b := site.browser()
		b.post("/account/forgot?next=/orders", url.Values{"email_address": {adaEmail}, "next": {"/orders"}})
		s := b.get(site.mails.link(signup.PurposeResetPassword))
		path, values := b.fill(s, "Set password", map[string]string{"Password": newPassword})
		first := site.browser()
		first.header.Set("Cookie", "__Host-signup-token="+b.cookie("signup-token"))
		if s := first.postOnly(path, values); s.status != http.StatusSeeOther {
			t.Fatalf("the first post has status %d, want 303", s.status)
		}
		values.Set("password", password)
		s = b.post(path, values)
		if !loggedIn {
			s.check(http.StatusBadRequest, "This link can no longer be used")
			continue
		}
		s.checkAt("/orders")
		site.goesOn(b, true)
	}
}
