package pages

// A Field is an input of a form.
type Field struct {
	// Name is the name of the field in the form, and Type that of the HTML input, or
	// "textarea".
	Name, Type string
	// Label and Hint are texts. Hint may be empty.
	Label, Hint string
	// Value is what was typed, for the form to be shown again. It is empty for passwords.
	Value string
	// ReadOnly reports whether the Value can't be changed.
	ReadOnly bool
	// Checked reports whether a checkbox is checked.
	Checked bool
	// Error is what is wrong with the Value, or "".
	Error string
	// Links are shown beside the Error.
	Links []PageLink
	// Autocomplete is the name of the field for browsers and password managers (HTML,
	// section 4.10.18.7), and PasswordRules what a password manager generates.
	Autocomplete, PasswordRules string
	// Required reports whether the field must be filled in.
	Required bool
	// Optional reports whether the Hint says that the field may stay empty.
	Optional bool
	// MinLength is the least number of characters of a new password, or 0.
	MinLength int
	// Autofocus reports whether the page begins with the field.
	Autofocus bool
}

// A PageLink is a link to a page of the site.
type PageLink struct{ URL, Text string }

// Describe returns the value of aria-describedby: the IDs of the hint and the error that
// the field has.
func (f Field) Describe() string {
	ids := ""
	if f.Hint != "" {
		ids = f.Name + "-hint"
	}
	if f.Error != "" {
		ids += " " + f.Name + "-error"
	}
	return ids
}
