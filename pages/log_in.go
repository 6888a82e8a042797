package pages

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/webclient"
)

var logInPages = []page{
	{path: "log-in", get: getLogIn, post: postLogIn},
}

// fieldRemember is the checkbox of "remember me".
const fieldRemember = "remember"

var (
	firstEmailInput = input{name: signup.FieldEmail, kind: "email", autocomplete: "username", autofocus: true}
	rememberInput   = input{name: fieldRemember, kind: "checkbox"}
	logInInputs     = []input{firstEmailInput, passwordInput, rememberInput}
)

func getLogIn(q *request) error {
	if q.user != nil {
		return q.redirectURL(q.next())
	}
	return q.showLogIn(nil)
}

func (q *request) showLogIn(err error) error {
	p := q.newPage("log-in")
	p.Fields = q.fields(logInInputs, nil)
	p.Notice = q.notice()
	return q.showFormPage(p, err)
}

func postLogIn(q *request) error {
	if err := required(q, signup.FieldEmail, signup.FieldPassword); err != nil {
		return q.showLogIn(err)
	}
	s, err := q.accounts.LogIn(q.r.Context(), q.form[signup.FieldEmail], q.form[signup.FieldPassword], q.client())
	if errors.Is(err, signup.ErrUnverified) {
		return q.redirectOn("verify-mail", parameterDone, "unverified")
	}
	if err != nil {
		return q.showLogIn(err)
	}
	return q.logIn(s)
}

// logIn starts the session s and sends the user on to where they came from.
func (q *request) logIn(s signup.Session) error {
	s.Remember = q.form[fieldRemember] != ""
	if err := q.keep(s); err != nil {
		return err
	}
	q.forgetNext()
	return q.redirectURL(q.next())
}

// keep keeps s for the client, in the place of the Session before, and makes the
// device known.
func (q *request) keep(s signup.Session) error {
	if err := q.sessions.Set(q.w, q.r, s); err != nil {
		return err
	}
	if cookie := q.accounts.DeviceCookie(s); cookie != "" {
		q.cookies.Set(q.w, webclient.Device, cookie, webclient.DeviceLife)
	}
	return nil
}

// enter logs in the user that has just chosen the password, and sends them on to where
// they came from. That was done, so the page to log in follows if the log-in fails.
func (q *request) enter(email, password, done string) error {
	s, err := q.accounts.LogIn(q.r.Context(), email, password, q.client())
	if err == nil {
		return q.logIn(s)
	}
	expected := []error{signup.ErrBadCredentials, signup.ErrUnverified, signup.ErrThrottled, signup.ErrBusy}
	if !slices.ContainsFunc(expected, func(e error) bool { return errors.Is(err, e) }) {
		q.logFailure(err)
	}
	q.logBusy(err)
	return q.redirectOn("log-in", parameterDone, done)
}

// required returns a *signup.ValidationError of the fields of names that were left empty.
func required(q *request, names ...string) error {
	var wrong []signup.FieldError
	for _, name := range names {
		if q.form[name] == "" {
			wrong = append(wrong, signup.FieldError{Field: name, Code: signup.CodeRequired})
		}
	}
	if wrong == nil {
		return nil
	}
	return &signup.ValidationError{Fields: wrong}
}

// parameterDone names what was done before a page is shown. Its text has the code "done_"
// and the value.
const parameterDone = "done"

// done returns the query by which the next page says that what was done.
func done(what string) string { return parameterDone + "=" + what }

// notice returns the text of what was done before, or "". The query comes from a URL,
// which any client can write, so it only chooses among the texts that there are.
func (q *request) notice() string {
	code := "done_" + q.r.URL.Query().Get(parameterDone)
	if _, ok := q.texts.english[code]; !ok || q.r.Method == http.MethodPost {
		return ""
	}
	return q.text(code)
}
