package pages_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// A text-only client, without scripts and styles, goes through a whole life of an
// account. It sees the texts of the pages, follows links by their text, and fills in
// fields by their labels.
func TestTextOnlyWalk(t *testing.T) {
	site := newSite(t, verification(signup.VerifyBeforeRegistration), profileFields)
	site.accounts.Discreet = true
	b := site.visitor()

	s := b.submit(b.page("sign-up"), "Continue", map[string]string{"Email address": adaEmail})
	s.checkOK("Check your email")
	s = b.get(site.mails.link(signup.PurposeRegister)).checkOK("Create your account")
	s = b.submit(s, "Sign up", map[string]string{"Password": goodPassword, "First name": "Ada", "Company": "Engines"})

	s = b.submit(s.checkOK("Profile"), "Save", map[string]string{"First name": "Ada", "Last name": "Lovelace", "Company": "Engines"})
	if u := site.user(adaEmail); u.LastName != "Lovelace" {
		t.Errorf("the user's last name is %q, want Lovelace", u.LastName)
	}
	s = b.click(s, "Password").checkOK("Change your password")
	s = b.submit(s, "Change password", map[string]string{"Current password": goodPassword, "New password": newPassword})
	site.mails.take() // the notice

	s = b.click(s, "Email").checkOK("Change your email address")
	s.checkShown("Your current address is " + adaEmail + ".")
	undo, confirm := site.askForChange(b, newEmail)
	s = b.submit(b.get(confirm).checkOK("Confirm your new address"), "Change address", nil)
	logIn := map[string]string{"Email address": newEmail, "Password": newPassword}
	s = b.submit(s.checkOK("Log in"), "Log in", logIn).checkOK("Profile")
	if !strings.Contains(s.main(), newEmail) {
		t.Errorf("the profile says %q, want the new address", s.main())
	}
	site.mails.take() // the notice
	b.submit(b.get(undo).checkOK("Undo the change of address"), "Undo change", nil).checkOK("The change of address has been undone")
	site.mails.take()

	b.submit(b.page("forgot"), "Send email", map[string]string{"Email address": adaEmail}).checkOK("Check your email")
	s = b.get(site.mails.link(signup.PurposeResetPassword)).checkOK("Choose a new password")
	s = b.submit(s, "Set password", map[string]string{"Password": goodPassword}).checkOK("Profile")
	site.mails.take()

	other := site.visitor()
	site.logInAt(other, other.page("log-in"), adaEmail)
	s = b.press(b.click(s, "Devices").checkOK("Devices"), "Log out all other devices", nil)
	site.goesOn(other, false)

	s = b.click(b.click(s, "Your data").checkOK("Your data"), "Download your data")
	if file := b.submit(s.checkOK("Download your data"), "Download", nil); !strings.Contains(file.body, "Lovelace") {
		t.Errorf("the file has %d bytes without the last name, want all data of the user", len(file.body))
	}
	s = b.click(b.page("data"), "Delete your account").checkOK("Delete your account")
	b.submit(s, "Delete my account", map[string]string{"I want to delete my account forever": "yes"})
	if _, err := site.accounts.Authenticate(t.Context(), adaEmail, goodPassword); err == nil {
		t.Error("the user logs in after the deletion, want no account")
	}
}
