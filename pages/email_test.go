package pages_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

const (
	newEmail  = "lovelace@example.org"
	linkAgain = "Please open the link again"
)

// askForChange asks in b for a change of the address of adaEmail to email, and returns the
// links of the mails to the old and the new address.
func (s *testSite) askForChange(b *browser, email string) (undo, confirm string) {
	s.t.Helper()
	b.submit(b.page("email"), "Send link", map[string]string{"New email address": email}).
		checkAt("/account/email?done=email_sent").
		checkNotice("We have sent an email to the new address. Please open the link in it.")
	mails := s.mails.take()
	if len(mails) != 2 || mails[0].To != adaEmail || mails[1].To != email {
		s.t.Fatalf("got the mails %v, want one to the old and one to the new address", mails)
	}
	return linkOf(mails[0]), linkOf(mails[1])
}

func linkOf(m signup.Mail) string {
	return strings.TrimPrefix(pages.Link(baseURL, "", m.Token), baseURL)
}

func TestEmailChange(t *testing.T) {
	site, b := adaAndBrowser(t)
	b.page("email").checkShown("Your current address is " + adaEmail + ".")
	_, confirm := site.askForChange(b, newEmail)

	b.scan(confirm) // a program that scans mails comes first
	before := site.user(adaEmail)
	s := b.get(confirm).checkAt("/account/email-confirm").checkOK("Confirm your new address")
	if !site.user(adaEmail).Equal(before) {
		t.Fatalf("opening the link has changed the user, want nothing changed")
	}
	if !strings.Contains(s.main(), adaEmail) {
		t.Errorf("the page says %q, want which account it is", s.main())
	}
	s = b.submit(s, "Change address", nil)
	s.checkAt("/account/log-in?done=email_changed").checkNotice("Your address has been changed. Please log in with the new one.")
	site.goesOn(b, false)
	if b.cookie("signup-token") != "" {
		t.Errorf("the browser has the cookie of the token, want it removed")
	}
	b.submit(s, "Log in", map[string]string{"Email address": newEmail, "Password": goodPassword}).checkAt("/account/profile").checkShown(newEmail)

	b.page("email-confirm").check(http.StatusBadRequest, linkAgain)
}

// scan sends what a program sends that scans mails: HEAD, GET, and every link of the page.
func (b *browser) scan(link string) {
	b.site.t.Helper()
	scanner := b.site.browser()
	before := b.site.store.writes.Load()
	scanner.send(http.MethodHead, link, nil, "")
	s := scanner.get(link)
	for _, a := range all(s.doc, "a") {
		if path := attr(a, "href"); strings.HasPrefix(path, "/account/") {
			scanner.send(http.MethodHead, path, nil, "")
			scanner.get(path)
		}
	}
	if n := b.site.store.writes.Load() - before; n != 0 {
		b.site.t.Errorf("a program that follows the link and those of its page made %d writes, want none", n)
	}
}

func TestEmailChangeWithoutSession(t *testing.T) {
	site, b := adaAndBrowser(t)
	_, confirm := site.askForChange(b, newEmail)
	v := site.visitor()
	v.submit(v.get(confirm), "Change address", nil).checkAt("/account/log-in?done=email_changed")
	site.goesOn(b, false)
	b.page("profile").checkAt("/account/log-in?next=%2Faccount%2Fprofile")
}

// The link is opened in the browser of another user, whose session goes on.
func TestEmailChangeAtAnotherUser(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.register("eve@example.org")
	undo, confirm := site.askForChange(b, newEmail)
	eve := site.member("eve@example.org")
	s := eve.submit(eve.get(confirm), "Change address", nil).checkAt("/account/profile?done=other_email_changed")
	s.checkShown("eve@example.org")
	site.goesOn(eve, true)
	eve.submit(eve.get(undo), "Undo change", nil).checkOK("The change of address has been undone")
	site.goesOn(eve, true)
	eve.page("profile").checkShown("eve@example.org")
}

