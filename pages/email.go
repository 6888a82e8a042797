package pages

import (
	"errors"

	"github.com/gosignup/signup"
)

var emailPages = []page{
	{path: "email", need: fresh, is: canMail, get: getEmail, post: postEmail},
}

var newEmailInputs = []input{{name: signup.FieldEmail, kind: "email", autocomplete: "email", autofocus: true}}

func getEmail(q *request) error { return q.showEmail(nil) }

func (q *request) showEmail(err error) error {
	p := q.userPage("email")
	p.Fields = q.fields(newEmailInputs, nil)
	p.Fields[0].Label = q.text("field_new_email_address")
	return q.showFormPage(p, err)
}

func postEmail(q *request) error {
	if err := required(q, signup.FieldEmail); err != nil {
		return q.showEmail(err)
	}
	err := q.accounts.SendEmailChange(q.r.Context(), q.session, q.form[signup.FieldEmail])
	if errors.Is(err, signup.ErrExists) {
		err = fieldError(signup.FieldEmail, signup.CodeExists)
	}
	if err != nil {
		return q.showEmail(err)
	}
	return q.redirect("email?" + done("email_sent"))
}
