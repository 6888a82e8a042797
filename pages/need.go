package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/webclient"
)

// need is which clients may see a page.
type need int

const (
	anybody  need = iota
	loggedIn      // users
	fresh         // users with a recent proof of their identity
	anyway        // anybody, also if the Store fails: then the user isn't known
)

// handler returns the handler of p, behind the Guard that it needs. A form that is posted
// without the log-in that it needs can't be posted again. So the user comes back to its
// page, and a notice says that nothing was changed.
func (s *site) handler(p page) http.Handler {
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, p) })
	guarded := s.need(p.need, *s.guard, serve)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			guarded.ServeHTTP(w, r)
			return
		}
		guard := *s.guard
		guard.LogInURL += comeBack(r)
		guard.ReauthenticateURL += comeBack(r)
		s.need(p.need, guard, serve).ServeHTTP(w, r)
	})
}

// need returns next behind guard, as n asks for.
func (s *site) need(n need, guard signup.Guard, next http.Handler) http.Handler {
	switch n {
	case loggedIn:
		return guard.Require(next)
	case fresh:
		return guard.RequireFresh(next)
	case anyway:
		guard.ErrorHandler = func(w http.ResponseWriter, r *http.Request, _ error) { next.ServeHTTP(w, r) }
		return guard.Load(next)
	default:
		return guard.Load(next)
	}
}

// comeBack returns the query with which the pages log-in and confirm send the user back to
// the page of r.
func comeBack(r *http.Request) string {
	query := url.Values{}
	if r.Method == http.MethodPost {
		query.Set(parameterDone, "nothing")
	}
	return withNext("", webclient.LocalURL(r.URL.RequestURI()), query)
}

// userPage returns the page name for the user, with the notice of what was done before.
func (q *request) userPage(name string) *Page {
	p := q.newPage(name)
	p.Notice = q.notice()
	return p
}

// fieldUserMark has the mark of the user that a form was shown to. No declared field can
// have this name.
const fieldUserMark = "user-mark"

// userMark returns a text that stands for the user with the ID in a form.
func userMark(id string) string {
	sum := sha256.Sum256([]byte("github.com/gosignup/signup/pages: mark of the user " + id))
	return hex.EncodeToString(sum[:16])
}

// isOfAnotherUser reports whether the posted form was shown to another user than the one
// that is logged in: in another tab, for example, before a log-out and a log-in. It would
// delete or change the wrong account. A form without the mark, of an application's own
// template, is accepted.
func (q *request) isOfAnotherUser() bool {
	mark := q.form[fieldUserMark]
	return mark != "" && q.user != nil && mark != userMark(q.user.ID)
}
