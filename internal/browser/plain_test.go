package browser

import (
	"strings"
	"testing"
)

// On a host without TLS, such as a computer that shows a phone the site that is being
// made, browsers send no Sec-Fetch-Site, and older ones send it nowhere. So forms are
// known by their Origin there.
func TestPlainHost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.base = strings.Replace(s.base, "localhost", plainHost, 1)
	email := s.addUser(t)
	p := newTab(t, s, options{attack: true}) // it complains about headers that only count with TLS
	p.logIn(email)
	p.at("/account/profile")
	for _, r := range s.requests() {
		if r.fetchSite != "" {
			t.Errorf("%s %s has Sec-Fetch-Site %q, want a host for which browsers send none", r.method, r.url, r.fetchSite)
		}
	}
}
