package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestDoubleClick clicks twice on buttons whose action can be done once.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	w := newWalk(t, options{}, false)
	w.open("/account/sign-up")
	w.fill("email_address", w.inbox.address)
	w.postTwice("sign-up")
	w.at("/account/check-mail")
	w.openLink(w.inbox, "complete")
	w.fill("password", w.password)
	w.postTwice("complete")
	w.at("/account/profile")
	w.fill("first_name", "Ada")
	w.postTwice("profile")
	w.mustHave(".notice")
	w.open("/account/forgot")
	w.fill("email_address", w.inbox.address)
	w.postTwice("forgot")
	w.at("/account/check-mail")
	w.openLink(w.inbox, "reset")
	w.fill("password", newPassword)
	w.postTwice("reset")
	w.at("/account/profile")
	w.checkLoggedIn(w.inbox.address, "a double click on the new password")
	w.open("/account/delete")
	w.click(`[name="sure"]`)
	w.postTwice("delete")
	w.at("/account/goodbye")
}

// TestDoubleClickWithoutScript makes sure that the action is done. The page that comes
// then depends on how far the first request was when the browser gave it up.
func TestDoubleClickWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWalk(t, options{noScript: true}, false)
	w.open("/account/sign-up")
	w.fill("email_address", w.inbox.address)
	w.postTwice("sign-up")
	w.openLink(w.inbox, "complete")
	w.fill("password", w.password)
	w.postTwice("complete")
	w.checkCanLogIn("a double click on the sign-up")
	w.open("/account/forgot")
	w.fill("email_address", w.inbox.address)
	w.postTwice("forgot")
	w.openLink(w.inbox, "reset")
	w.password = newPassword
	w.fill("password", w.password)
	w.postTwice("reset")
	w.checkCanLogIn("a double click on the new password")
}

// checkCanLogIn logs in with another browser.
func (w *walk) checkCanLogIn(after string) {
	w.t.Helper()
	p := newTab(w.t, w.site, options{})
	p.open("/account/log-in")
	p.fillAll("email_address", w.inbox.address, "password", w.password)
	p.post("log-in")
	p.checkLoggedIn(w.inbox.address, after)
}

// postTwice double-clicks on the button of the form, and waits for the page that comes
// then.
func (p *tab) postTwice(page string) {
	p.t.Helper()
	x, y := p.find(formOf(page) + " button:not([type=button])")
	p.leave(func() {
		p.do("double click", chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	})
}
