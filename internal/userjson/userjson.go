// Package userjson has the members of a user in JSON: those of a document of package
// esstore and of a line of package transfer.
package userjson

import (
	"time"

	"github.com/gosignup/signup"
)

// A Record is a user in JSON. email_address, password (the hash), first_name, last_name,
// is_active and created_at have the names that they have in the tutorial.
type Record struct {
	ID        string            `json:"id"`
	Key       string            `json:"key"`
	KeyRule   Rule              `json:"key_rule"`
	Email     string            `json:"email_address"`
	Password  Hash              `json:"password,omitempty"`
	FirstName string            `json:"first_name,omitempty"`
	LastName  string            `json:"last_name,omitempty"`
	Active    bool              `json:"is_active"`
	CreatedAt Time              `json:"created_at"`
	UpdatedAt Time              `json:"updated_at"`
	Profile   map[string]string `json:"profile,omitempty"`

	// Since schema 3 of package esstore.
	EmailVerifiedAt *Time  `json:"email_verified_at,omitempty"`
	SecurityStamp   string `json:"security_stamp,omitempty"`
	Private         []byte `json:"private,omitempty"` // as Base64
}

// Of returns the record of u, which shares its Profile.
func Of(u signup.User) Record {
	return Record{
		ID:        u.ID,
		Key:       u.Key(),
		KeyRule:   Rule(u.KeyRule()),
		Email:     u.Email,
		Password:  Hash(u.PasswordHash),
		FirstName: u.FirstName,
		LastName:  u.LastName,
		Active:    u.Active,
		CreatedAt: Time(u.CreatedAt),
		UpdatedAt: Time(u.UpdatedAt),
		Profile:   u.Profile,

		EmailVerifiedAt: newTime(u.EmailVerifiedAt),
		SecurityStamp:   u.SecurityStamp,
		Private:         []byte(u.Private),
	}
}

// User returns the user of r, which shares its Profile and has its key. It is no
// placeholder and has no Version.
func (r Record) User() signup.User {
	u := signup.User{
		ID:           r.ID,
		Email:        r.Email,
		FirstName:    r.FirstName,
		LastName:     r.LastName,
		PasswordHash: signup.Hash(r.Password),
		Active:       r.Active,
		CreatedAt:    time.Time(r.CreatedAt),
		UpdatedAt:    time.Time(r.UpdatedAt),
		Profile:      r.Profile,

		EmailVerifiedAt: r.EmailVerifiedAt.time(),
		SecurityStamp:   r.SecurityStamp,
		Private:         signup.Private(r.Private),
	}
	u.SetKey(r.Key, string(r.KeyRule))
	return u
}
