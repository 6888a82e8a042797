package pages

import (
	"errors"

	"github.com/gosignup/signup"
)

var passwordPages = []page{
	{path: "password", need: loggedIn, get: getPassword, post: postPassword},
}

const fieldOldPassword = "old_password"

var passwordInputs = []input{
	{name: fieldOldPassword, kind: "password", autocomplete: "current-password", autofocus: true},
	newPasswordInput,
}

func getPassword(q *request) error { return q.showPassword(nil) }

// showPassword sends the page to change the password. For a user without one, it has no
// fields, and its button sends the mail to choose one.
func (q *request) showPassword(err error) error {
	p := q.userPage("password")
	if q.hasPassword() {
		p.Fields = q.fields(passwordInputs, nil)
		p.Fields[1].Label = q.text("field_new_password")
	}
	return q.showFormPage(p, err)
}

func postPassword(q *request) error {
	if !q.hasPassword() {
		return q.sendOwnReset()
	}
	if err := required(q, fieldOldPassword, signup.FieldPassword); err != nil {
		return q.showPassword(err)
	}
	s, err := q.accounts.ChangeOwnPassword(q.r.Context(), q.session, q.form[fieldOldPassword], q.form[signup.FieldPassword])
	if err != nil {
		return q.showPassword(wrongPassword(fieldOldPassword, err))
	}
	if err := q.sessions.Set(q.w, q.r, s); err != nil {
		return err
	}
	return q.redirect("password?" + done("password_changed"))
}

// sendOwnReset sends the user a mail to choose a password.
func (q *request) sendOwnReset() error {
	if !canMail(q.site) {
		return q.showPassword(nil)
	}
	if err := q.accounts.SendPasswordReset(q.r.Context(), q.user.Email, q.client()); err != nil {
		return err
	}
	return q.redirect("password?" + done("reset_sent"))
}

// hasPassword reports whether the user has a password.
func (q *request) hasPassword() bool { return q.user.PasswordHash != "" }

// wrongPassword returns err as an error of field, if it means that the user's password
// was given wrong.
func wrongPassword(field string, err error) error {
	if !errors.Is(err, signup.ErrBadCredentials) {
		return err
	}
	return fieldError(field, "wrong_password")
}

// fieldError returns the error that field has what code says.
func fieldError(field, code string) error {
	return &signup.ValidationError{Fields: []signup.FieldError{{Field: field, Code: code}}}
}
