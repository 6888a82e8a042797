package pages

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gosignup/signup"
)

// An input describes a field of a form, before it has texts and values. The label is the
// text of the code "field_" and name; the hint that of the code hint, if there is one.
type input struct {
	name, kind   string // kind is the type of the HTML input
	autocomplete string
	hint         string
	optional     bool
	readonly     bool // has its value also in a form that was posted
	autofocus    bool
	newPassword  bool // with the rules of the Policy
}

// The inputs that several forms have.
var (
	// A password is never sent back to the browser.
	passwordInput    = input{name: signup.FieldPassword, kind: "password", autocomplete: "current-password"}
	newPasswordInput = input{name: signup.FieldPassword, kind: "password", autocomplete: "new-password", newPassword: true}
)

// fields returns the fields of a form, with the values of q's form if it was posted, and
// otherwise with those of values.
func (q *request) fields(inputs []input, values map[string]string) []Field {
	fields := make([]Field, 0, len(inputs))
	for _, in := range inputs {
		f := Field{
			Name: in.name, Type: in.kind, Label: q.label(in.name), Autocomplete: in.autocomplete,
			Required: !in.optional && !in.readonly, ReadOnly: in.readonly, Autofocus: in.autofocus,
		}
		value := values[in.name]
		if q.form != nil && !in.readonly {
			value = q.form[in.name]
		}
		switch in.kind {
		case "password":
		case "checkbox":
			f.Checked, f.Required = value != "", false
		default:
			f.Value = value
		}
		switch {
		case in.hint != "":
			f.Hint = q.text(in.hint)
		case in.optional:
			f.Optional, f.Hint = true, q.text("hint_optional")
		}
		if in.newPassword {
			q.setPasswordRules(&f)
		}
		fields = append(fields, f)
	}
	return fields
}

// label returns the text of the code "field_" and name, or else a readable form of name.
func (q *request) label(name string) string {
	readable := strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	if readable != "" {
		readable = strings.ToUpper(readable[:1]) + readable[1:] // a name begins with an ASCII letter
	}
	return q.language.text(q.site, signup.Message{Code: "field_" + name, English: readable})
}

// showForm sends the page name with a form of inputs. err is why the form that was
// posted isn't accepted; nil if it is shown for the first time. An error that isn't about
// the form is returned.
func (q *request) showForm(name string, inputs []input, values map[string]string, err error) error {
	p := q.newPage(name)
	p.Fields = q.fields(inputs, values)
	return q.showFormPage(p, err)
}

// showFormPage is showForm for a page whose Fields are set.
func (q *request) showFormPage(p *Page, err error) error {
	status := q.formStatus(err)
	switch status {
	case 0:
		return err
	case http.StatusOK:
		return q.show(status, p)
	case http.StatusUnprocessableEntity:
		q.explain(p, err)
	case http.StatusInternalServerError:
		q.logFailure(err)
		p.Error = p.T(signup.CodeFailed)
	default:
		q.setRetryAfter(err)
		p.Error = p.T(retryTexts[status])
	}
	for i := range p.Fields {
		p.Fields[i].Autofocus = false // what is wrong has the focus
	}
	return q.show(status, p)
}

// formStatus returns the status of the response that shows a form after err. It is 0 if
// the form isn't to be shown again, because sending it again can't help.
func (q *request) formStatus(err error) int {
	retry, _ := retryStatus(err)
	switch {
	case err == nil:
		return http.StatusOK
	case fieldErrors(err) != nil, errors.Is(err, signup.ErrBadCredentials):
		return http.StatusUnprocessableEntity
	case retry != 0:
		return retry
	case q.r.Context().Err() != nil:
		return http.StatusServiceUnavailable
	}
	for _, other := range []error{errNoToken, signup.ErrToken, signup.ErrEnded, signup.ErrStale, signup.ErrNotConfigured} {
		if errors.Is(err, other) {
			return 0
		}
	}
	return http.StatusInternalServerError
}

// fieldErrors returns what err says about fields, or nil.
func fieldErrors(err error) []signup.FieldError {
	if e, ok := errors.AsType[*signup.ValidationError](err); ok && e != nil {
		return e.Fields
	}
	if e, ok := errors.AsType[signup.FieldError](err); ok { // of Accounts.Before
		return []signup.FieldError{e}
	}
	if e, ok := errors.AsType[*signup.FieldError](err); ok && e != nil {
		return []signup.FieldError{*e}
	}
	return nil
}

// explain sets the errors of p and its fields to what err, which is about the form, says.
func (q *request) explain(p *Page, err error) {
	wrong := fieldErrors(err)
	if wrong == nil {
		p.Error = p.T(signup.CodeBadCredentials)
		return
	}
	for _, e := range wrong {
		text := q.language.text(q.site, e.AsMessage())
		placed := false
		for i := range p.Fields {
			if p.Fields[i].Name == e.Field && p.Fields[i].Error == "" {
				p.Fields[i].Error, placed = text, true
			}
		}
		if !placed && p.Error == "" {
			p.Error = text
		}
	}
}

// retryTexts has the codes of the texts for requests that can be sent again soon.
var retryTexts = map[int]string{
	http.StatusTooManyRequests:    signup.CodeThrottled,
	http.StatusServiceUnavailable: signup.CodeBusy,
}
