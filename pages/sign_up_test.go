package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// verification returns a function for newSite that sets EmailVerification.
func verification(v signup.EmailVerification) func(*signup.Accounts, *pages.Options) {
	return func(a *signup.Accounts, _ *pages.Options) { a.EmailVerification = v }
}

// profileFields declares fields of each kind.
func profileFields(a *signup.Accounts, _ *pages.Options) {
	a.Fields = []signup.ProfileField{
		{Name: "company", Required: true}, {Name: "about_me", Multiline: true}, {Name: "role", ReadOnly: true},
	}
}

// checkLoggedIn reports if the browser isn't logged in as the user of email, with one
// session.
func (b *browser) checkLoggedIn(email string) signup.Session {
	b.site.t.Helper()
	all := b.site.sessions.all()
	if len(all) != 1 || all[0].ID != b.site.user(email).ID {
		b.site.t.Fatalf("there are the sessions %v, want one of the user", all)
	}
	if s := b.send(http.MethodGet, "/account/log-in", nil, ""); s.status != http.StatusSeeOther {
		b.site.t.Errorf("the browser isn't logged in, want it to be: the page to log in has status %d", s.status)
	}
	return all[0]
}

func TestSignUpNever(t *testing.T) {
	site := newSite(t, profileFields)
	b := site.browser()
	s := b.page("sign-up?next=%2Forders%3Fopen%3D1").checkOK("Sign up")
	s = b.submit(s, "Sign up", map[string]string{
		"Email address": "Ada@example.org", "Password": goodPassword, "First name": "Ada", "Last name": "Löve",
		"Company": "Engines", "About me": "one\r\ntwo", "Stay logged in on this device": "yes",
	})
	s.checkAt("/orders?open=1")
	if kept := b.checkLoggedIn(adaEmail); !kept.Remember {
		t.Error("the session has Remember unset, want it set")
	}
	u := site.user(adaEmail)
	if u.FirstName != "Ada" || u.LastName != "Löve" || u.Profile["company"] != "Engines" || u.Profile["about_me"] != "one\ntwo" {
		t.Errorf("stored the names %q and %q and the profile %q, want what was typed", u.FirstName, u.LastName, u.Profile)
	}
	b.page("sign-up?next=%2Forders").checkAt("/orders") // logged in already
}

func TestSignUpBeforeLogIn(t *testing.T) {
	site := newSite(t, verification(signup.VerifyBeforeLogIn))
	b := site.browser()
	s := b.page("sign-up")
	s = b.submit(s, "Sign up", map[string]string{"Email address": adaEmail, "Password": goodPassword})
	s.checkOK("Check your email").checkAt("/account/check-mail?for=verify-mail")
	link := site.mails.link(signup.PurposeVerifyEmail)

	// Before the address is verified, the log-in leads to the page to ask for a mail.
	s = b.submit(b.page("log-in"), "Log in", map[string]string{"Email address": adaEmail, "Password": goodPassword})
	s.checkOK("Verify your address").checkAt("/account/verify-mail?done=unverified")
	if s.notice() == "" {
		t.Error("the page doesn't say why the log-in led to it, want a notice")
	}
	s = b.submit(s, "Send email", map[string]string{"Email address": adaEmail})
	s.checkOK("Check your email")
	b.click(s, "Ask for another one").checkAt("/account/verify-mail")
	site.mails.one(signup.PurposeVerifyEmail)

	s = b.get(link).checkOK("Verify your address").checkAt("/account/verify")
	if !strings.Contains(s.main(), adaEmail) {
		t.Errorf("the page says %q, want the address in it", s.main())
	}
	s = b.submit(s, "Verify address", nil)
	s.checkAt("/account/log-in?done=verified")
	if b.cookie("signup-token") != "" {
		t.Error("the browser has the token after its use, want it removed")
	}
	b.submit(s, "Log in", map[string]string{"Email address": adaEmail, "Password": goodPassword})
	b.checkLoggedIn(adaEmail)
}

