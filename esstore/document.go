package esstore

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// A document is a user as it is stored. email_address, password (the hash),
// first_name, last_name, is_active and created_at have the names that the
// tutorial gave them.
type document struct {
	ID        string            `json:"id"`
	Key       string            `json:"key"`
	KeyRule   word              `json:"key_rule"`
	Email     string            `json:"email_address"`
	Password  hashText          `json:"password,omitempty"`
	FirstName string            `json:"first_name,omitempty"`
	LastName  string            `json:"last_name,omitempty"`
	Active    bool              `json:"is_active"`
	CreatedAt timestamp         `json:"created_at"`
	UpdatedAt timestamp         `json:"updated_at"`
	Profile   map[string]string `json:"profile,omitempty"`

	// Since schema 3.
	EmailVerifiedAt timestamp `json:"email_verified_at,omitzero"`
	SecurityStamp   string    `json:"security_stamp,omitempty"`
	Private         []byte    `json:"private,omitempty"` // as Base64
	Placeholder     bool      `json:"placeholder,omitempty"`

	// WriteToken is of the write that stored the document. A writer whose
	// response was lost recognizes its own write by it. See confirmedToken.
	WriteToken string `json:"write_token"`

	more bool // it has members that aren't here
}

const (
	// In bytes, of a term of the index. One of the profile is made of its name,
	// a NUL and, in this mapping, up to 4096 characters of its value.
	maxTerm        = 32766
	maxProfileName = maxTerm - 1 - 4*4096
	// What is written must be read again, within maxAnswer.
	maxDocument = maxAnswer / 2
)

var errTooLarge = fmt.Errorf("esstore: a user of more than %d bytes: %w", maxDocument, signup.ErrInvalid)

// newDocument returns the document for u, or ErrInvalid.
func newDocument(u signup.User) (document, error) {
	if len(u.Private) > signup.MaxPrivate {
		return document{}, fmt.Errorf("esstore: a user with a Private of more than %d bytes: %w", signup.MaxPrivate, signup.ErrInvalid)
	}
	d := document{
		ID:         u.ID,
		Key:        u.Key(),
		KeyRule:    word(u.KeyRule()),
		Email:      u.Email,
		Password:   hashText(u.PasswordHash),
		FirstName:  u.FirstName,
		LastName:   u.LastName,
		Active:     u.Active,
		CreatedAt:  timestamp(u.CreatedAt),
		UpdatedAt:  timestamp(u.UpdatedAt),
		Profile:    u.Profile,
		WriteToken: rand.Text(),

		EmailVerifiedAt: timestamp(u.EmailVerifiedAt),
		SecurityStamp:   u.SecurityStamp,
		Private:         []byte(u.Private),
		Placeholder:     u.Placeholder,
	}
	if d.ID == "" || d.Key == "" {
		return document{}, fmt.Errorf("esstore: a user without address or ID: %w", signup.ErrInvalid)
	}
	valid := utf8.ValidString(string(d.Password))
	for _, text := range [...]string{d.ID, d.Key, string(d.KeyRule), d.Email, d.FirstName, d.LastName, d.SecurityStamp} {
		valid = valid && utf8.ValidString(text)
	}
	tooLong := max(len(d.ID), len(d.Key), len(d.KeyRule), len(d.Email)) > maxTerm
	for name, value := range d.Profile {
		valid = valid && utf8.ValidString(name) && utf8.ValidString(value)
		tooLong = tooLong || len(name) > maxProfileName
		if strings.ContainsRune(name, 0) { // which parts name and value in the index
			return document{}, fmt.Errorf("esstore: a user with a NUL in a profile's name: %w", signup.ErrInvalid)
		}
	}
	if tooLong {
		return document{}, fmt.Errorf("esstore: a user whose ID, address or profile's name is too long to be indexed: %w", signup.ErrInvalid)
	}
	if !valid {
		return document{}, fmt.Errorf("esstore: a user with text that is not UTF-8: %w", signup.ErrInvalid)
	}
	for _, at := range []time.Time{u.CreatedAt, u.UpdatedAt, u.EmailVerifiedAt} {
		if year := at.UTC().Year(); year < 0 || year > 9999 {
			return document{}, fmt.Errorf("esstore: a user of the year %d: %w", year, signup.ErrInvalid)
		}
	}
	return d, nil
}

// encode returns the document as it is sent.
func (d document) encode() ([]byte, error) {
	body, err := json.Marshal(&d)
	switch {
	case err != nil:
		return nil, fmt.Errorf("esstore: %w", err)
	case len(body) > maxDocument:
		return nil, errTooLarge
	}
	return body, nil
}

// user returns the stored user, without its Version.
func (d document) user() signup.User {
	u := signup.User{
		ID:           d.ID,
		Email:        d.Email,
		FirstName:    d.FirstName,
		LastName:     d.LastName,
		PasswordHash: signup.Hash(d.Password),
		Active:       d.Active,
		CreatedAt:    time.Time(d.CreatedAt),
		UpdatedAt:    time.Time(d.UpdatedAt),
		Profile:      d.Profile,

		EmailVerifiedAt: time.Time(d.EmailVerifiedAt),
		SecurityStamp:   d.SecurityStamp,
		Private:         signup.Private(d.Private),
		Placeholder:     d.Placeholder,
	}
	u.SetKey(d.Key, string(d.KeyRule))
	return u
}

// documentID returns the id of the document of key. Made of 43 characters that
// are safe in URLs, it can't break out of one.
func documentID(key string) string {
	id := idOf(key)
	return string(id[:])
}

func idOf(key string) (id [43]byte) {
	sum := sha256.Sum256([]byte(key))
	base64.RawURLEncoding.Encode(id[:], sum[:])
	return id
}

// A hashText is a signup.Hash that encoding/json shows.
type hashText string

func (h hashText) MarshalText() ([]byte, error) { return []byte(h), nil }

func (h *hashText) UnmarshalText(text []byte) error {
	*h = hashText(text)
	return nil
}

// A timestamp is a time as text, to the millisecond: as a number, a date would
// not survive Elasticsearch's own partial updates.
type timestamp time.Time

// IsZero has omitzero leave out a zero time in any location.
func (t timestamp) IsZero() bool { return time.Time(t).IsZero() }

const timestampFormat = "2006-01-02T15:04:05.000Z"

func (t timestamp) MarshalText() ([]byte, error) {
	// While it is made, a second has all of its nine digits.
	const length = len(timestampFormat) + 6
	return time.Time(t).UTC().AppendFormat(make([]byte, 0, length), timestampFormat), nil
}

func (t *timestamp) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	*t = timestamp(at.UTC())
	return err
}
