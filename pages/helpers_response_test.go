package pages_test

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// checkResponse reports what is wrong with a response that would be wrong with any: a
// secret, a missing header, a page that isn't sound.
func (site *testSite) checkResponse(s *screen, method string) {
	site.t.Helper()
	site.checkSecrets("the body of "+s.plainPath(), s.body)
	site.checkSecrets("the Location of "+s.plainPath(), s.header.Get("Location"))
	for name, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
	} {
		if got := s.header.Get(name); got != want {
			site.t.Errorf("%s has %s: %q, want %q", s.plainPath(), name, got, want)
		}
	}
	csp := s.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
		site.t.Errorf("%s has the Content-Security-Policy %q, want default-src and frame-ancestors 'none'", s.plainPath(), csp)
	}
	if location := s.header.Get("Location"); location != "" {
		if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") {
			site.t.Errorf("%s redirects to %q, want a path", s.plainPath(), location)
		}
		return
	}
	if method == http.MethodHead || !strings.HasPrefix(s.header.Get("Content-Type"), "text/html") {
		return
	}
	if got := s.header.Get("Cache-Control"); got != "no-store" {
		site.t.Errorf("%s has Cache-Control: %q, want no-store", s.plainPath(), got)
	}
	s.checkSound()
}

// plainPath is the path without the query, which may have a token.
func (s *screen) plainPath() string {
	path, _, _ := strings.Cut(s.path, "?")
	return path
}

// checkSound reports what is wrong with the page: it has one heading, a language, unique
// IDs, a label for each field, no script and style but the site's, and no value in a
// password field.
func (s *screen) checkSound() {
	s.t.Helper()
	if n := len(all(s.doc, "h1")); n != 1 || s.title() == "" {
		s.t.Errorf("%s has %d h1, the first of which is %q; want one with a text", s.plainPath(), n, s.title())
	}
	for _, h := range all(s.doc, "html") {
		if attr(h, "lang") == "" {
			s.t.Errorf("%s has no lang, want one", s.plainPath())
		}
	}
	for _, script := range all(s.doc, "script") {
		if attr(script, "src") != "/account/script.js" || script.FirstChild != nil {
			s.t.Errorf("%s has the script %q, want only that of the site", s.plainPath(), attr(script, "src"))
		}
	}
	ids := make(map[string]int)
	for d := range s.doc.Descendants() {
		for _, a := range d.Attr {
			if a.Key == "id" {
				ids[a.Val]++
			}
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				s.t.Errorf("%s has the attribute %s, want no script or style in the page", s.plainPath(), a.Key)
			}
			if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") {
				s.t.Errorf("%s has the URL %q, want a path", s.plainPath(), a.Val)
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			s.t.Errorf("%s has the ID %q %d times, want it once", s.plainPath(), id, n)
		}
	}
	s.checkLabels()
}

// checkLabels reports fields without a label, and references to elements that don't exist.
func (s *screen) checkLabels() {
	s.t.Helper()
	labels := make(map[string]bool)
	for _, l := range all(s.doc, "label") {
		if text(l) == "" {
			s.t.Errorf("%s has a label without a text, want one", s.plainPath())
		}
		labels[attr(l, "for")] = true
		for _, in := range all(l, "input") {
			labels[attr(in, "id")] = true
		}
	}
	for _, f := range all(s.doc, "form") {
		typed := slices.ContainsFunc(all(f, "input", "textarea"), func(in *html.Node) bool {
			return attr(in, "type") != "hidden" && attr(in, "type") != "checkbox"
		})
		if typed && !has(f, "novalidate") { // browsers refuse addresses that Accounts accepts
			s.t.Errorf("%s has the form %q without novalidate, want it", s.plainPath(), attr(f, "action"))
		}
	}
	for _, in := range all(s.doc, "input", "textarea", "select") {
		if attr(in, "type") == "password" && attr(in, "value") != "" {
			s.t.Errorf("%s has a password in a field, want none", s.plainPath())
		}
		if attr(in, "type") != "hidden" && !labels[attr(in, "id")] {
			s.t.Errorf("%s has the field %q without a label, want one", s.plainPath(), attr(in, "name"))
		}
		for _, id := range strings.Fields(attr(in, "aria-describedby")) {
			if s.byID(id) == nil {
				s.t.Errorf("%s: got no element with the ID %q, want it, as a field refers to it", s.plainPath(), id)
			}
		}
	}
}
