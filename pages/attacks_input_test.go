package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// hostileTexts are values that could end an attribute, an element or a line, or change
// the order of text.
var hostileTexts = map[string]string{
	"a script":           `"><script>alert(1)</script>`,
	"a textarea's end":   `</textarea><script>alert(1)</script>`,
	"quotes":             `' " ' onfocus=alert(1) autofocus x="`,
	"a template":         `{{.Site}} ${7*7}`,
	"a comment":          `<!-- --><![CDATA[ ]]>`,
	"bidirectional":      "\u202egpj.exe\u2066 x \u2069",
	"an entity":          "&lt;b&gt; &amp;amp; &#x3c;",
	"a first line break": "\nsecond",
	"20 kB":              strings.Repeat("<b>", 7_000),
}

// formsWithText are the forms that show what was typed again, and their buttons.
var formsWithText = map[string]string{
	"sign-up": "Sign up", "log-in": "Log in", "verify-mail": "Send email", "forgot": "Send email", "log-in-mail": "Send email", "log-in-code": "Log in",
}

func TestHostileInput(t *testing.T) {
	site := newSite(t, profileFields)
	b := site.browser()
	for page, button := range formsWithText {
		for name, hostile := range hostileTexts {
			form := b.page(page).form(button)
			for _, in := range all(form, "input", "textarea") {
				value := hostile
				if in.Data == "input" { // browsers remove line breaks
					value = strings.ReplaceAll(hostile, "\n", "")
				}
				_, values := b.fill(b.page(page), button, nil)
				values.Set(attr(in, "name"), value)
				s := b.postOnly("/account/"+page, values) // checked as each response is
				if s.status != http.StatusUnprocessableEntity {
					t.Errorf("%s with %s in %s has status %d, want 422", page, name, attr(in, "name"), s.status)
				}
				shown := s.byID(attr(in, "id"))
				switch attr(in, "type") {
				case "password", "checkbox", "hidden":
				default:
					if got := valueOf(shown); got != value {
						t.Errorf("%s shows %s in %s as %.100q, want %.100q", page, name, attr(in, "name"), got, value)
					}
				}
				for _, script := range all(s.doc, "b") {
					t.Fatalf("%s with %s in %s has the element %v, want its text escaped", page, name, attr(in, "name"), script)
				}
			}
		}
	}
}

// A form that is too long isn't read.
func TestHugeForm(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	for page := range formsWithText {
		calls := site.store.calls.Load()
		s := b.postOnly("/account/"+page, url.Values{"email_address": {strings.Repeat("<script>", 12_500)}})
		s.check(http.StatusRequestEntityTooLarge, "The form could not be read")
		if len(s.body) > 10_000 || site.store.calls.Load() != calls {
			t.Errorf("%s responds with %d bytes after %d calls of the Store, want a short page and none", page, len(s.body), site.store.calls.Load()-calls)
		}
	}
}

// An address in the token of an invitation is shown as text, too.
func TestHostileAddressOfToken(t *testing.T) {
	const email = "a&b'c{d}@example.org"
	site := newSite(t)
	if err := site.accounts.Invite(t.Context(), email, 0); err != nil {
		t.Fatalf("Invite returned %v, want nil", err)
	}
	if got := valueOf(site.browser().get(site.mails.link(signup.PurposeInvite)).input("Email address")); got != email {
		t.Errorf("the page shows the address %q, want %q", got, email)
	}
}

func TestReservedFieldNames(t *testing.T) {
	for _, name := range []string{"next", "remember"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New accepts the field %q of Accounts.Fields, want a panic", name)
				}
			}()
			newSite(t, func(a *signup.Accounts, _ *pages.Options) { a.Fields = []signup.ProfileField{{Name: name}} })
		}()
	}
	newSite(t, func(a *signup.Accounts, _ *pages.Options) { // the IDs of a page have hyphens
		a.Fields = []signup.ProfileField{{Name: "main"}, {Name: "password_hint"}, {Name: "link"}, {Name: "code"}}
	}).browser().page("sign-up").checkOK("Sign up")
}
