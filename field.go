package signup

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The names of the built-in fields, in requests and in FieldErrors.
const (
	fieldEmail     = "email_address"
	fieldPassword  = "password"
	fieldFirstName = "first_name"
	fieldLastName  = "last_name"

	fieldIdempotencyKey = "Idempotency-Key" // a header of the request
)

const (
	maxNameLength  = 255  // of first and last names, in code points
	maxValueLength = 1024 // of declared fields, in code points
	maxFieldName   = 64
)

// A Field declares an extra field of users, such as "company" or "locale".
// Its value is text, sent beside "email_address" and stored in User.Profile.
type Field struct {
	// Name is the field's name in requests and in User.Profile: 1 to 64 of
	// a-z, 0-9 and "_", a letter first, and none that User's own JSON has.
	Name string
	// Required says that a registration without it, or with an empty value,
	// is refused.
	Required bool
	// Validate returns nil if value is acceptable. A FieldError is told to
	// the person as is, but for its Field, which is set to Name; of any
	// other error they are told only that the value is not valid. It is not
	// called for an empty value. Nil accepts every text of at most 1024
	// characters, which is the limit in any case.
	Validate func(value string) error
}

// checkFields returns what is wrong with the declarations.
func checkFields(fields []Field) error {
	seen := map[string]bool{
		fieldEmail: true, fieldPassword: true, fieldFirstName: true, fieldLastName: true,
		"id": true, "is_active": true, "created_at": true, "updated_at": true, "profile": true,
	}
	for i, f := range fields {
		ok := len(f.Name) <= maxFieldName && f.Name != "" && 'a' <= f.Name[0] && f.Name[0] <= 'z' &&
			strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
		switch {
		case !ok:
			return fmt.Errorf("signup: Accounts.Fields[%d]: %q can't be a field's name", i, f.Name)
		case seen[f.Name]:
			return fmt.Errorf("signup: Accounts.Fields[%d]: the name %q is taken", i, f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// check returns what is wrong with value, or nil.
func (f Field) check(value string) *FieldError {
	if value == "" {
		if f.Required {
			return required(f.Name)
		}
		return nil
	}
	if e := checkText(f.Name, value, maxValueLength); e != nil || f.Validate == nil {
		return e
	}
	err := f.Validate(value)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[FieldError](err); ok {
		e.Field = f.Name
		return &e
	}
	return &FieldError{f.Name, "invalid", "'" + value + "' is not valid '" + f.Name + "'."}
}

// checkName returns what is wrong with a first or last name, or nil. Control
// characters would let a name end a header line of the mail that greets it.
func checkName(field, name string) *FieldError {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return &FieldError{field, "invalid", "'" + field + "' must not have control characters."}
	}
	return checkText(field, name, maxNameLength)
}

func checkText(field, s string, atMost int) *FieldError {
	switch {
	case !utf8.ValidString(s):
		return &FieldError{field, "invalid", "'" + field + "' must be valid UTF-8 text."}
	case utf8.RuneCountInString(s) > atMost:
		return &FieldError{field, "too_long",
			fmt.Sprintf("'%s' must be at most %d characters long.", field, atMost)}
	}
	return nil
}

func required(field string) *FieldError {
	return &FieldError{field, "required", "'" + field + "' is required."}
}