func TestSignUpBeforeRegistration(t *testing.T) {
	for _, discreet := range []bool{false, true} {
		site := newSite(t, verification(signup.VerifyBeforeRegistration), profileFields, func(a *signup.Accounts, _ *pages.Options) {
			a.Discreet = discreet
		})
		b := site.browser()
		s := b.page("sign-up")
		if n := len(all(s.form("Continue"), "input")); n != 2 { // with the key
			t.Errorf("the form has %d inputs, want only the address", n)
		}
		s = b.submit(s, "Continue", map[string]string{"Email address": adaEmail})
		s.checkOK("Check your email").checkAt("/account/check-mail?for=sign-up")
		completeByLink(t, site, b, site.mails.link(signup.PurposeRegister))
	}
}

func TestInvitation(t *testing.T) {
	site := newSite(t, profileFields)
	if err := site.accounts.Invite(t.Context(), adaEmail, 0); err != nil {
		t.Fatalf("Invite returned %v, want nil", err)
	}
	completeByLink(t, site, site.browser(), site.mails.link(signup.PurposeInvite))
}

// completeByLink registers by the link of a mail.
func completeByLink(t *testing.T, site *testSite, b *browser, link string) {
	t.Helper()
	s := b.get(link).checkOK("Create your account").checkAt("/account/complete")
	in := s.input("Email address")
	if valueOf(in) != adaEmail || !has(in, "readonly") || attr(in, "autocomplete") != "username" {
		t.Errorf("the address is %q, read-only: %t, autocomplete=%q; want that of the mail, read-only, for password managers",
			valueOf(in), has(in, "readonly"), attr(in, "autocomplete"))
	}
	path, values := b.fill(s, "Sign up", map[string]string{"Password": "correct horse", "First name": "Ada"})
	values.Set("email_address", "eve@example.org") // isn't used
	s = b.post(path, values)
	s.check(http.StatusUnprocessableEntity, "Create your account")
	if got, want := s.errorOf("Password"), "Please use at least 15 characters."; got != want {
		t.Errorf("the password has the error %q, want %q", got, want)
	}
	if got := s.errorOf("Company"); got != "Please fill this in." || valueOf(s.input("First name")) != "Ada" || valueOf(s.input("Email address")) != adaEmail {
		t.Errorf("got the error %q of the company, want it required, and what was typed kept", got)
	}
	path, values = b.fill(s, "Sign up", map[string]string{"Password": goodPassword, "Company": "Engines"})
	b.post(path, values).checkAt("/account/profile")
	b.checkLoggedIn(adaEmail)
	if b.cookie("signup-token") != "" {
		t.Error("the browser has the token after its use, want it removed")
	}
	if u := site.user(adaEmail); u.FirstName != "Ada" || u.EmailVerifiedAt.IsZero() || u.Profile["company"] != "Engines" {
		t.Errorf("stored %v, verified: %t; want what was typed, with a verified address", u, !u.EmailVerifiedAt.IsZero())
	}
	b.get(link).check(http.StatusBadRequest, "This link can no longer be used")
}

func TestSignUpExists(t *testing.T) {
	site := newSite(t)
	site.register(adaEmail)
	b := site.browser()
	s := b.submit(b.page("sign-up?next=/orders"), "Sign up", map[string]string{
		"Email address": adaEmail, "Password": newPassword, "First name": "Eve",
	})
	s.check(http.StatusUnprocessableEntity, "Sign up")
	if got, want := s.errorOf("Email address"), "There is already an account with this address. Log in Choose a new password"; got != want {
		t.Errorf("the address has the error %q, want %q", got, want)
	}
	if got := valueOf(s.input("First name")); got != "Eve" {
		t.Errorf("the name is %q, want what was typed", got)
	}
	b.click(s, "Choose a new password").checkAt("/account/forgot?next=%2Forders")
}
