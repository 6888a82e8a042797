package browser

import (
	"strings"
	"testing"
	"time"
)

// TestWalk goes through the life of an account, from the sign-up to the deletion, with
// different browsers.
func TestWalk(t *testing.T) {
	for _, v := range []struct {
		with    options
		look    bool // at each page
		scanned bool
	}{
		{with: options{name: "page"}, look: true},
		{with: options{name: "german", language: "de-DE,de", width: 360}, look: true},
		{with: options{name: "no-script", noScript: true}, look: true},
		{with: options{name: "scanned", dark: true}, scanned: true},
	} {
		t.Run(v.with.name, func(t *testing.T) {
			t.Parallel()
			w := newWalk(t, v.with, v.look)
			if v.scanned {
				w.scan = scan(t, w.site)
			}
			w.signUp()
			w.changeProfile()
			w.changePassword()
			w.changeEmail()
			w.undoEmail()
			w.reset()
			w.endDevice()
			w.export()
			w.logInByMail()
			w.deleteAccount()
			w.site.checkNothingLeaked(t, w.tab)
		})
	}
}

// A walk is a person's way through the pages.
type walk struct {
	*tab
	password string
	inbox    *mailbox
	looking  bool
	scan     func(link string)
}

func newWalk(t *testing.T, with options, look bool) *walk {
	t.Helper()
	w := &walk{tab: newTab(t, newSite(t), with), looking: look, password: password}
	w.inbox = newMailbox(t, newAddress())
	return w
}

func (w *walk) look(state string) {
	w.t.Helper()
	w.checkProblems()
	if w.looking {
		w.tab.look(state)
	}
}

// openLink opens the link of the next mail in box, which leads to page.
func (w *walk) openLink(box *mailbox, page string) {
	w.t.Helper()
	box.scanner = w.scan
	w.open(box.link())
	w.at("/account/" + page)
}

// postUnchecked is post for a form that the browser wouldn't send.
func (w *walk) postUnchecked(page string) {
	w.t.Helper()
	eval[bool](w.tab, `(document.querySelector("main form").noValidate = true)`)
	w.post(page)
	w.mustHave(".errors")
}

func (w *walk) signUp() {
	w.t.Helper()
	w.open("/account/log-in")
	w.askForMail("sign-up")
	w.look("check-mail")

	w.openLink(w.inbox, "complete")
	w.look("complete")
	w.fill("password", "wrong correct horse"[:5])
	w.postUnchecked("complete")
	w.look("complete-wrong")
	w.fillAll("password", w.password, "first_name", "Ada", "last_name", "Lovelace")
	w.post("complete")
	w.at("/account/profile")
	w.look("signed-up")
}

func (w *walk) changeProfile() {
	w.t.Helper()
	w.follow(`nav a[href$="/profile"]`)
	w.look("profile")
	w.fill("first_name", strings.Repeat("a", 300))
	w.postUnchecked("profile")
	w.look("profile-wrong")
	w.fillAll("first_name", "Augusta", "city", "London", "about", "Two\nlines")
	w.post("profile")
	w.mustHave(".notice")
	if got := eval[string](w.tab, `document.querySelector("[name=about]").value`); got != "Two\nlines" {
		w.t.Errorf("got the text %q, want %q, as typed", got, "Two\nlines")
	}
	w.look("profile-saved")
}

func (w *walk) changePassword() {
	w.t.Helper()
	w.follow(`nav a[href$="/password"]`)
	w.look("password")
	w.fillAll("old_password", "wrong correct horse", "password", newPassword)
	w.post("password")
	w.mustHave(".errors")
	w.look("password-wrong")
	w.fillAll("old_password", w.password, "password", newPassword)
	w.post("password")
	w.mustHave(".notice")
	w.password = newPassword
	w.look("password-changed")
	w.inbox.notice()
}

// deleteAccount deletes the account, after the last proof of identity has become too old.
func (w *walk) deleteAccount() {
	w.t.Helper()
	w.site.sessions.age(10 * time.Minute)
	w.follow(`nav a[href$="/data"]`)
	w.follow(`main a[href$="/delete"]`)
	w.at("/account/confirm")
	w.look("confirm")
	w.fill("password", "wrong correct horse")
	w.post("confirm")
	w.mustHave(".errors")
	w.look("confirm-wrong")
	w.fill("password", w.password)
	w.post("confirm")
	w.at("/account/delete")
	w.look("delete")
	w.postUnchecked("delete")
	w.look("delete-wrong")
	w.click(`main [name="sure"]`)
	w.post("delete")
	w.at("/account/goodbye")
	w.look("goodbye")
	w.inbox.notice()
	w.open("/account/log-in")
	w.fillAll("email_address", w.inbox.address, "password", w.password)
	w.post("log-in")
	w.mustHave(".errors")
}
