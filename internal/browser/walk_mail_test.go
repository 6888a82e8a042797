package browser

import "strings"

// changeEmail changes the address. w.inbox stays that of the old one.
func (w *walk) changeEmail() {
	w.t.Helper()
	w.follow(`nav a[href$="/email"]`)
	w.look("email")
	w.fill("email_address", w.inbox.address)
	w.postUnchecked("email") // it is the present one
	w.look("email-wrong")
	other := newMailbox(w.t, newAddress())
	w.fill("email_address", other.address)
	w.post("email")
	w.mustHave(".notice")
	w.look("email-sent")
	w.inbox.link() // the old address can cancel the change
	w.openLink(other, "email-confirm")
	w.look("email-confirm")
	w.post("email-confirm")
	w.at("/account/log-in")
	w.mustHave(".notice")
	w.look("email-changed")
	w.fillAll("email_address", other.address, "password", w.password)
	w.post("log-in")
	w.at("/account/profile")
	if !strings.Contains(w.text(), other.address) {
		w.t.Errorf("got a profile without the new address, want %s in it", other.address)
	}
}

// undoEmail takes the change back. After that, no password works.
func (w *walk) undoEmail() {
	w.t.Helper()
	w.openLink(w.inbox, "email-undo")
	w.look("email-undo")
	w.post("email-undo")
	w.at("/account/email-undone")
	w.look("email-undone")
	w.open("/account/log-in")
	w.fillAll("email_address", w.inbox.address, "password", w.password)
	w.post("log-in")
	w.at("/account/log-in")
	w.mustHave(".errors")
	w.inbox.notice()
}

// askForMail follows the link to a page with a field for an address, and posts first a wrong
// one and then that of the user.
func (w *walk) askForMail(page string) {
	w.t.Helper()
	w.follow(`main a[href^="/account/` + page + `"]`)
	w.look(page)
	w.fill("email_address", "not an address")
	w.postUnchecked(page)
	w.look(page + "-wrong")
	w.fill("email_address", w.inbox.address)
	w.post(page)
	w.at("/account/check-mail")
}

// reset chooses a new password by mail.
func (w *walk) reset() {
	w.t.Helper()
	w.askForMail("forgot")
	w.openLink(w.inbox, "reset")
	w.look("reset")
	w.fill("password", "orchard")
	w.postUnchecked("reset")
	w.look("reset-wrong")
	w.password = password
	w.fill("password", w.password)
	w.post("reset")
	w.at("/account/profile")
	w.look("reset-done")
	w.inbox.notice()
}
