package pages_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// withFields declares fields of each kind.
func withFields(a *signup.Accounts, _ *pages.Options) {
	a.Fields = []signup.ProfileField{
		{Name: "company", Required: true},
		{Name: "about_me", Multiline: true},
		{Name: "phone", Hidden: true, Validate: func(_ context.Context, value string) error {
			if strings.Trim(value, "+0123456789 ") != "" {
				return signup.FieldError{Code: "phone", Message: "Please use digits, not <letters>."}
			}
			return nil
		}},
		{Name: "locale", Validate: func(context.Context, string) error { return errors.New("not known") }},
		{Name: "role", ReadOnly: true},
		{Name: "notes", ReadOnly: true, Hidden: true},
	}
}

func TestProfile(t *testing.T) {
	site, b := adaAndBrowser(t, withFields)
	site.change(adaEmail, func(u *signup.User) {
		u.Profile = map[string]string{"role": "admin", "notes": "pays late", "about_me": "first\r\nsecond"}
	})
	s := b.page("profile").checkOK("Profile")
	s.checkShown(adaEmail, "admin")
	if strings.Contains(s.body, "pays late") {
		t.Errorf("the page shows a field that is ReadOnly and Hidden, want it left out")
	}
	created := site.user(adaEmail).CreatedAt
	if times := all(s.doc, "time"); len(times) != 1 || attr(times[0], "datetime") != created.Format("2006-01-02T15:04:05Z") ||
		text(times[0]) != created.Format("2006-01-02 15:04 UTC") {
		t.Errorf("the page doesn't show since when the account exists, want it in UTC: %q", s.main())
	}
	s = b.submit(s, "Save", map[string]string{
		"First name": " Ada ", "Last name": "Lovelace", "Company": "Engines", "About me": "one\r\ntwo", "Phone": "+44 20",
	})
	s.checkAt("/account/profile?done=profile_saved").checkNotice("Your profile has been saved.")
	u := site.user(adaEmail)
	if u.FirstName != "Ada" || u.LastName != "Lovelace" || u.Profile["company"] != "Engines" || u.Profile["about_me"] != "one\ntwo" ||
		u.Profile["phone"] != "+44 20" || u.Profile["role"] != "admin" || u.Profile["notes"] != "pays late" || len(u.Profile) != 5 {
		t.Errorf("got the names %q and %q and the profile %q, want what was typed", u.FirstName, u.LastName, u.Profile)
	}
	for label, want := range map[string]string{"First name": "given-name", "Last name": "family-name"} {
		if got := attr(s.input(label), "autocomplete"); got != want {
			t.Errorf("%s has autocomplete=%q, want %q", label, got, want)
		}
	}
	if in := s.input("Company"); !has(in, "required") || in.Data != "input" {
		t.Errorf("the field company isn't a required input, want one")
	}
	if in := s.input("About me"); has(in, "required") || in.Data != "textarea" {
		t.Errorf("the field about_me isn't an optional textarea, want one")
	}
}

func TestProfileErrors(t *testing.T) {
	site, b := adaAndBrowser(t, withFields)
	for label, c := range map[string]struct{ typed, want string }{
		"First name": {"Ada\x01", "This contains control characters."},
		"Last name":  {strings.Repeat("x", 256), "Please use at most 255 characters."},
		"Company":    {" ", "Please fill this in."},
		"About me":   {strings.Repeat("x", 1025), "Please use at most 1024 characters."},
		"Phone":      {"<b>x", "Please use digits, not <letters>."},
		"Locale":     {`"><script>alert(1)</script>`, "This is not valid."},
	} {
		site.change(adaEmail, func(u *signup.User) { u.Profile = map[string]string{"company": "Engines"} })
		before := site.user(adaEmail)
		s := b.submit(b.page("profile"), "Save", map[string]string{"First name": "Augusta", label: c.typed}).checkError(label, c.want)
		if got := valueOf(s.input(label)); got != c.typed && c.typed != "Ada\x01" {
			t.Errorf("the field %s has %q, want what was typed, %q", label, got, c.typed)
		}
		if label != "First name" && valueOf(s.input("First name")) != "Augusta" {
			t.Errorf("after an error of %s, the first name is %q, want what was typed", label, valueOf(s.input("First name")))
		}
		if link := s.link(strings.TrimSpace(label + ": " + c.want)); s.byID(strings.TrimPrefix(link, "#")) == nil {
			t.Errorf("the summary links to %q, want the field", link)
		}
		if !site.user(adaEmail).Equal(before) {
			t.Errorf("a wrong %s has changed the user, want nothing changed", label)
		}
	}
	site.goesOn(b, true)
}

// A form sets only the fields that it has, also if it is shown again with an error.
// A text comes back from a browser as it was stored.
func TestProfileHostileValues(t *testing.T) {
	site, b := adaAndBrowser(t, withFields)
	hostile := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `{{.Site}}`, `{site}{value}`,
		`javascript:alert(1)`, `</textarea><script>alert(1)</script>`, `<!--`, `]]>`, `&lt;b&gt;`,
	}
	for _, value := range hostile {
		site.change(adaEmail, func(u *signup.User) { u.Profile = map[string]string{"role": value} })
		s := b.submit(b.page("profile"), "Save", map[string]string{
			"First name": value, "Last name": value, "Company": value, "About me": value,
		}).checkNotice("Your profile has been saved.")
		s.checkShown(value)
		for _, label := range []string{"First name", "Last name", "Company", "About me"} {
			if got := valueOf(s.input(label)); got != value {
				t.Errorf("the field %s has %q, want %q", label, got, value)
			}
		}
		for _, p := range userPages {
			b.page(p.name) // checks that no script or attribute is in the page
		}
	}
}

func TestProfileInGerman(t *testing.T) {
	site, b := adaAndBrowser(t, withFields)
	b.header.Set("Accept-Language", "de")
	site.change(adaEmail, func(u *signup.User) { u.Profile = map[string]string{"company": "Looms"} })
	s := b.submit(b.page("profile"), "Speichern", map[string]string{"Vorname": "Ada", "Company": ""}).checkError("Company", "Bitte ausfüllen.")
	b.submit(s, "Speichern", map[string]string{"Company": "Engines"}).checkNotice("Ihr Profil wurde gespeichert.")
	if got := site.user(adaEmail).FirstName; got != "Ada" {
		t.Errorf("the first name is %q, want Ada", got)
	}
}

func TestProfileRefusedByBefore(t *testing.T) {
	_, b := adaAndBrowser(t, func(a *signup.Accounts, _ *pages.Options) {
		a.Before = func(_ context.Context, e signup.Event, _ signup.User) error {
			if e.Kind == signup.EventProfileChanged {
				return signup.FieldError{Field: "last_name", Code: "mine", Message: "Not today."}
			}
			return nil
		}
	})
	b.submit(b.page("profile"), "Save", map[string]string{"First name": "Ada"}).checkError("Last name", "Not today.")
}

func TestProfileStoreFails(t *testing.T) {
	site, b := adaAndBrowser(t)
	s := b.page("profile")
	site.store.fail = func() error { return errors.New("disk of ada full") }
	for _, s := range []*screen{b.submit(s, "Save", map[string]string{"First name": "Ada"}), b.page("profile")} {
		if s.status != http.StatusInternalServerError || strings.Contains(s.body, "disk") {
			t.Errorf("got the status %d and %q, want 500 without the error", s.status, s.body)
		}
	}
	site.store.fail = nil
	b.page("profile").checkOK("Profile")
}
