package pages

import "github.com/gosignup/signup"

var completePages = []page{{
	path: "complete", get: getComplete, post: postComplete, is: canMail,
	purposes: []signup.Purpose{signup.PurposeRegister, signup.PurposeInvite},
	again:    []string{"sign-up", "log-in"},
}}

// knownEmailInput shows the address of a token. It is a field of the form so that a
// password manager keeps the new password under it.
var knownEmailInput = input{name: signup.FieldEmail, kind: "email", autocomplete: "username", readonly: true}

func getComplete(q *request) error { return q.showComplete(nil) }

// showComplete sends the page on which the user of a token chooses a password, and so
// becomes registered.
func (q *request) showComplete(err error) error {
	p, u, invalid := q.linkPage()
	if invalid != nil {
		return invalid
	}
	inputs := append([]input{knownEmailInput, newPasswordInput}, q.personInputs()...)
	p.Fields = q.fields(append(inputs, rememberInput), map[string]string{signup.FieldEmail: u.Email})
	return q.showFormPage(p, err)
}

// postComplete may be repeated: the call returns the user again.
func postComplete(q *request) error {
	token, err := q.postedToken()
	if err != nil {
		return err
	}
	r := q.registration()
	u, err := q.accounts.CompleteRegistration(q.r.Context(), token, r)
	if err != nil {
		return q.formOr(err, q.showComplete)
	}
	q.forgetToken()
	return q.enter(u.Email, r.Password, "signed_up")
}

// formOr shows the form again if that can help, and otherwise returns err, before any more
// work is done.
func (q *request) formOr(err error, show func(error) error) error {
	if q.formStatus(err) == 0 {
		return err
	}
	return show(err)
}
