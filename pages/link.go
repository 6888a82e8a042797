package pages

import (
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/webclient"
)

const (
	tokenCookie = webclient.Token
	// tokenLife is for how long a browser keeps the token of a link that was opened.
	tokenLife = 15 * time.Minute
)

var linkPages = []page{{path: linkPage, get: getLink, is: canMail}}

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

// token returns the token of the link that was opened, and its user, if it is for one
// of purposes. Otherwise the error is ErrToken.
func (q *request) token(purposes ...signup.Purpose) (string, signup.User, error) {
	token := q.cookies.Get(q.r, tokenCookie)
	purpose, u, err := q.accounts.PeekToken(q.r.Context(), token)
	if err != nil {
		return "", signup.User{}, err
	}
	for _, p := range purposes {
		if p == purpose {
			return token, u, nil
		}
	}
	return "", signup.User{}, signup.ErrToken
}

// forgetToken removes the cookie of a token that was used.
func (q *request) forgetToken() { q.cookies.Set(q.w, tokenCookie, "", 0) }
