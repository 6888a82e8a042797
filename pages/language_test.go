package pages_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// germanTitles are the headings of the pages.
var germanTitles = map[string]string{
	"sign-up": "Registrieren", "log-in": "Anmelden", "check-mail": "Bitte prüfen Sie Ihr Postfach", "verify-mail": "Adresse bestätigen",
	"forgot": "Passwort vergessen?", "log-in-mail": "Per E-Mail anmelden", "log-in-code": "Bitte prüfen Sie Ihr Postfach",
	"complete": "Bitte öffnen Sie den Link noch einmal", "link": "Dieser Link kann nicht mehr verwendet werden", "nothing": "Seite nicht gefunden",
}

// isForeign reports whether text has a word of English that German doesn't have.
func isForeign(text string) bool {
	return slices.ContainsFunc(strings.Fields(strings.ToLower(text)), func(word string) bool {
		return slices.Contains([]string{"the", "your", "please", "with", "and", "password", "address", "you"}, strings.Trim(word, ".,?!:"))
	})
}

func TestGerman(t *testing.T) {
	site := newSite(t, profileFields)
	german := func() *browser {
		b := site.browser()
		b.header.Set("Accept-Language", "de-AT,de;q=0.9,en;q=0.5")
		return b
	}
	check := func(s *screen, title string) {
		t.Helper()
		if s.title() != title || isForeign(s.main()) {
			t.Errorf("%s has the heading %q and says %q, want %q and only German", s.path, s.title(), s.main(), title)
		}
		if lang := attr(all(s.doc, "html")[0], "lang"); lang != "de" || s.header.Get("Content-Language") != "de" || !slices.Contains(s.header.Values("Vary"), "Accept-Language") {
			t.Errorf("%s has lang=%q and Content-Language: %q, want de and Vary", s.path, lang, s.header.Get("Content-Language"))
		}
	}
	for page, title := range germanTitles {
		check(german().page(page), title)
	}
	s := german().post("/account/sign-up", nil)
	check(s, "Registrieren")
	if got := s.errorOf("E-Mail-Adresse"); got == "" || s.errorOf("Passwort") != "Bitte ausfüllen." || s.errorOf("Company") != "Bitte ausfüllen." {
		t.Errorf("the address has the error %q and the password %q, want German ones", got, s.errorOf("Passwort"))
	}
	for _, m := range mailedPages {
		site = newSite(t, verification(m.verify))
		m.ask(site)
		b := german()
		s := b.get(site.mails.link(m.purpose))
		check(s, map[string]string{
			"/account/verify": "Adresse bestätigen", "/account/complete": "Konto anlegen", "/account/reset": "Neues Passwort wählen", "/account/log-in-link": "Anmelden",
		}[m.path])
	}
}

// A mail is in the language of the page by which it was asked for.
func TestMailHasTheLanguageOfThePage(t *testing.T) {
	var got []string
	site := newSite(t, func(a *signup.Accounts, _ *pages.Options) {
		a.Send = func(ctx context.Context, _ signup.Mail) error {
			got = signup.Languages(ctx)
			return nil
		}
	})
	site.register(adaEmail)
	b := site.browser()
	b.header.Set("Accept-Language", "de-AT,en;q=0.5")
	b.submit(b.page("forgot"), "E-Mail senden", map[string]string{"E-Mail-Adresse": adaEmail})
	if !slices.Equal(got, []string{"de-AT", "en"}) {
		t.Errorf("Send got the languages %q, want de-AT and en", got)
	}
}
