package esstore

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore/internal/es"
	"github.com/gosignup/signup/internal/userjson"
)

// A document is a stored user.
type document struct {
	userjson.Record

	Placeholder bool `json:"placeholder,omitempty"` // since schema 3

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
	d := document{Record: userjson.Of(u), Placeholder: u.Placeholder, WriteToken: rand.Text()}
	if d.ID == "" || d.Key == "" {
		return document{}, fmt.Errorf("esstore: a user without address or ID: %w", signup.ErrInvalid)
	}
	tooLong := max(len(d.ID), len(d.Key), len(d.KeyRule), len(d.Email)) > maxTerm
	for name := range d.Profile {
		tooLong = tooLong || len(name) > maxProfileName
		if strings.ContainsRune(name, 0) { // it separates the name from the value in the index
			return document{}, fmt.Errorf("esstore: a user with a NUL in a profile's name: %w", signup.ErrInvalid)
		}
	}
	if tooLong {
		return document{}, fmt.Errorf("esstore: a user whose ID, address or profile's name is too long to be indexed: %w", signup.ErrInvalid)
	}
	if !d.IsUTF8() {
		return document{}, fmt.Errorf("esstore: a user with text that is not UTF-8: %w", signup.ErrInvalid)
	}
	if year, wrong := userjson.WrongYear(u); wrong {
		return document{}, fmt.Errorf("esstore: a user of the year %d: %w", year, signup.ErrInvalid)
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
	u := d.User()
	u.Placeholder = d.Placeholder
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
