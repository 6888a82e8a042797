package signup

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"time"
)

// A User is one account. The zero value is nobody: it has no key, so that no
// Store takes it. A User is plain data: copies share PasswordHash and Profile,
// and nothing in it is safe for use by several goroutines while one changes it.
//
// Its JSON form has everything but PasswordHash and Version. Through fmt and
// log/slog it shows its ID and whether it is active, and neither address nor
// name.
type User struct {
	// ID identifies the account for good: it is random, or made of the
	// random Registration.IdempotencyKey, and says nothing about the
	// address. It never changes.
	ID string `json:"id"`
	// Email is the address as it was typed. Mail goes there; to compare
	// addresses use Key.
	Email     string `json:"email_address"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	// PasswordHash is what CheckPassword checks; empty: no password fits.
	PasswordHash Hash `json:"-"`
	// Active says whether the user may log in.
	Active bool `json:"is_active"`
	// CreatedAt and UpdatedAt are in UTC, to the millisecond.
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Profile holds the declared extra fields (Accounts.Fields) by name.
	// One that wasn't given is absent. Nil and empty are the same.
	Profile map[string]string `json:"profile,omitempty"`
	// Version is set by the Store: Update and Delete compare it. It is
	// opaque, and means nothing to another Store.
	Version string `json:"-"`

	key   string // what SetKey was given,
	rule  string
	keyOf string // for this Email
}

// Key returns the canonical form of u.Email, by which Stores find the user and
// which no two users share; "" if Email has none (see CanonicalEmail).
//
// For a user read from a Store it is the key that the Store holds, even if
// CanonicalEmail would make another one of the address today (its Unicode
// tables change), for as long as Email isn't changed.
func (u User) Key() string {
	if u.key != "" && u.keyOf == u.Email {
		return u.key
	}
	key, err := CanonicalEmail(u.Email)
	if err != nil {
		return ""
	}
	return key
}

// KeyRule returns the name of the rule by which Key was made: EmailRule, or, for
// a user read from a Store, the one that the Store holds.
func (u User) KeyRule() string {
	if u.key != "" && u.keyOf == u.Email {
		return u.rule
	}
	return EmailRule
}

// SetKey is for implementations of Store: it sets what Key and KeyRule return
// for the present Email, namely the key under which the user was stored.
func (u *User) SetKey(key, rule string) { u.key, u.rule, u.keyOf = key, rule, u.Email }

// SetPassword sets u.PasswordHash to the hash of password by the default
// Hasher, Bcrypt{}, in the calling goroutine: no queue, no policy. It changes
// u only, not the Store. An empty password is an ErrInvalid, and so is one
// that isn't UTF-8.
func (u *User) SetPassword(password string) error {
	if e := checkPasswordText(password); e != nil {
		return *e
	}
	h, err := Bcrypt{}.Hash(password)
	if err != nil {
		return err
	}
	u.PasswordHash = h
	return nil
}

// CheckPassword reports whether password is the user's. It hashes in the
// calling goroutine: no queue, no policy, and it doesn't look at Active. To log
// someone in, Accounts.Authenticate is safer.
//
// The hash may be of any cost up to the default that Accounts.MaxStored has with
// the default Hasher, and in any of these formats:
//
//   - Bcrypt's and Argon2id's
//   - "$2a$", "$2b$" and "$2y$": bcrypt by other programs, for passwords of at
//     most 72 bytes
//   - "$argon2id$v=19$m=…,t=…,p=…$…": the PHC string format
//   - "pbkdf2:sha256:…", also with the other digests, "scrypt:N:r:p$…" and
//     "sha1$…" and kin (an HMAC keyed by the salt): Werkzeug, that is, Flask
//   - "pbkdf2_sha256$…": Django
//
// Those of other programs are tried with the password as it was typed, then in
// normalisation form C. A hash that is the password itself is never accepted.
func (u User) CheckPassword(password string) bool {
	if len(password) > maxPasswordText {
		return false
	}
	s, ok := parseHash(u.PasswordHash)
	return ok && s.work.fits(maxStored(Bcrypt{}.Work())) && s.verify(password, false).ok
}

// Equal reports whether u and v are the same in all fields but
// Version. Times are compared to the millisecond.
func (u User) Equal(v User) bool {
	sameTime := func(a, b time.Time) bool {
		return a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond))
	}
	return u.ID == v.ID &&
		u.Email == v.Email &&
		u.FirstName == v.FirstName &&
		u.LastName == v.LastName &&
		bytes.Equal(u.PasswordHash, v.PasswordHash) &&
		u.Active == v.Active &&
		sameTime(u.CreatedAt, v.CreatedAt) &&
		sameTime(u.UpdatedAt, v.UpdatedAt) &&
		maps.Equal(u.Profile, v.Profile)
}

// Format writes the user's ID and whether it is active, for every verb.
func (u User) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "{ID:%s Active:%t}", u.ID, u.Active)
}

// LogValue shows the user's ID and whether it is active.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", u.ID), slog.Bool("active", u.Active))
}

// A Hash is a password's hash, in a format that names itself, such as bcrypt's
// "$2a$12$…". It is text: a Store may refuse one that isn't UTF-8.
//
// It shows as "[redacted]" through fmt, log/slog and every encoding that asks
// for text (JSON, XML, YAML), and decoding never sets it. A Store converts it
// with []byte(h). What no method can prevent: fmt doesn't call methods on the
// unexported fields of a struct, so keep Users in exported ones, or pointers.
type Hash []byte

const redacted = "[redacted]"

// Format writes "[redacted]", for every verb.
func (h Hash) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// String returns "[redacted]".
func (h Hash) String() string { return redacted }

// LogValue is "[redacted]".
func (h Hash) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (h Hash) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText leaves h as it is: a hash never comes from a client.
func (h *Hash) UnmarshalText([]byte) error { return nil }

// UnmarshalJSON leaves h as it is, also for null.
func (h *Hash) UnmarshalJSON([]byte) error { return nil }

// GobEncode returns "[redacted]": sessions are often kept as gobs.
func (h Hash) GobEncode() ([]byte, error) { return h.MarshalText() }

// GobDecode leaves h as it is.
func (h *Hash) GobDecode([]byte) error { return nil }
