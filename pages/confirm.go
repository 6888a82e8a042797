package pages

import "github.com/gosignup/signup"

// The page confirm asks for the password again, before a sensitive change. It asks for a
// log-in, but not for a recent one.
var confirmPages = []page{
	{path: "confirm", need: loggedIn, get: func(q *request) error { return q.showConfirm(nil) }, post: postConfirm},
}

var confirmInputs = []input{{name: signup.FieldPassword, kind: "password", autocomplete: "current-password", autofocus: true}}

// showConfirm sends the page. For a user without a password, it has no fields: such a
// user logs in by mail.
func (q *request) showConfirm(err error) error {
	p := q.userPage("confirm")
	if q.hasPassword() {
		p.Fields = q.fields(confirmInputs, nil)
	}
	return q.showFormPage(p, err)
}

func postConfirm(q *request) error {
	if err := required(q, signup.FieldPassword); err != nil {
		return q.showConfirm(err)
	}
	s, err := q.accounts.Reauthenticate(q.r.Context(), q.session, q.form[signup.FieldPassword])
	if err != nil {
		return q.showConfirm(wrongPassword(signup.FieldPassword, err))
	}
	if err := q.sessions.Set(q.w, q.r, s); err != nil {
		return err
	}
	return q.redirectURL(q.next())
}
