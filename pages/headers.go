package pages

import "net/http"

// The Content-Security-Policy permits what the pages need: their own style sheet, script,
// images and fonts, and forms to their own site.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// setSecurityHeaders sets the headers that each response of the pages has.
func setSecurityHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
	// A page with forms has strict-origin in its layout.html, which counts from there on:
	// by no-referrer, a form is posted with "Origin: null" (Fetch, section 3.2). A browser
	// that sends no Sec-Fetch-Site, as each does for a host without TLS, would be refused.
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// denyCrossOrigin responds to a POST request that comes from another site.
func (s *site) denyCrossOrigin(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header())
	s.newRequest(w, r).message(http.StatusForbidden, "page_cross_origin")
}
