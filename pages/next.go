package pages

import (
	"cmp"
	"encoding/base64"
	"time"

	"github.com/gosignup/signup/internal/webclient"
)

const (
	// fieldNext is the parameter and the hidden field with the path that the user is sent
	// to after a log-in.
	fieldNext = "next"
	// nextCookie has that path from the time a mail is asked for to the time its link is
	// opened in the same browser.
	nextCookie = "signup-next"
)

// next returns the path that the user is sent to after a log-in.
func (q *request) next() string { return cmp.Or(q.wanted(), q.opts.Home) }

// wanted returns the path that the URL or the form says the user is to be sent to after a
// log-in, or "". It counts only if it is a path of the site.
func (q *request) wanted() string {
	if q.form != nil {
		return webclient.LocalURL(q.form[fieldNext])
	}
	next := q.r.URL.Query().Get(fieldNext)
	if next == "" && len(q.page.purposes) > 0 { // reached by the link of a mail
		if decoded, err := base64.RawURLEncoding.DecodeString(q.cookies.Get(q.r, nextCookie)); err == nil {
			next = string(decoded)
		}
	}
	return webclient.LocalURL(next)
}

// mailed sends the client to the page that says that a mail was sent, and keeps the path
// that the user is sent to in the end.
func (q *request) mailed(page, parameter, value string) error {
	if next := q.wanted(); next != "" {
		// Browsers keep no cookie of more than 4096 bytes, and escapes would take up to 6144.
		q.cookies.Set(q.w, nextCookie, base64.RawURLEncoding.EncodeToString([]byte(next)), q.tokenLife())
	}
	return q.redirectOn(page, parameter, value)
}

// forgetNext removes the cookie of a path that the user is sent to now.
func (q *request) forgetNext() {
	if q.cookies.Get(q.r, nextCookie) != "" {
		q.cookies.Set(q.w, nextCookie, "", 0)
	}
}

// tokenLife is for how long the token of a mail is valid.
func (s *site) tokenLife() time.Duration { return cmp.Or(s.accounts.TokenLife, time.Hour) }
