package signup

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gosignup/signup/internal/mediatype"
	"github.com/gosignup/signup/internal/webclient"
)

// refuse responds to a request that isn't let through.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	isFailure := !errors.Is(err, ErrEnded) && !errors.Is(err, ErrStale)
	if isFailure && g.ErrorHandler != nil {
		g.ErrorHandler(w, r, err)
		return
	}
	res, level, outcome := newErrorResponse(r.Context(), err, g.Accounts.maxWait)
	page := ""
	switch {
	case errors.Is(err, ErrEnded):
		res, page = notLoggedIn, g.LogInURL
	case errors.Is(err, ErrStale):
		res, page = notFresh, g.ReauthenticateURL
	default:
		if errors.Is(err, ErrBusy) {
			g.overload.Note(r.Context(), g.logger(), "request", err)
		}
		g.log(r.Context(), level, outcome, err)
	}
	if page != "" && mediatype.AcceptsHTML(r.Header["Accept"]) {
		http.Redirect(w, r, withNext(page, r), http.StatusSeeOther)
		return
	}
	res.write(w, r, wording{g.Translate, g.Logger, true})
}

// notLoggedIn and notFresh are the responses to requests that need a log-in.
var (
	notLoggedIn = response{status: http.StatusUnauthorized, message: Message{Code: CodeNotLoggedIn}, challenge: challengeLogIn}
	notFresh    = response{status: http.StatusUnauthorized, message: Message{Code: CodeNotFresh}, challenge: challengeFresh}
)

// The challenges that RFC 9110, section 15.5.2, demands with 401, in the form of section
// 11.6.1. No scheme is registered for cookies. A browser ignores a scheme that it doesn't
// know, and asks for no password itself. RFC 9470 defines its error for the scheme Bearer.
var (
	challengeLogIn = `Session realm="account"`
	challengeFresh = `Bearer error="insufficient_user_authentication", ` +
		`error_description="a more recent log-in is required", max_age=` + strconv.Itoa(int(maxFresh.Seconds()))
)

// withNext returns page with the URL of r as the parameter "next", if r can be repeated.
func withNext(page string, r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return page
	}
	next := r.RequestURI // unlike r.URL, also right behind http.StripPrefix
	if !strings.HasPrefix(next, "/") {
		next = r.URL.RequestURI()
	}
	next = webclient.LocalURL(next)
	u, err := url.Parse(page)
	if err != nil || next == "" {
		return page
	}
	q := u.Query()
	q.Set("next", next)
	u.RawQuery = q.Encode()
	return u.String()
}
