package pages

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/webclient"
)

const (
	tokenCookie = webclient.Token
	// tokenLife is for how long a browser keeps the token of a link that was opened.
	tokenLife = 15 * time.Minute
	// fieldMark has the mark of the token that a form is for. No declared field can have
	// this name.
	fieldMark = "link-mark"
)

var linkPages = []page{{
	path: linkPage, get: getLink, is: canMail,
	again: []string{"log-in", "forgot", "log-in-mail", "verify-mail", "sign-up"}, // the purpose isn't known
}}

// errNoToken means that the browser has sent no token, or that of another link than the
// page is for: it keeps no cookies, the link was opened too long ago, or another one was
// opened since.
var errNoToken = errors.New("pages: no token of an opened link")

// getLink serves the link of a mail. It changes nothing of the account: it moves the
// token from the URL to a cookie, and redirects to the page whose button uses it. So the
// token is neither in the browser's history nor in what a page links to. The token is
// sealed by itself, and the cookie only repeats what the mail has.
func getLink(q *request) error {
	token := q.r.URL.Query().Get(tokenParameter)
	purpose, _, err := q.accounts.PeekToken(q.r.Context(), token)
	if err != nil {
		return err
	}
	q.cookies.Set(q.w, tokenCookie, token, tokenLife)
	return q.redirect(q.pageOf(purpose))
}

// linkPage returns the page of q with the mark of the token of the link that was opened,
// and the user of the token, whose address is the page's Data. If the token isn't for the
// page, the error is errNoToken, and if it isn't valid, ErrToken.
func (q *request) linkPage() (*Page, signup.User, error) {
	token := q.cookies.Get(q.r, tokenCookie)
	if token == "" {
		return nil, signup.User{}, errNoToken
	}
	purpose, u, err := q.accounts.PeekToken(q.r.Context(), token)
	if err != nil {
		return nil, signup.User{}, err
	}
	if !slices.Contains(q.page.purposes, purpose) {
		return nil, signup.User{}, errNoToken
	}
	p := q.newPage(q.page.path)
	p.Mark, p.Data = markOf(token), u.Email
	return p, u, nil
}

// postedToken returns the token that the posted form is for. If another link was opened
// after the form was shown, which another site can do as well, the error is errNoToken:
// the user has seen the account of the first one.
func (q *request) postedToken() (string, error) {
	token := q.cookies.Get(q.r, tokenCookie)
	if token == "" || subtle.ConstantTimeCompare([]byte(q.form[fieldMark]), []byte(markOf(token))) != 1 {
		return "", errNoToken
	}
	return token, nil
}

// markOf returns a text that stands for the token in a form, and can't be used as one.
func markOf(token string) string {
	sum := sha256.Sum256([]byte("github.com/gosignup/signup/pages: mark of " + token))
	return hex.EncodeToString(sum[:16])
}

// forgetToken removes the cookie of a token that was used.
func (q *request) forgetToken() { q.cookies.Set(q.w, tokenCookie, "", 0) }

// linkInvalid responds to a token that can't be used, and offers what to do. A link that
// was just opened leaves the token of another one alone.
func (q *request) linkInvalid() {
	if q.page.path != linkPage {
		q.forgetToken()
	}
	q.message(http.StatusBadRequest, "page_link_invalid", q.page.again...)
}
