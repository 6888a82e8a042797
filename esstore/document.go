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
	// WriteToken is of the write that stored the document, so that a writer
	// whose answer was lost knows its own.
	WriteToken string `json:"write_token"`
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

// newDocument returns the document for u, or an ErrInvalid.
func newDocument(u signup.User) (document, error) {
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
	}
	if d.ID == "" || d.Key == "" {
		return document{}, fmt.Errorf("esstore: a user without address or ID: %w", signup.ErrInvalid)
	}
	valid := utf8.ValidString(string(d.Password))
	for _, text := range [...]string{d.ID, d.Key, string(d.KeyRule), d.Email, d.FirstName, d.LastName} {
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
	for _, at := range []time.Time{u.CreatedAt, u.UpdatedAt} {
		if year := at.UTC().Year(); year < 0 || year > 9999 {
			return document{}, fmt.Errorf("esstore: a user of the year %d: %w", year, signup.ErrInvalid)
		}
	}
	return d, nil
}

func encode(u signup.User) (document, []byte, error) {
	doc, err := newDocument(u)
	if err != nil {
		return document{}, nil, err
	}
	body, err := json.Marshal(&doc)
	if err != nil {
		return document{}, nil, fmt.Errorf("esstore: %w", err)
	}
	if len(body) > maxDocument {
		return document{}, nil, errTooLarge
	}
	return doc, body, nil
}

// user returns the stored user, but for its Version.
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
