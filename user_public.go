package signup

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// A PublicUser is what the user and other people may see of a [User]. It is plain
// data, to be encoded as JSON or shown in a page. fmt and log/slog show only ID and
// Active of it. The JSON handler of log/slog uses the JSON form for the elements of
// slices, maps and structs, which has all fields: log IDs instead.
type PublicUser struct {
	// The fields are those of User.
	ID              string    `json:"id"`
	Email           string    `json:"email_address"`
	FirstName       string    `json:"first_name,omitempty"`
	LastName        string    `json:"last_name,omitempty"`
	Active          bool      `json:"is_active"`
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
	EmailVerifiedAt time.Time `json:"email_verified_at,omitzero"`
	// Profile has only the fields that are declared ([Accounts.Fields]) and not
	// Hidden. If there is none, it is empty.
	Profile map[string]string `json:"profile,omitempty"`
}

// Public returns a copy of what the user and other people may see of u.
func (a *Accounts) Public(u User) PublicUser {
	return PublicUser{
		ID: u.ID, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Active: u.Active,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, EmailVerifiedAt: u.EmailVerifiedAt,
		Profile: visible(a.Fields, u.Profile),
	}
}

// Format writes ID and Active for every verb that calls it.
func (u PublicUser) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, shortForm(u.ID, u.Active)) }

// LogValue returns ID and Active.
func (u PublicUser) LogValue() slog.Value { return shortLogValue(u.ID, u.Active) }