// The user undoes the change in the browser of the log-in: nothing of it is left.
func TestEmailErrors(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.register("eve@example.org")
	for typed, want := range map[string]string{
		"":                      "Please fill this in.",
		adaEmail:                "This is the current one. Please choose another one.",
		"eve@example.org":       "There is already an account with this address.",
		"lovelace":              "This is not valid.",
		`"><script>@example.`:   "Please enter only the address, without a name and angle brackets.",
		"Ada <ada@example.com>": "Please enter only the address, without a name and angle brackets.",
	} {
		s := b.submit(b.page("email"), "Send link", map[string]string{"New email address": typed}).checkError("New email address", want)
		if got := valueOf(s.input("New email address")); got != typed {
			t.Errorf("the field has %q, want what was typed, %q", got, typed)
		}
		if got := attr(s.input("New email address"), "autocomplete"); got != "email" {
			t.Errorf("the field has autocomplete=%q, want email", got)
		}
	}
	if mails := site.mails.take(); len(mails) > 0 {
		t.Errorf("got the mails %v, want none", mails)
	}
}

// The new address is taken between the mail and its link.
func TestEmailTakenSince(t *testing.T) {
	site, b := adaAndBrowser(t)
	_, confirm := site.askForChange(b, newEmail)
	site.register(newEmail)
	b.submit(b.get(confirm), "Change address", nil).check(http.StatusConflict, "This address is taken")
	site.goesOn(b, true)
}

func TestEmailConfirmRefusedByBefore(t *testing.T) {
	site, b := adaAndBrowser(t, func(a *signup.Accounts, _ *pages.Options) {
		a.Before = func(_ context.Context, e signup.Event, _ signup.User) error {
			if e.Kind == signup.EventEmailChanged {
				return signup.FieldError{Field: signup.FieldEmail, Code: "mine", Message: "Not at <this> site."}
			}
			return nil
		}
	})
	_, confirm := site.askForChange(b, newEmail)
	s := b.submit(b.get(confirm), "Change address", nil).check(http.StatusUnprocessableEntity, "Confirm your new address")
	if got, want := s.summary(), "Not at <this> site."; got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	site.goesOn(b, true)
}

// The pages of links accept only tokens for their own purpose.
// A link that was opened since the form was shown isn't used by its button.
// People click twice.
// A site that sends no mail has no pages about a change of address, and no link to them.
func TestEmailWithoutMail(t *testing.T) {
	_, b := adaAndBrowser(t, func(a *signup.Accounts, _ *pages.Options) { a.Send = nil })
	for _, page := range []string{"email", "email-confirm", "email-undo", "email-undone", "link"} {
		b.page(page).check(http.StatusNotFound, "Page not found")
	}
	for _, p := range userPages {
		if p.name == "email" {
			continue
		}
		for _, a := range all(b.page(p.name).doc, "a") {
			path, _, _ := strings.Cut(attr(a, "href"), "?")
			if slices.Contains([]string{"/account/email", "/account/forgot", "/account/log-in-mail"}, path) {
				t.Errorf("%s links to %q, want no link to a page that needs mail", p.name, path)
			}
		}
	}
}

func TestEmailInGerman(t *testing.T) {
	site, b := adaAndBrowser(t)
	b.header.Set("Accept-Language", "de")
	s := b.submit(b.page("email"), "Link senden", map[string]string{"Neue E-Mail-Adresse": newEmail})
	s.checkNotice("Wir haben eine E-Mail an die neue Adresse gesendet. Bitte öffnen Sie den Link darin.")
	mails := site.mails.take()
	b.get(linkOf(mails[0])).checkOK("Adressänderung rückgängig machen")
	s = b.get(linkOf(mails[1])).checkOK("Neue Adresse bestätigen")
	b.submit(s, "Adresse ändern", nil).checkNotice("Ihre Adresse wurde geändert. Bitte melden Sie sich mit der neuen an.")
	b.page("email-undone").checkOK("Die Adressänderung wurde rückgängig gemacht")
}

func TestEmailSendFails(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.mails.fail = errors.New("no mailbox " + newEmail)
	s := b.submit(b.page("email"), "Send link", map[string]string{"New email address": newEmail})
	s.check(http.StatusInternalServerError, "Change your email address") // the site checks the log for addresses
	if strings.Contains(s.body, "mailbox") {
		t.Errorf("the page has the error of Send, want it left out")
	}
}
