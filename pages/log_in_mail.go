package pages

import (
	"errors"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/webclient"
)

var logInMailPages = []page{
	{path: "log-in-code", get: getLogInCode, post: postLogInCode, is: canMail},
	{
		path: "log-in-link", get: getLogInLink, post: postLogInLink, is: canMail,
		purposes: []signup.Purpose{signup.PurposeLogIn},
		again:    []string{"log-in-mail", "log-in"},
	},
}

const fieldCode = "code"

var codeInputs = []input{
	{name: fieldCode, kind: "text", autocomplete: "one-time-code", hint: "hint_code", autofocus: true},
	rememberInput,
}

// sendLogIn sends a mail for a log-in. The browser keeps the challenge for as long as the
// code of the mail is valid. If no mail was sent because there was one just before, it
// keeps the challenge of that one.
func sendLogIn(q *request, email string) error {
	challenge, err := q.accounts.SendLogIn(q.r.Context(), email, q.client())
	if err != nil {
		return err
	}
	if challenge != "" {
		q.cookies.Set(q.w, webclient.Challenge, challenge, q.tokenLife())
	}
	return q.mailed("log-in-code", "", "")
}

func getLogInCode(q *request) error {
	return q.showForm("log-in-code", codeInputs, q.remembered(), nil)
}

// remembered returns the value of the checkbox for a form that isn't posted yet. A user
// that confirms by mail in a session that is remembered stays so.
func (q *request) remembered() map[string]string {
	if !q.session.Remember {
		return nil
	}
	return map[string]string{fieldRemember: "yes"}
}

func postLogInCode(q *request) error {
	show := func(err error) error { return q.showForm("log-in-code", codeInputs, nil, err) }
	if err := required(q, fieldCode); err != nil {
		return show(err)
	}
	challenge := q.cookies.Get(q.r, webclient.Challenge)
	if challenge == "" {
		return show(&signup.FieldError{Field: fieldCode, Code: "code_of_other_browser"})
	}
	s, err := q.accounts.LogInByCode(q.r.Context(), challenge, q.form[fieldCode], q.client())
	if errors.Is(err, signup.ErrToken) {
		return show(&signup.FieldError{Field: fieldCode, Code: "code_wrong"})
	}
	if err != nil {
		return show(err)
	}
	return q.logInByMail(s)
}

// logInByMail is logIn after a log-in by mail, which makes the challenge void.
func (q *request) logInByMail(s signup.Session) error {
	q.cookies.Set(q.w, webclient.Challenge, "", 0)
	return q.logIn(s)
}

func getLogInLink(q *request) error { return q.showLogInLink(nil) }

func (q *request) showLogInLink(err error) error {
	p, _, invalid := q.linkPage()
	if invalid != nil {
		return invalid
	}
	p.Fields = q.fields([]input{rememberInput}, q.remembered())
	return q.showFormPage(p, err)
}

func postLogInLink(q *request) error {
	token, err := q.postedToken()
	if err != nil {
		return err
	}
	s, err := q.accounts.LogInByToken(q.r.Context(), token, q.client())
	if err != nil {
		return q.formOr(err, q.showLogInLink)
	}
	q.forgetToken()
	return q.logInByMail(s)
}
