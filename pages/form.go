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
	status := http.StatusOK
	if err != nil {
		if status = q.explain(p, err); status == 0 {
			return err
		}
		for i := range p.Fields {
			p.Fields[i].Autofocus = false // what is wrong has the focus
		}
	}
	return q.show(status, p)
}

// explain sets the errors of p and its fields to what err says, and returns the status of
// the response. It is 0 if the form isn't to be shown again: it is for errors that are
// about the form, and for those that end soon, so that what was typed isn't lost.
func (q *request) explain(p *Page, err error) (status int) {
	var wrong []signup.FieldError
	if e, ok := errors.AsType[*signup.ValidationError](err); ok && e != nil {
		wrong = e.Fields
	} else if e, ok := errors.AsType[signup.FieldError](err); ok { // of Accounts.Before
		wrong = []signup.FieldError{e}
	} else if e, ok := errors.AsType[*signup.FieldError](err); ok && e != nil {
		wrong = []signup.FieldError{*e}
	} else if errors.Is(err, signup.ErrBadCredentials) {
		p.Error = p.T(signup.CodeBadCredentials)
		return http.StatusUnprocessableEntity
	} else {
		status = q.setRetryAfter(err)
		if status != 0 {
			p.Error = p.T(retryTexts[status])
		}
		return status
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
	return http.StatusUnprocessableEntity
}

// retryTexts has the codes of the texts for requests that can be sent again soon.
var retryTexts = map[int]string{
	http.StatusTooManyRequests:    signup.CodeThrottled,
	http.StatusServiceUnavailable: signup.CodeBusy,
}
