package pages_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

func TestProfilePartialForm(t *testing.T) {
	site, b := adaAndBrowser(t, withFields)
	site.change(adaEmail, func(u *signup.User) {
		u.FirstName, u.Profile = "Ada", map[string]string{"company": "Engines", "about_me": "\r\nfirst\r\n\r\nlast\n"}
	})
	before := site.user(adaEmail)
	b.post("/account/profile", url.Values{
		"role": {"admin"}, "notes": {"x"}, "email_address": {"x@example.org"}, "id": {"x"}, "password": {"x"}, "undeclared": {"x"},
	}).checkNotice("Your profile has been saved.")
	if after := site.user(adaEmail); !after.Equal(before) {
		t.Errorf("a form of fields that can't be set has changed the user, want nothing changed: %q", after.Profile)
	}
	s := b.post("/account/profile", url.Values{"last_name": {"Lovelace"}, "phone": {"x"}}).checkError("Phone", "Please use digits, not <letters>.")
	b.submit(s, "Save", map[string]string{"Phone": "1"}).checkNotice("Your profile has been saved.")
	after := site.user(adaEmail)
	if after.FirstName != "Ada" || after.LastName != "Lovelace" || after.Profile["company"] != "Engines" || after.Profile["phone"] != "1" ||
		after.Profile["about_me"] != before.Profile["about_me"] {
		t.Errorf("got the names %q and %q and the profile %q, want the last name and the phone changed", after.FirstName, after.LastName, after.Profile)
	}
}

func TestProfileUnchanged(t *testing.T) {
	for _, about := range []string{"", "one", "\none", "\n\none\n", "\r\none\r\ntwo", "</textarea><script>alert(1)</script>", "&amp;<b>"} {
		site, b := adaAndBrowser(t, withFields)
		site.change(adaEmail, func(u *signup.User) {
			u.Profile = map[string]string{"company": "<Engines & \"Co\">"}
			setOrDelete(u, about)
		})
		before := site.user(adaEmail)
		path, values := b.fill(b.page("profile"), "Save", nil)
		values.Set("about_me", strings.ReplaceAll(values.Get("about_me"), "\n", "\r\n")) // as browsers do
		b.post(path, values).checkNotice("Your profile has been saved.")
		if after := site.user(adaEmail); !after.Equal(before) {
			t.Errorf("got the profile %q, want %q", after.Profile, before.Profile)
		}
	}
}

func setOrDelete(u *signup.User, about string) {
	if about != "" {
		u.Profile["about_me"] = about
	}
}

// The user is changed between the page and its form: what the form doesn't have is kept.
func TestProfileChangedMeanwhile(t *testing.T) {
	site, b := adaAndBrowser(t, withFields)
	s := b.page("profile")
	phone := site.member(adaEmail)
	phone.post("/account/profile", url.Values{"company": {"Engines"}})
	site.change(adaEmail, func(u *signup.User) { u.Profile["role"], u.Profile["undeclared"] = "admin", "x" })
	_, values := b.fill(s, "Save", map[string]string{"First name": "Ada"})
	values.Del("company") // the page is of before that field was declared
	b.post("/account/profile", values).checkNotice("Your profile has been saved.")
	u := site.user(adaEmail)
	if u.FirstName != "Ada" || u.Profile["company"] != "Engines" || u.Profile["role"] != "admin" || u.Profile["undeclared"] != "x" {
		t.Errorf("got the first name %q and the profile %q, want both changes", u.FirstName, u.Profile)
	}
}

// A form with all fields as long as they may be is read, in any script.
func TestLongestForm(t *testing.T) {
	site, b := adaAndBrowser(t, func(a *signup.Accounts, _ *pages.Options) {
		for i := range 12 {
			a.Fields = append(a.Fields, signup.ProfileField{Name: fmt.Sprintf("field_%d", i), Multiline: true})
		}
	})
	values := url.Values{}
	for _, f := range site.accounts.Fields {
		values.Set(f.Name, strings.Repeat("\U0001F34E", 1024))
	}
	b.post("/account/profile", values).checkNotice("Your profile has been saved.")
	values.Set("first_name", strings.Repeat("A", 64<<10))
	if s := b.postOnly("/account/profile", values); s.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too long has status %d, want 413", s.status)
	}
}

// A field that may stay empty is marked, and no other one.
func TestOptionalFields(t *testing.T) {
	b := newSite(t, withFields).browser()
	s := b.page("sign-up")
	for label, want := range map[string]bool{"Email address": false, "Password": false, "Company": false, "First name": true, "About me": true} {
		in := s.field(s.form("Sign up"), label)
		hint := s.byID(attr(in, "name") + "-hint")
		if got := hint != nil && text(hint) == "optional"; got != want || got == has(in, "required") {
			t.Errorf("%s is marked as optional: %t, required: %t; want %t and %t", label, got, has(in, "required"), want, !want)
		}
	}
}
