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
	"github.com/gosignup/signup/esstore/internal/es"
)

// A document is a stored user. email_address, password (the hash), first_name,
// last_name, is_active and created_at have the names that they have in the tutorial.
type document struct {
	ID        string            `json:"id"`
	Key       string            `json:"key"`
	KeyRule   ruleName          `json:"key_rule"`
	Email     string            `json:"email_address"`
	Password  hashText          `json:"password,omitempty"`
	FirstName string            `json:"first_name,omitempty"`
	LastName  string            `json:"last_name,omitempty"`
	Active    bool              `json:"is_active"`
	CreatedAt timestamp         `json:"created_at"`
	UpdatedAt timestamp         `json:"updated_at"`
	Profile   map[string]string `json:"profile,omitempty"`

	// Since schema 3.
	EmailVerifiedAt *timestamp `json:"email_verified_at,omitempty"`
	SecurityStamp   string     `json:"security_stamp,omitempty"`
	Private         []byte     `json:"private,omitempty"` // as Base64
	Placeholder     bool       `json:"placeholder,omitempty"`

	// WriteToken identifies the write that stored the document. If the response is
	// lost, the writer recognizes its own write by it. See confirmedToken.
	WriteToken string `json:"write_token"`

	more bool // the stored document has members that aren't here
}

const (
	// maxTerm is the greatest length of a term of the index, in bytes. A term of the
	// profile consists of the name, a NUL and, with this mapping, up to 4096
	// characters of the value.
	maxTerm        = 32766
	maxProfileName = maxTerm - 1 - 4*4096
	// maxDocument is in bytes. A response with the document must not be longer than
	// es.MaxBody.
	maxDocument = es.MaxBody / 2
)

var errTooLarge = fmt.Errorf("esstore: a user of more than %d bytes: %w", maxDocument, signup.ErrInvalid)

// newDocument returns the document of u. It returns ErrInvalid if u can't be stored.
func newDocument(u signup.User) (document, error) {
	if len(u.Private) > signup.MaxPrivate {
		return document{}, fmt.Errorf("esstore: a user with a Private of more than %d bytes: %w", signup.MaxPrivate, signup.ErrInvalid)
	}
	d := document{
		ID:         u.ID,
		Key:        u.Key(),
		KeyRule:    ruleName(u.KeyRule()),
		Email:      u.Email,
		Password:   hashText(u.PasswordHash),
		FirstName:  u.FirstName,
		LastName:   u.LastName,
		Active:     u.Active,
		CreatedAt:  timestamp(u.CreatedAt),
		UpdatedAt:  timestamp(u.UpdatedAt),
		Profile:    u.Profile,
		WriteToken: rand.Text(),

		EmailVerifiedAt: newTimestamp(u.EmailVerifiedAt),
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
		if strings.ContainsRune(name, 0) { // it separates the name from the value in the index
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

// encode returns the document in JSON. It returns ErrInvalid if that is too long.
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

		EmailVerifiedAt: d.EmailVerifiedAt.time(),
		SecurityStamp:   d.SecurityStamp,
		Private:         signup.Private(d.Private),
		Placeholder:     d.Placeholder,
	}
	u.SetKey(d.Key, string(d.KeyRule))
	return u
}

// documentID returns the id of the document of key. It consists of 43 characters that
// are safe in URLs.
func documentID(key string) string {
	id := idOf(key)
	return string(id[:])
}

func idOf(key string) (id [43]byte) {
	sum := sha256.Sum256([]byte(key))
	base64.RawURLEncoding.Encode(id[:], sum[:])
	return id
}

// A ruleName is the name of the rule of a key. The current one allocates no memory.
type ruleName string

func (r *ruleName) UnmarshalText(text []byte) error {
	if string(text) == signup.EmailRule {
		*r = signup.EmailRule
	} else {
		*r = ruleName(text)
	}
	return nil
}

// A hashText is a signup.Hash that encoding/json encodes.
type hashText string

func (h hashText) MarshalText() ([]byte, error) { return []byte(h), nil }

func (h *hashText) UnmarshalText(text []byte) error {
	*h = hashText(text)
	return nil
}

// A timestamp is a time in text, to the millisecond. Elasticsearch's partial updates
// may change the form of a number.
type timestamp time.Time

// newTimestamp returns nil for the zero time, so that omitempty leaves it out.
func newTimestamp(at time.Time) *timestamp {
	if at.IsZero() {
		return nil
	}
	t := timestamp(at)
	return &t
}

// time returns the time; the zero time for nil.
func (t *timestamp) time() time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}

const timestampFormat = "2006-01-02T15:04:05.000Z"

func (t timestamp) MarshalText() ([]byte, error) {
	// AppendFormat first appends all nine digits of the fraction.
	const length = len(timestampFormat) + 6
	return time.Time(t).UTC().AppendFormat(make([]byte, 0, length), timestampFormat), nil
}

func (t *timestamp) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	*t = timestamp(at.UTC())
	return err
}
