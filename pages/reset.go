package pages

import (
	"errors"

	"github.com/gosignup/signup"
)

var resetPages = []page{{
	path: "reset", get: getReset, post: postReset, is: canMail,
	purposes: []signup.Purpose{signup.PurposeResetPassword},
	again:    []string{"forgot", "log-in"},
}}

func getReset(q *request) error { return q.showReset(nil) }

// showReset sends the page on which the user of a token chooses a new password.
func (q *request) showReset(err error) error {
	p, u, invalid := q.linkPage()
	if invalid != nil {
		return invalid
	}
	p.Fields = q.fields([]input{knownEmailInput, newPasswordInput, rememberInput}, map[string]string{signup.FieldEmail: u.Email})
	return q.showFormPage(p, err)
}

func postReset(q *request) error {
	token, err := q.postedToken()
	if err != nil {
		return err
	}
	password := q.form[signup.FieldPassword]
	u, err := q.accounts.ResetPassword(q.r.Context(), token, password)
	if errors.Is(err, signup.ErrToken) {
		return q.resetBefore(err)
	}
	if err != nil {
		return q.formOr(err, q.showReset)
	}
	q.forgetToken()
	return q.enter(u.Email, password, "password_reset")
}

// resetBefore responds to a form whose token can't be used, which is what err says. If the
// form was sent twice, the first request has set the password. The browser may have dropped
// its response, and so the password logs the user in. The address is that of the form.
func (q *request) resetBefore(err error) error {
	s, logInErr := q.accounts.LogIn(q.r.Context(), q.form[signup.FieldEmail], q.form[signup.FieldPassword], q.client())
	if logInErr != nil {
		return err
	}
	q.forgetToken()
	return q.logIn(s)
}
