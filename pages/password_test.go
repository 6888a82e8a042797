package pages_test

import (
	"net/http"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

func TestPasswordChange(t *testing.T) {
	site, b := adaAndBrowser(t)
	other := site.member(adaEmail)
	token := b.cookie("session")
	s := b.page("password").checkOK("Change your password")
	s = b.submit(s, "Change password", map[string]string{"Current password": goodPassword, "New password": newPassword})
	s.checkAt("/account/password?done=password_changed").checkNotice("Your password has been changed. All other devices have been logged out.")
	if b.cookie("session") == token {
		t.Errorf("the browser has the session token of before, want a new one")
	}
	site.goesOn(b, true)
	site.goesOn(other, false)
	other.page("profile").checkAt("/account/log-in?next=%2Faccount%2Fprofile")
	if _, err := site.accounts.Authenticate(t.Context(), adaEmail, newPassword); err != nil {
		t.Errorf("Authenticate with the new password returned %v, want nil", err)
	}
	if got := s.header.Get("Location"); got != "" {
		t.Errorf("the page redirects to %q, want a page", got)
	}
}

func TestPasswordErrors(t *testing.T) {
	site, b := adaAndBrowser(t)
	before := site.user(adaEmail)
	for _, c := range []struct{ old, typed, label, want string }{
		{"", newPassword, "Current password", "Please fill this in."},
		{goodPassword, "", "New password", "Please fill this in."},
		{"correct horse wrong", newPassword, "Current password", "This is not your current password."},
		{goodPassword, goodPassword, "New password", "This is the current one. Please choose another one."},
		{goodPassword, "correct horse", "New password", "Please use at least 15 characters."},
		{goodPassword, "correct horse\xff battery", "New password", "This contains characters that cannot be read."},
	} {
		s := b.submit(b.page("password"), "Change password", map[string]string{"Current password": c.old, "New password": c.typed})
		s.checkError(c.label, c.want) // checks that no password comes back
	}
	if !site.user(adaEmail).Equal(before) {
		t.Errorf("a form that wasn't accepted has changed the user, want nothing changed")
	}
	site.goesOn(b, true)
}

// What a password manager needs: the address, the rules, and which field is which.
func TestPasswordFields(t *testing.T) {
	_, b := adaAndBrowser(t)
	s := b.page("password")
	for _, c := range []struct{ label, name, value string }{
		{"Email address", "autocomplete", "username"},
		{"Email address", "value", adaEmail},
		{"Current password", "autocomplete", "current-password"},
		{"New password", "autocomplete", "new-password"},
		{"New password", "passwordrules", "minlength: 15; allowed: unicode;"},
		{"New password", "data-minlength", "15"},
	} {
		if got := attr(s.input(c.label), c.name); got != c.value {
			t.Errorf("the field %q has %s=%q, want %q", c.label, c.name, got, c.value)
		}
	}
	if !has(s.input("Email address"), "readonly") {
		t.Errorf("the address can be changed, want it read-only")
	}
}

func TestPasswordOfUserWithoutOne(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.change(adaEmail, func(u *signup.User) { u.PasswordHash = "" })
	s := b.page("password").checkOK("Change your password")
	if n := len(all(s.doc, "label")); n > 0 {
		t.Errorf("the page has %d fields, want none", n)
	}
	b.submit(s, "Send link", nil).checkNotice("We have sent you an email. Use the link in it to choose your password.")
	if m := site.mails.one(signup.PurposeResetPassword); m.To != adaEmail {
		t.Errorf("the mail doesn't go to the user, want it there")
	}
}

func TestPasswordOfUserWithoutOneAndMail(t *testing.T) {
	site, b := adaAndBrowser(t, func(a *signup.Accounts, _ *pages.Options) { a.Send = nil })
	site.change(adaEmail, func(u *signup.User) { u.PasswordHash = "" })
	if n := len(all(b.page("password").checkOK("Change your password").doc, "form")); n != 1 { // to log out
		t.Errorf("the page has %d forms, want only that to log out", n)
	}
	b.post("/account/password", nil).checkOK("Change your password")
}

// The tab is behind: the password was changed in another one.
func TestPasswordChangedElsewhere(t *testing.T) {
	site, b := adaAndBrowser(t)
	other := site.member(adaEmail)
	behind := other.page("password")
	typed := map[string]string{"Current password": goodPassword, "New password": newPassword}
	b.submit(b.page("password"), "Change password", typed)
	s := other.submit(behind, "Change password", map[string]string{"Current password": goodPassword, "New password": "correct horse third one"})
	s.check(http.StatusOK, "Log in").checkNotice(nothingNotice)
	if _, err := site.accounts.Authenticate(t.Context(), adaEmail, newPassword); err != nil {
		t.Errorf("Authenticate with the first new password returned %v, want nil", err)
	}
}

func TestPasswordInGerman(t *testing.T) {
	_, b := adaAndBrowser(t)
	b.header.Set("Accept-Language", "de")
	s := b.submit(b.page("password"), "Passwort ändern", map[string]string{"Aktuelles Passwort": "correct horse wrong", "Neues Passwort": newPassword})
	s.checkError("Aktuelles Passwort", "Das ist nicht Ihr aktuelles Passwort.")
	b.submit(s, "Passwort ändern", map[string]string{"Aktuelles Passwort": goodPassword, "Neues Passwort": newPassword}).
		checkNotice("Ihr Passwort wurde geändert. Alle anderen Geräte wurden abgemeldet.")
}
