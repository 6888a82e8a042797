package mailer_test

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// A content is what the mail of one purpose or notice has.
type content struct {
	mail    signup.Mail
	page    string // what the link of a notice without a token leads to
	en, de  string // part of the text, beside the common texts
	support bool   // it says where to get help
}

var contents = []content{
	{mail: signup.Mail{Purpose: signup.PurposeVerifyEmail}, en: "confirm", de: "bestätigen"},
	{mail: signup.Mail{Purpose: signup.PurposeRegister}, en: "sign up for Orchard", de: "Registrierung bei Orchard"},
	{mail: signup.Mail{Purpose: signup.PurposeResetPassword}, en: "your password stays as it is", de: "Ihr Passwort bleibt"},
	{mail: signup.Mail{Purpose: signup.PurposeChangeEmail}, en: "new address of an account", de: "neue Adresse eines Kontos"},
	{mail: signup.Mail{Purpose: signup.PurposeUndoEmail}, en: "undone", de: "rückgängig"},
	{mail: signup.Mail{Purpose: signup.PurposeLogIn, Code: "ABCD2345"}, en: "without a password", de: "ohne Passwort"},
	{mail: signup.Mail{Purpose: signup.PurposeInvite}, en: "invited", de: "eingeladen"},
	{mail: signup.Mail{Notice: signup.NoticePasswordChanged}, page: "forgot", en: "reset the password at once", de: "setzen Sie das Passwort sofort zurück"},
	{mail: signup.Mail{Notice: signup.NoticeAlreadyRegistered}, page: "log-in", en: "You can log in", de: "Sie können sich anmelden"},
	{mail: signup.Mail{Notice: signup.NoticeNoAccount}, page: "log-in", en: "may have another address", de: "vielleicht eine andere Adresse"},
	{mail: signup.Mail{Notice: signup.NoticeAlreadyVerified}, page: "log-in", en: "is confirmed already", de: "wurde schon bestätigt"},
	{mail: signup.Mail{Notice: signup.NoticeDeactivated}, support: true, en: "To use the account again", de: "Wenn Sie das Konto wieder benutzen möchten"},
	{mail: signup.Mail{Notice: signup.NoticeDeleted}, support: true, en: "Nothing of it is stored", de: "nichts mehr davon gespeichert"},
	{mail: signup.Mail{Notice: signup.NoticeEmailChangeRequested, Purpose: signup.PurposeUndoEmail}, en: "cancel the change", de: "brechen Sie die Änderung ab"},
	{mail: signup.Mail{Notice: signup.NoticeEmailChanged, Purpose: signup.PurposeUndoEmail}, en: "another email address now", de: "eine andere E-Mail-Adresse"},
	{mail: signup.Mail{Notice: signup.NoticeEmailChanged}, page: "log-in", en: "spelled in another way", de: "anders geschrieben"},
	{mail: signup.Mail{Notice: signup.NoticeEmailChangeUndone}, page: "forgot", en: "your password no longer works", de: "Ihr Passwort gilt nicht mehr"},
}

// A sample is a mail of a content in a language.
type sample struct {
	content
	language string
}

// sendContents sends each content in each language. It returns them by the names of their
// users.
func sendContents(t *testing.T, m running) map[string]sample {
	t.Helper()
	samples := make(map[string]sample)
	for _, c := range contents {
		for _, language := range []string{"en", "de"} {
			c := c
			c.mail.To, c.mail.User = adaMail, ada()
			c.mail.User.FirstName = fmt.Sprintf("Ada %d %s", len(samples), language)
			if c.mail.Purpose != "" {
				c.mail.Token, c.mail.Expires = "AbC-d_1", time.Date(2126, time.March, 5, 13, 30, 0, 0, time.UTC)
			}
			samples[c.mail.User.FirstName+" Lovelace"] = sample{c, language}
			if err := m.Send(signup.WithLanguages(t.Context(), []string{language + "-CH", "fr"}), c.mail); err != nil {
				t.Fatalf("Send of %v returned the error %v, want none", c.mail, err)
			}
		}
	}
	return samples
}

func TestContent(t *testing.T) {
	s := newServer(t, false, nil)
	o := options(s.client(t))
	o.Location = time.FixedZone("CET", 3600)
	m := start(t, o)
	samples := sendContents(t, m)
	m.drain(t)
	subjects := make(map[string]bool)
	for _, r := range s.received() {
		p := parse(t, r.text)
		to, err := p.header.AddressList("To")
		if err != nil || len(to) != 1 {
			t.Fatalf("got the error %v for the field To, want one address", err)
		}
		c := samples[to[0].Name]
		delete(samples, to[0].Name)
		name := fmt.Sprint(cmp.Or(string(c.mail.Notice), string(c.mail.Purpose)), ", ", c.language)
		subjects[p.subject] = true
		if !strings.Contains(p.subject, site) {
			t.Errorf("%s: the subject is %q, want one with %s", name, p.subject, site)
		}
		if got := p.header.Get("Content-Language"); got != c.language {
			t.Errorf("%s: got the Content-Language %q, want %s", name, got, c.language)
		}
		checkParts(t, name, c.content, c.language, p)
	}
	if len(samples) != 0 {
		t.Errorf("%d mails have not come, want all", len(samples))
	}
	if want := 2 * (len(contents) - 1); len(subjects) != want { // email_changed has one for both
		t.Errorf("there are %d subjects, want %d", len(subjects), want)
	}
}

// checkParts checks what the text and the HTML of a mail say.
func checkParts(t *testing.T, name string, c content, language string, p parsed) {
	t.Helper()
	link, wants := "", []string{c.en, "Hello Ada", "March 2126, 14:30 CET", "if"}
	if language == "de" {
		wants = []string{c.de, "Guten Tag Ada", "März 2126, 14:30 Uhr (CET)", "wenn sie"}
	}
	switch {
	case c.mail.Token != "":
		link = pages.Link(baseURL, "", c.mail.Token)
	case c.page != "":
		link = baseURL + "/account/" + c.page
	}
	if c.mail.Expires.IsZero() {
		wants = slices.Delete(wants, 2, 3)
	}
	if c.mail.Code != "" {
		wants = append(wants, "ABCD 2345")
	}
	if c.support {
		wants = append(wants, baseURL)
	}
	for part, body := range map[string]string{"text": p.text, "HTML": html.UnescapeString(p.html)} {
		body = strings.Join(strings.Fields(body), " ")
		for _, want := range wants {
			if !strings.Contains(strings.ToLower(body), strings.ToLower(want)) {
				t.Errorf("%s: the %s doesn't have %q", name, part, want)
			}
		}
		if got := strings.Contains(body, "/account/"); got != (link != "") || !strings.Contains(body, link) {
			t.Errorf("%s: the %s has a link: %t; want %q", name, part, got, link)
		}
		if strings.Contains(body, "<no value>") || strings.Contains(body, "{{") || strings.Contains(body, "Zgotmpl") {
			t.Errorf("%s: got traces of the template in the %s, want none", name, part)
		}
	}
	if link != "" && !strings.Contains(p.html, `href="`+link+`"`) {
		t.Errorf("%s: got HTML without a button with the link, want one", name)
	}
	for _, foreign := range []string{"<img", "src=", "url(", "@import", "<script", "<link"} {
		if strings.Contains(p.html, foreign) {
			t.Errorf("%s: the HTML has %q, want nothing that is loaded", name, foreign)
		}
	}
	for line := range strings.Lines(p.text) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 72 && !strings.HasPrefix(line, "https://") {
			t.Errorf("%s: the text has a line of %d characters, want at most 72", name, n)
		}
	}
}
