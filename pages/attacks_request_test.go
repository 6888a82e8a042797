package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// A page is UTF-8, as its header says, whatever a client has sent or the Store has.
func TestPagesAreUTF8(t *testing.T) {
	site, b := adaAndBrowser(t, profileFields)
	const invalid = "\xff\xe2\x82"
	site.change(adaEmail, func(u *signup.User) { u.FirstName = invalid })
	shown := []*screen{b.page("profile"), site.browser().page("log-in?next=%2F%ff")}
	for page := range formsWithText {
		values := url.Values{"email_address": {invalid}, "password": {invalid}, "first_name": {invalid}, "code": {invalid}}
		shown = append(shown, site.browser().postOnly("/account/"+page, values))
	}
	for _, s := range shown {
		if !utf8.ValidString(s.body) || !strings.Contains(s.body, "\ufffd") {
			t.Errorf("%s has the body %.100q, want UTF-8 with U+FFFD for what isn't", s.path, s.body)
		}
	}
}

// A GET changes nothing, whatever its query and headers say, and the fields of a form
// aren't read from the query.
func TestMethodIsTheRequests(t *testing.T) {
	site, b := adaAndBrowser(t)
	before := site.user(adaEmail)
	for _, p := range userPages {
		query := url.Values{"_method": {"POST"}}
		for name, value := range p.post {
			query[name] = value
		}
		path := "/account/" + p.name + "?" + query.Encode()
		for _, name := range []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
			b.send(http.MethodGet, path, http.Header{name: {http.MethodPost}}, "").checkOK(p.title)
		}
		if p.post != nil && p.name != "export" {
			b.postOnly(path, nil)
		}
	}
	if after := site.user(adaEmail); !after.Equal(before) || len(site.mails.take()) > 0 {
		t.Errorf("got the user changed or a mail, want neither")
	}
	site.goesOn(b, true)
}

// A page is whole and isn't revalidated, whatever the client has of it.
func TestConditionalRequests(t *testing.T) {
	_, b := adaAndBrowser(t)
	for name, value := range map[string]string{
		"Range": "bytes=0-9", "If-None-Match": "*", "If-Match": `"x"`, "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
	} {
		for _, p := range userPages {
			b.send(http.MethodGet, "/account/"+p.name, http.Header{name: {value}}, "").checkOK(p.title)
		}
	}
}

// A path that only resembles that of a page is none.
func TestOtherPaths(t *testing.T) {
	_, b := adaAndBrowser(t)
	for _, path := range []string{
		"profile/", "/profile", "profile%2f", "%2fprofile", "%2e%2e/profile", "..%2faccount%2fprofile", "profile;x=1", "profile%00",
		"profile%20", "PROFILE", "%5cprofile", "static/style.css", "style.css/", "%ff", "/evil.example", "//evil.example/%2e%2e",
	} {
		b.send(http.MethodGet, "/account/"+path, nil, "").check(http.StatusNotFound, "Page not found")
	}
}
