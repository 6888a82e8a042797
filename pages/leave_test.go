package pages_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// The two ways to leave: the texts of the pages in English and German.
var leavings = []struct {
	page, title, sure, button, goodbye, notSure string
	language                                    string
}{
	{"deactivate", "Deactivate your account", "I want to deactivate my account", "Deactivate my account",
		"Your account has been deactivated, and you are logged out.", "Please check the box to confirm.", "en"},
	{"delete", "Delete your account", "I want to delete my account forever", "Delete my account",
		"Your account has been deleted, and you are logged out.", "Please check the box to confirm.", "en"},
	{"deactivate", "Konto deaktivieren", "Ich möchte mein Konto deaktivieren", "Konto deaktivieren",
		"Ihr Konto wurde deaktiviert, und Sie sind abgemeldet.", "Bitte setzen Sie zur Bestätigung den Haken.", "de"},
	{"delete", "Konto löschen", "Ich möchte mein Konto für immer löschen", "Konto löschen",
		"Ihr Konto wurde gelöscht, und Sie sind abgemeldet.", "Bitte setzen Sie zur Bestätigung den Haken.", "de"},
}

func TestLeave(t *testing.T) {
	for _, c := range leavings {
		t.Run(c.page+" "+c.language, func(t *testing.T) {
			site, b := adaAndBrowser(t)
			other := site.member(adaEmail)
			b.header.Set("Accept-Language", c.language)
			before := site.user(adaEmail)
			s := b.page(c.page).checkOK(c.title)
			if !strings.Contains(s.main(), adaEmail) {
				t.Errorf("the page says %q, want which account it is about", s.main())
			}
			s = b.submit(s, c.button, nil).checkError(c.sure, c.notSure)
			if !site.user(adaEmail).Equal(before) {
				t.Fatalf("a form without the check mark has changed the user, want nothing changed")
			}
			s = b.submit(s, c.button, map[string]string{c.sure: "yes"})
			s.checkAt("/account/goodbye?done=" + map[string]string{"deactivate": "deactivated", "delete": "deleted"}[c.page])
			s.checkShown(c.goodbye)
			if len(all(s.doc, "nav")) > 0 || len(site.sessions.all()) != 1 || b.cookie("session") != "" {
				t.Errorf("the browser has a session or links to the pages of a user, want neither")
			}
			site.goesOn(other, false)
			_, err := site.accounts.Authenticate(t.Context(), adaEmail, goodPassword)
			if !errors.Is(err, signup.ErrBadCredentials) {
				t.Errorf("Authenticate returned %v, want ErrBadCredentials", err)
			}
			key, _ := signup.CanonicalEmail(adaEmail)
			_, err = site.store.Store.Get(t.Context(), key)
			if gone := errors.Is(err, signup.ErrNotFound); gone != (c.page == "delete") {
				t.Errorf("Get returned %v, want ErrNotFound after a deletion only", err)
			}
			b.page("profile").checkAt("/account/log-in?next=%2Faccount%2Fprofile")
			other.page("profile").checkAt("/account/log-in?next=%2Faccount%2Fprofile")
		})
	}
}

func TestLeaveRefusedByBefore(t *testing.T) {
	site, b := adaAndBrowser(t, func(a *signup.Accounts, _ *pages.Options) {
		a.Before = func(_ context.Context, e signup.Event, _ signup.User) error {
			if e.Kind == signup.EventDeleted || e.Kind == signup.EventDeactivated {
				return signup.FieldError{Code: "debts", Message: "Please pay <first>."}
			}
			return nil
		}
	})
	for _, c := range leavings[:2] {
		s := b.post("/account/"+c.page, url.Values{"sure": {"yes"}}).check(http.StatusUnprocessableEntity, c.title)
		if got, want := s.summary(), "Please pay <first>."; got != want {
			t.Errorf("the page says %q, want %q", got, want)
		}
		if !has(s.input(c.sure), "checked") {
			t.Errorf("the checkbox isn't checked, want it as it was sent")
		}
	}
	site.goesOn(b, true)
}

// The page has the same two texts for all clients, and none that a URL gives it.
func TestGoodbye(t *testing.T) {
	site := newSite(t)
	b := site.visitor()
	b.page("goodbye?done=deleted").checkOK("Goodbye")
	for _, query := range []string{"", "?done=", "?done=logged_out", "?done=x", "?done=%3Cscript%3E"} {
		b.page("goodbye" + query).checkAt("/account/log-in")
	}
}

// Sessions fails after the account has gone: the user gets the goodbye all the same.
func TestLeaveSessionsFail(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.sessions.fail = errors.New("no sessions")
	b.post("/account/delete", url.Values{"sure": {"yes"}}).checkOK("Goodbye")
	site.sessions.fail = nil
	b.page("profile").checkAt("/account/log-in?next=%2Faccount%2Fprofile")
}
