package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/webclient"
)

// A page is one path beneath Options.Path.
type page struct {
	path string
	need need
	// get and post serve the two methods. A nil one is not allowed. An error that they
	// return is handled by request.fail.
	get, post func(q *request) error
	// is reports whether the site has the page. Nil: it has.
	is func(s *site) bool
	// purposes are those of the tokens that the page uses. The link of a mail leads to it.
	purposes []signup.Purpose
	// again are the pages that are offered if the token can't be used.
	again []string
}

// allPages has the pages that there are, in the order in which a user meets them.
var allPages = concat(
	signUpPages,
	logInPages,
	linkPages,
	checkMailPages,
	completePages,
	verifyPages,
	resetPages,
	logInMailPages,
	profilePages,
	passwordPages,
	emailPages,
	emailLinkPages,
	devicesPages,
	activityPages,
	dataPages,
	confirmPages,
	leavePages,
	logOutPages,
)

func concat(groups ...[]page) (all []page) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// pageOf returns the path of the page that uses tokens for purpose.
func (s *site) pageOf(purpose signup.Purpose) string {
	for path, p := range s.pages {
		if slices.Contains(p.purposes, purpose) {
			return path
		}
	}
	panic("pages: no page for " + string(purpose))
}

// canMail reports whether mails with tokens can be sent.
func canMail(s *site) bool { return s.accounts.Send != nil && len(s.accounts.Secrets) > 0 }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header())
	if r.URL.Path == changePassword {
		http.Redirect(w, r, s.url("password"), http.StatusSeeOther)
		return
	}
	r, name, ok := s.beneath(r)
	if file, is := s.static[name]; ok && is {
		file.serve(w, r)
		return
	}
	h, is := s.handlers[name]
	if !ok || !is {
		s.newRequest(w, r).message(http.StatusNotFound, "page_not_found")
		return
	}
	h.ServeHTTP(w, r)
}

// beneath returns the path of r beneath Options.Path, and r with its whole URL: behind
// http.StripPrefix, only the RequestURI has that.
func (s *site) beneath(r *http.Request) (whole *http.Request, name string, ok bool) {
	if name, ok = strings.CutPrefix(r.URL.Path, s.opts.Path); ok {
		return r, name, true
	}
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return r, "", false
	}
	if name, ok = strings.CutPrefix(u.Path, s.opts.Path); ok {
		r = r.WithContext(r.Context())
		r.URL = u
	}
	return r, name, ok
}

// serve serves a request of p that the Guard has let through.
func (s *site) serve(w http.ResponseWriter, r *http.Request, p page) {
	q := s.newRequest(w, r)
	q.page = p
	serve := p.get
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		serve = p.post
	default:
		serve = nil
	}
	if serve == nil {
		q.notAllowed(p)
		return
	}
	if r.Method == http.MethodPost && !q.parseForm() {
		return
	}
	if q.isOfAnotherUser() {
		_ = q.redirect(p.path + "?" + done("other_user"))
		return
	}
	if err := serve(q); err != nil {
		q.fail(err)
	}
}

// A request is a request of a page, and what is known about it.
type request struct {
	*site
	page     page // zero: none
	w        http.ResponseWriter
	r        *http.Request
	language *language         // of the page
	user     *signup.User      // nil: not logged in
	session  signup.Session    // zero: not logged in
	form     map[string]string // what was posted; passwords included
}

func (s *site) newRequest(w http.ResponseWriter, r *http.Request) *request {
	q := &request{site: s, w: w, language: s.texts.match(r.Header["Accept-Language"])}
	q.r = r.WithContext(signup.WithLanguages(r.Context(), q.language.tags()))
	if u, ok := signup.CurrentUser(r.Context()); ok {
		q.user = &u
		q.session, _ = signup.CurrentSession(r.Context())
	}
	return q
}

// client returns what is known about the client.
func (q *request) client() signup.Client {
	return signup.Client{
		Cookie: q.cookies.Get(q.r, webclient.Device),
		Origin: q.opts.Origin(q.r),
		Label:  webclient.Label(q.r.UserAgent()),
	}
}

// redirect sends the client to a page of the site, by GET.
func (q *request) redirect(page string) error { return q.redirectURL(q.url(page)) }

// redirectOn sends the client to a page of the site with a parameter, and with the page
// that it is sent to after a log-in.
func (q *request) redirectOn(page, parameter, value string) error {
	v := url.Values{}
	if parameter != "" {
		v.Set(parameter, value)
	}
	return q.redirectURL(withNext(q.url(page), q.wanted(), v))
}

// redirectURL sends the client to a path of its own site, by GET.
func (q *request) redirectURL(path string) error {
	http.Redirect(q.w, q.r, path, http.StatusSeeOther)
	return nil
}
