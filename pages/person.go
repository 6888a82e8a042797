package pages

import (
	"strings"

	"github.com/gosignup/signup"
)

// personInputs returns the inputs of what a registration says about the person: the
// names, and the declared fields that users set.
func (s *site) personInputs() []input {
	inputs := []input{
		{name: signup.FieldFirstName, kind: "text", autocomplete: "given-name", optional: true},
		{name: signup.FieldLastName, kind: "text", autocomplete: "family-name", optional: true},
	}
	for _, f := range s.accounts.Fields {
		if f.ReadOnly {
			continue
		}
		in := input{name: f.Name, kind: "text", optional: !f.Required}
		if f.Multiline {
			in.kind = "textarea"
		}
		inputs = append(inputs, in)
	}
	return inputs
}

// registration returns what the form says, without the address and the key.
func (q *request) registration() signup.Registration {
	r := signup.Registration{
		Password:  q.form[signup.FieldPassword],
		FirstName: q.form[signup.FieldFirstName], LastName: q.form[signup.FieldLastName],
		Profile: make(map[string]string), Client: q.client(),
	}
	for _, f := range q.accounts.Fields {
		// Forms are posted with CRLF, whatever was typed (HTML, section 4.10.22.4).
		r.Profile[f.Name] = strings.ReplaceAll(q.form[f.Name], "\r\n", "\n")
	}
	return r
}
