package pages

import (
	"net/http"

	"github.com/gosignup/signup"
)

var verifyPages = []page{{
	path: "verify", get: getVerify, post: postVerify, is: canMail,
	purposes: []signup.Purpose{signup.PurposeVerifyEmail},
	again:    []string{"verify-mail", "log-in"},
}}

func getVerify(q *request) error {
	p, _, err := q.linkPage()
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, p)
}

// postVerify may be repeated: the call returns the user again.
func postVerify(q *request) error {
	token, err := q.postedToken()
	if err != nil {
		return err
	}
	u, err := q.accounts.VerifyEmail(q.r.Context(), token)
	if err != nil {
		return err
	}
	q.forgetToken()
	switch {
	case q.user == nil:
		return q.redirectOn("log-in", parameterDone, "verified")
	case q.user.ID != u.ID:
		return q.redirectOn("profile", parameterDone, "other_verified")
	}
	return q.redirectOn("profile", parameterDone, "verified")
}
