package userjson

import (
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// A Rule is the name of the rule of a key. The current one allocates no memory.
type Rule string

// UnmarshalText sets r to text.
func (r *Rule) UnmarshalText(text []byte) error {
	if string(text) == signup.EmailRule {
		*r = signup.EmailRule
	} else {
		*r = Rule(text)
	}
	return nil
}

// A Hash is a signup.Hash that encoding/json encodes.
type Hash string

// MarshalText returns the hash.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h), nil }

// UnmarshalText sets h to text.
func (h *Hash) UnmarshalText(text []byte) error {
	*h = Hash(text)
	return nil
}

// A Time is a time in text, to the millisecond. Elasticsearch's partial updates may
// change the form of a number.
type Time time.Time

// newTime returns nil for the zero time, so that omitempty leaves it out.
func newTime(at time.Time) *Time {
	if at.IsZero() {
		return nil
	}
	t := Time(at)
	return &t
}

// time returns the time; the zero time for nil.
func (t *Time) time() time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}

const timeFormat = "2006-01-02T15:04:05.000Z"

// MarshalText returns the time in UTC, to the millisecond.
func (t Time) MarshalText() ([]byte, error) {
	// AppendFormat first appends all nine digits of the fraction.
	const length = len(timeFormat) + 6
	return time.Time(t).UTC().AppendFormat(make([]byte, 0, length), timeFormat), nil
}

// UnmarshalText sets t to a time as RFC 3339 has it.
func (t *Time) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	*t = Time(at.UTC())
	return err
}

// IsUTF8 reports whether all texts of r are UTF-8, so that JSON keeps them.
func (r *Record) IsUTF8() bool {
	valid := utf8.ValidString(string(r.Password))
	for _, text := range [...]string{
		r.ID, r.Key, string(r.KeyRule), r.Email, r.FirstName, r.LastName, r.SecurityStamp,
	} {
		valid = valid && utf8.ValidString(text)
	}
	for name, value := range r.Profile {
		valid = valid && utf8.ValidString(name) && utf8.ValidString(value)
	}
	return valid
}

// WrongYear returns the year, in UTC, of a time of u that no Store accepts, and whether
// there is one.
func WrongYear(u signup.User) (year int, wrong bool) {
	for _, at := range []time.Time{u.CreatedAt, u.UpdatedAt, u.EmailVerifiedAt} {
		if year := at.UTC().Year(); year < 1 || year > 9999 {
			return year, true
		}
	}
	return 0, false
}
