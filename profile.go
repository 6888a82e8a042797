package signup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxNameLength  = 255  // of first and last names, in code points
	maxValueLength = 1024 // of declared fields, in code points
	maxFieldName   = 64
)

// A ProfileField declares an extra field of users, such as "company" or
// "locale". Its value is text, sent beside "email_address" in a sign-up and
// stored in [User.Profile].
type ProfileField struct {
	// Name is the field's name in requests and in User.Profile: 1 to 64 of a-z,
	// 0-9 and "_", beginning with a letter, and none of email_address, password,
	// first_name, last_name, id, is_active, created_at, updated_at,
	// email_verified_at and profile.
	Name string
	// Required reports whether a registration without the field is refused. A
	// value without a visible character (only white space, control, format and
	// default-ignorable characters) counts as none.
	Required bool
	// Multiline reports whether values may have line breaks and tabs. Such a value
	// is kept as typed. The value of any other field is a single line: surrounding
	// white space is removed, and control characters, line breaks (U+2028 and
	// U+2029 included) and characters that set the direction of text (U+202A to
	// U+202E and U+2066 to U+2069) are refused. Other control characters are
	// refused in both.
	Multiline bool
	// ReadOnly reports whether only the application sets the field, in
	// User.Profile with [Store.Update]. A value in a Registration is dropped, so
	// that a sign-up can't set {"role": "admin"}. A ReadOnly field can't be
	// Required.
	ReadOnly bool
	// Hidden reports whether [Accounts.Public] removes the field.
	Hidden bool
	// Validate returns nil if value is acceptable. A [FieldError] or *FieldError
	// is sent to the client, with Field set to Name; for any other error the
	// client is sent only that the value is not valid. Validate isn't called for
	// a value that counts as none. Nil accepts every value of at most 1024
	// characters that Multiline permits, which is the limit in any case.
	Validate func(ctx context.Context, value string) error
}

// checkFields returns what is wrong with the declarations.
func checkFields(fields []ProfileField) error {
	seen := map[string]bool{
		FieldEmail: true, FieldPassword: true, FieldFirstName: true, FieldLastName: true,
		"id": true, "is_active": true, "created_at": true, "updated_at": true, "email_verified_at": true, "profile": true,
	}
	for i, f := range fields {
		ok := len(f.Name) <= maxFieldName && f.Name != "" && 'a' <= f.Name[0] && f.Name[0] <= 'z' &&
			strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
		switch {
		case !ok:
			return fmt.Errorf("signup: Accounts.Fields[%d]: %q can't be a field's name", i, f.Name)
		case seen[f.Name]:
			return fmt.Errorf("signup: Accounts.Fields[%d]: the name %q is taken", i, f.Name)
		case f.Required && f.ReadOnly:
			return fmt.Errorf("signup: Accounts.Fields[%d]: %q can't be both Required and ReadOnly", i, f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// normalize returns value as it is checked and stored, "" for none.
func (f ProfileField) normalize(value string) string {
	switch {
	case isBlank(value):
		return ""
	case f.Multiline:
		return value
	}
	return strings.TrimSpace(value)
}

// check returns what is wrong with value, which is normalized, or nil.
func (f ProfileField) check(ctx context.Context, value string) *FieldError {
	if value == "" {
		if f.Required {
			return required(f.Name)
		}
		return nil
	}
	checkCharacters := checkLine
	if f.Multiline {
		checkCharacters = checkLines
	}
	e := checkCharacters(f.Name, value)
	if e == nil {
		e = checkText(f.Name, value, maxValueLength)
	}
	if e != nil || f.Validate == nil {
		return e
	}
	err := f.Validate(ctx, value)
	if err == nil {
		return nil
	}
	if e, ok := asFieldError(f.Name, err); ok {
		e.Field = f.Name
		return &e
	}
	return inEnglish(FieldError{Field: f.Name, Code: CodeInvalid, Value: value})
}

// visible returns the values of profile that are declared and not Hidden.
func visible(fields []ProfileField, profile map[string]string) map[string]string {
	shown := make(map[string]string)
	for _, f := range fields {
		if value, ok := profile[f.Name]; ok && !f.Hidden {
			shown[f.Name] = value
		}
	}
	return shown
}

// checkName returns what is wrong with a first or last name, or nil. It expects
// name without surrounding white space.
func checkName(field, name string) *FieldError {
	if e := checkLine(field, name); e != nil {
		return e
	}
	if name != "" && isBlank(name) {
		return inEnglish(FieldError{Field: field, Code: CodeNotVisible})
	}
	return checkText(field, name, maxNameLength)
}

// checkLine returns what is wrong with the characters of s, which should be a
// single line. A line break could end a header line of the mail that greets the
// user, and a direction could reorder the text around s.
func checkLine(field, s string) *FieldError {
	switch {
	case strings.ContainsFunc(s, isBreak):
		return inEnglish(FieldError{Field: field, Code: CodeLineBreaks})
	case strings.ContainsFunc(s, unicode.IsControl):
		return inEnglish(FieldError{Field: field, Code: CodeControls})
	case strings.ContainsFunc(s, isOverride):
		return inEnglish(FieldError{Field: field, Code: CodeDirection})
	}
	return nil
}

// checkLines returns what is wrong with the characters of s, which may have several
// lines.
func checkLines(field, s string) *FieldError {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && !isBreak(r) }) {
		return inEnglish(FieldError{Field: field, Code: CodeOtherControls})
	}
	return nil
}

func checkText(field, s string, atMost int) *FieldError {
	switch {
	case !utf8.ValidString(s):
		return inEnglish(FieldError{Field: field, Code: CodeNotUTF8})
	case utf8.RuneCountInString(s) > atMost:
		return inEnglish(FieldError{Field: field, Code: CodeTooLong, Max: atMost})
	}
	return nil
}

func required(field string) *FieldError {
	return inEnglish(FieldError{Field: field, Code: CodeRequired})
}

// asFieldError returns the FieldError that err wraps, as a value, as a pointer or in
// a ValidationError: there the first of field, or else the first. Without a Field, it is
// one of field, and without a Message, it gets the text of its code. A nil pointer, which its author took for no error, refuses the field.
func asFieldError(field string, err error) (FieldError, bool) {
	e, ok := findFieldError(field, err)
	e.Field = cmp.Or(e.Field, field)
	return *inEnglish(e), ok
}

func findFieldError(field string, err error) (FieldError, bool) {
	if p, ok := errors.AsType[*FieldError](err); ok {
		if p == nil {
			return *inEnglish(FieldError{Field: field, Code: CodeUnacceptable}), true
		}
		return *p, true
	}
	if e, ok := errors.AsType[FieldError](err); ok {
		return e, true
	}
	if v, ok := errors.AsType[*ValidationError](err); ok && v != nil && len(v.Fields) > 0 {
		i := slices.IndexFunc(v.Fields, func(e FieldError) bool { return e.Field == field })
		return v.Fields[max(i, 0)], true
	}
	return FieldError{}, false
}
