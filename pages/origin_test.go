package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// A form is posted with its Origin also by browsers that send no Sec-Fetch-Site. By the
// policy no-referrer, it would be null.
func TestFormsHaveAnOrigin(t *testing.T) {
	b := newSite(t).browser()
	for _, page := range []string{"log-in", "sign-up", "forgot"} {
		policy := ""
		for _, m := range all(b.page(page).doc, "meta") {
			if attr(m, "name") == "referrer" {
				policy = attr(m, "content")
			}
		}
		if policy != "strict-origin" {
			t.Errorf("%s has the referrer policy %q in the page, want strict-origin", page, policy)
		}
	}
}

// A form of the site is known by its Origin, whatever the spelling of BaseURL, also behind
// a proxy that changes the Host.
func TestOriginOfBaseURL(t *testing.T) {
	for base, want := range map[string]int{
		baseURL: 422, baseURL + "/": 422, "https://Orchard.Example:443": 422, "HTTPS://ORCHARD.EXAMPLE/": 422,
		"https://orchard.example:8443": 403, "https://other.example": 403,
	} {
		b := newSite(t, func(_ *signup.Accounts, o *pages.Options) { o.BaseURL = base }).browser()
		s := b.send(http.MethodPost, "/account/log-in", http.Header{"Origin": {baseURL}, "Host": {"internal.example"}}, "")
		if s.status != want {
			t.Errorf("with the BaseURL %s, a form from %s has status %d, want %d", base, baseURL, s.status, want)
		}
	}
}

// An Origin of more than 1024 bytes is that of another site, and isn't parsed.
func TestLongOrigin(t *testing.T) {
	b := newSite(t).browser()
	for n, want := range map[int]int{1024: 422, 1025: 403, 1 << 20: 403} {
		host := strings.Repeat("a", n-len("https://"))
		s := b.send(http.MethodPost, "/account/log-in", http.Header{"Origin": {"https://" + host}, "Host": {host}}, "")
		if s.status != want {
			t.Errorf("a form of the site with an Origin of %d bytes has status %d, want %d", n, s.status, want)
		}
	}
	b.send(http.MethodGet, "/account/log-in", http.Header{"Origin": {"https://" + strings.Repeat("a", 1<<20)}}, "").checkOK("Log in")
}
