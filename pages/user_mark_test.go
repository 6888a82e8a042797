package pages_test

import (
	"net/url"
	"testing"
)

// Two tabs of one browser: another user logs in between the page and its form. Nothing is
// done to the account of that user.
func TestFormOfAnotherUser(t *testing.T) {
	const notice = "You have logged in to another account since you opened this page. Nothing was changed."
	for _, c := range []struct {
		page, button string
		typed        map[string]string
	}{
		{"profile", "Save", map[string]string{"First name": "Ada"}},
		{"password", "Change password", map[string]string{"Current password": goodPassword, "New password": newPassword}},
		{"email", "Send link", map[string]string{"New email address": newEmail}},
		{"devices", "Log out all other devices", nil},
		{"export", "Download", nil},
		{"deactivate", "Deactivate my account", map[string]string{"I want to deactivate my account": "yes"}},
		{"delete", "Delete my account", map[string]string{"I want to delete my account forever": "yes"}},
		{"confirm", "Continue", map[string]string{"Password": goodPassword}},
	} {
		t.Run(c.page, func(t *testing.T) {
			site, b := adaAndBrowser(t)
			site.register("eve@example.org")
			ada := b.page(c.page)
			s := b.submit(b.page("log-out"), "Log out", nil)
			site.logInAt(b, s, "eve@example.org")
			before, sessions := site.user("eve@example.org"), site.sessions.all()
			b.press(ada, c.button, c.typed).checkAt("/account/" + c.page + "?done=other_user").checkNotice(notice)
			if !site.user("eve@example.org").Equal(before) || len(site.mails.take()) > 0 {
				t.Errorf("the form has changed the other user or sent a mail, want neither")
			}
			if after := site.sessions.all(); len(after) != 1 || after[0] != sessions[0] {
				t.Errorf("got the sessions %v, want %v", after, sessions)
			}
		})
	}
}

// The same user has logged in again in between: the form is still good. So is one of a
// template without the mark.
func TestFormOfSameUser(t *testing.T) {
	site, b := adaAndBrowser(t)
	ada := b.page("profile")
	site.logInAt(b, b.submit(b.page("log-out"), "Log out", nil), adaEmail)
	b.submit(ada, "Save", map[string]string{"First name": "Ada"}).checkNotice("Your profile has been saved.")
	b.post("/account/profile", url.Values{"first_name": {"Augusta"}}).checkNotice("Your profile has been saved.")
	if got := site.user(adaEmail).FirstName; got != "Augusta" {
		t.Errorf("the first name is %q, want Augusta", got)
	}
}
