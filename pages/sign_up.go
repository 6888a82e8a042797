package pages

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/gosignup/signup"
)

var signUpPages = []page{{path: "sign-up", get: getSignUp, post: postSignUp}}

// SignUp is the Data of the page "sign-up".
type SignUp struct {
	// Key is the value of the hidden field "Idempotency-Key", which makes it harmless to
	// send the form twice. It is new in each response, except to a form that has failed:
	// the account may have been created.
	Key string
	// MailFirst reports whether the form has only the address, and the password is
	// chosen by the link of a mail.
	MailFirst bool
}

func getSignUp(q *request) error {
	if q.user != nil {
		return q.redirectURL(q.next())
	}
	return q.showSignUp(nil)
}

// mailFirst reports whether the sign-up begins with a mail.
func (s *site) mailFirst() bool {
	return s.accounts.EmailVerification == signup.VerifyBeforeRegistration
}

// showSignUp sends the page to sign up. If the address has a user, it links to the pages
// that a user needs.
func (q *request) showSignUp(err error) error {
	p := q.newPage("sign-up")
	data := SignUp{Key: rand.Text(), MailFirst: q.mailFirst()}
	if key := q.form[signup.FieldIdempotencyKey]; key != "" && q.formStatus(err) >= http.StatusInternalServerError {
		data.Key = key
	}
	p.Data = data
	inputs := []input{firstEmailInput}
	if !q.mailFirst() {
		inputs = append(inputs, newPasswordInput)
		inputs = append(inputs, q.personInputs()...)
	}
	if q.accounts.EmailVerification == signup.VerifyNever {
		inputs = append(inputs, rememberInput)
	}
	p.Fields = q.fields(inputs, nil)
	// A key that was used with other data is that of a user, too: the form was sent again
	// after it had been changed.
	if errors.Is(err, signup.ErrExists) || errors.Is(err, signup.ErrIdempotencyKeyReused) {
		email := q.form[signup.FieldEmail]
		err = &signup.ValidationError{Fields: []signup.FieldError{{Field: signup.FieldEmail, Code: signup.CodeExists, Value: email}}}
		p.Fields[0].Links = p.links("log-in", "forgot")
	}
	return q.showFormPage(p, err)
}

func postSignUp(q *request) error {
	r := q.registration()
	r.Email, r.IdempotencyKey = q.form[signup.FieldEmail], q.form[signup.FieldIdempotencyKey]
	if _, err := q.accounts.Register(q.r.Context(), r); err != nil {
		return q.showSignUp(err)
	}
	switch q.accounts.EmailVerification {
	case signup.VerifyNever:
		return q.enter(r.Email, r.Password, "signed_up")
	case signup.VerifyBeforeLogIn:
		return q.mailed("check-mail", parameterFor, "verify-mail")
	}
	return q.mailed("check-mail", parameterFor, "sign-up")
}
