package pages_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// The pages whose calls are limited for each origin say so, and do nothing.
func TestThrottled(t *testing.T) {
	one := func(a *signup.Accounts, _ *pages.Options) { a.Limits.PerOrigin = 1 }
	for _, page := range []string{"sign-up", "log-in", "verify-mail", "forgot", "log-in-mail"} {
		site := newSite(t, one)
		b := site.browser()
		b.postOnly("/account/"+page, allPosts[page])
		writes := site.store.writes.Load()
		s := b.postOnly("/account/"+page, allPosts[page]).checkRetry(http.StatusTooManyRequests)
		if site.store.writes.Load() != writes || s.header.Get("Retry-After") != "60" {
			t.Errorf("%s: wrote %d times, Retry-After is %q; want nothing written and 60", page, site.store.writes.Load()-writes, s.header.Get("Retry-After"))
		}
	}
	for _, m := range mailedPages {
		if m.path != "/account/complete" && m.path != "/account/log-in-link" {
			continue // those aren't limited
		}
		site := newSite(t, one, verification(m.verify))
		m.ask(site)
		link := site.mails.link(m.purpose)
		b := site.browser()
		path, values := b.fill(b.get(link), m.button, m.typed)
		b.postOnly("/account/forgot", allPosts["forgot"])
		b.postOnly(path, values).checkRetry(http.StatusTooManyRequests)
		b.get(link).checkAt(m.path) // it can still be used
	}
	site := newSite(t, one)
	b := site.browser()
	s := b.follow(b.postOnly("/account/log-in-mail", allPosts["log-in-mail"]))
	b.submit(s, "Log in", map[string]string{"Code": "12345678"}).checkRetry(http.StatusTooManyRequests)
}

// An error of the Store, of Send or of Sessions is logged, without an address. The page
// doesn't say what it was.
func TestFailures(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	failure := errors.New("no route to node 7")
	titles := map[string]string{
		"sign-up": "Sign up", "log-in": "Log in", "forgot": "Forgot your password?", "verify-mail": "Verify your address", "log-in-mail": "Log in by email",
	}
	check := func(page string) {
		t.Helper()
		s := b.postOnly("/account/"+page, allPosts[page]).check(http.StatusInternalServerError, titles[page])
		if got, want := s.summary(), "Something went wrong. We are looking into it."; got != want {
			t.Errorf("%s says %q, want %q", page, got, want)
		}
		if got, want := valueOf(s.input("Email address")), allPosts[page].Get("email_address"); got != want {
			t.Errorf("%s shows the address %q, want what was typed: %q", page, got, want)
		}
		if strings.Contains(s.body, "node 7") {
			t.Errorf("%s shows the error, want it only in the log", page)
		}
	}
	for _, page := range []string{"sign-up", "log-in", "forgot", "verify-mail", "log-in-mail"} {
		before := strings.Count(site.log.String(), "node 7")
		site.store.fail = func() error { return failure }
		check(page)
		if n := strings.Count(site.log.String(), "node 7") - before; n != 1 {
			t.Errorf("%s: the error was logged %d times, want once", page, n)
		}
		site.store.fail = func() error { return fmt.Errorf("%w: node 7", signup.ErrBusy) }
		b.postOnly("/account/"+page, allPosts[page]).checkRetry(http.StatusServiceUnavailable)
	}
	site.store.fail = nil
	site.register(adaEmail)
	site.mails.fail = fmt.Errorf("550 no mailbox %s at node 7", adaEmail)
	check("forgot")
	site.mails.fail = nil
	site.sessions.fail = failure
	b.postOnly("/account/sign-up", allPosts["sign-up"]).check(http.StatusInternalServerError, "Something went wrong")
	site.sessions.fail = nil
	site.hide(newPassword)
}

// A form that failed can be sent again, and ends as if it hadn't.
func TestSignUpAfterFailure(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	path, values := b.fill(b.page("sign-up"), "Sign up", map[string]string{"Email address": adaEmail, "Password": goodPassword})
	site.sessions.fail = errors.New("no session")
	b.post(path, values).check(http.StatusInternalServerError, "Something went wrong")
	site.sessions.fail = nil
	b.post(path, values).checkAt("/account/profile")
	b.checkLoggedIn(adaEmail)
}

// If the Store has made the account and its response is lost, the form comes back with its
// key, and is sent again without being refused because of itself.
func TestSignUpAfterLostResponse(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	typed := map[string]string{"Email address": adaEmail, "Password": goodPassword}
	path, values := b.fill(b.page("sign-up"), "Sign up", typed)
	site.store.lose = errors.New("the connection broke")
	s := b.post(path, values).check(http.StatusInternalServerError, "Sign up")
	site.store.lose = nil
	site.user(adaEmail) // it is stored
	b.submit(s, "Sign up", map[string]string{"Password": goodPassword}).checkAt("/account/profile")
	b.checkLoggedIn(adaEmail)
}

// If the account was made or changed and the log-in is refused, the page to log in says
// what was done.
func TestLogInRefusedAfterwards(t *testing.T) {
	refuse := func(a *signup.Accounts, _ *pages.Options) {
		a.Before = func(_ context.Context, e signup.Event, _ signup.User) error {
			if e.Kind == signup.EventLoggedIn {
				return signup.ErrBadCredentials
			}
			return nil
		}
	}
	site := newSite(t, refuse)
	b := site.browser()
	s := b.post("/account/sign-up", url.Values{"email_address": {adaEmail}, "password": {goodPassword}, "next": {"/orders"}})
	s.checkAt("/account/log-in?done=signed_up&next=%2Forders")
	if got, want := s.notice(), "Your account has been created. Please log in."; got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	for _, m := range mailedPages[3:] {
		site := newSite(t, refuse)
		m.ask(site)
		link := site.mails.link(m.purpose)
		b := site.browser()
		s := b.submit(b.get(link), m.button, m.typed)
		if m.purpose == signup.PurposeResetPassword {
			s.checkAt("/account/log-in?done=password_reset")
			continue
		}
		s.check(http.StatusUnprocessableEntity, "Log in")
		if got, want := s.summary(), "The address or the password is wrong."; got != want {
			t.Errorf("the page says %q, want %q", got, want)
		}
		b.get(link).checkAt("/account/log-in-link") // it can still be used
	}
}

// A refusal of the application's own is shown beside its field.
func TestBeforeRefuses(t *testing.T) {
	for _, v := range verifications {
		site := newSite(t, verification(v), func(a *signup.Accounts, _ *pages.Options) {
			a.Before = func(_ context.Context, e signup.Event, _ signup.User) error {
				return signup.FieldError{Field: signup.FieldEmail, Code: "closed", Message: "The sign-up is <closed>."}
			}
		})
		s := site.browser().post("/account/sign-up", url.Values{"email_address": {adaEmail}, "password": {goodPassword}})
		s.check(http.StatusUnprocessableEntity, "Sign up")
		if got, want := s.errorOf("Email address"), "The sign-up is <closed>."; got != want {
			t.Errorf("the address has the error %q, want %q", got, want)
		}
	}
}
