package pages

import (
	"maps"
	"strings"

	"github.com/gosignup/signup"
)

var profilePages = []page{
	{path: "", get: func(q *request) error { return q.redirect("profile") }},
	{path: "profile", need: loggedIn, get: getProfile, post: postProfile},
}

// profileValues returns the values of u by the names of their fields.
func profileValues(u *signup.User) map[string]string {
	values := make(map[string]string, len(u.Profile)+2)
	maps.Copy(values, u.Profile)
	values[signup.FieldFirstName], values[signup.FieldLastName] = u.FirstName, u.LastName
	return values
}

func getProfile(q *request) error { return q.showProfile(nil) }

func (q *request) showProfile(err error) error {
	p := q.userPage("profile")
	values := profileValues(q.user)
	if q.form != nil { // a field that the form didn't have keeps its value
		maps.Copy(values, q.form)
		q.form = values
	}
	p.Fields = q.fields(q.personInputs(), values)
	p.Data = q.readOnlyFields()
	return q.showFormPage(p, err)
}

// readOnlyFields returns the declared fields that the user may see and can't change.
func (q *request) readOnlyFields() (fields []Field) {
	for _, f := range q.accounts.Fields {
		if value := q.user.Profile[f.Name]; f.ReadOnly && !f.Hidden && value != "" {
			kind := "text"
			if f.Multiline {
				kind = "textarea"
			}
			fields = append(fields, Field{Name: f.Name, Type: kind, Label: q.label(f.Name), Value: value, ReadOnly: true})
		}
	}
	return fields
}

// postProfile changes the fields that the form has. So a form of before a field was
// declared leaves that field alone.
func postProfile(q *request) error {
	inputs := q.personInputs()
	_, err := q.accounts.ChangeProfile(q.r.Context(), q.session, func(u *signup.User) error {
		before := profileValues(u)
		for _, in := range inputs {
			typed, posted := q.form[in.name]
			if !posted || sameLines(typed, before[in.name]) {
				continue
			}
			switch in.name {
			case signup.FieldFirstName:
				u.FirstName = typed
			case signup.FieldLastName:
				u.LastName = typed
			default:
				u.Profile[in.name] = plainLines(typed)
			}
		}
		return nil
	})
	if err != nil {
		return q.showProfile(err)
	}
	return q.redirect("profile?" + done("profile_saved"))
}

// plainLines returns s with line breaks as U+000A. Browsers post them as U+000D U+000A.
func plainLines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// sameLines reports whether s and t differ in the form of their line breaks at most.
func sameLines(s, t string) bool { return plainLines(s) == plainLines(t) }
