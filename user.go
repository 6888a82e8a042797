package signup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"time"
)

// A User is one account. It is plain data: copies share Profile, and a User
// must not be used by several goroutines while one of them changes it. The zero
// User has no key, so that no Store accepts it.
//
// fmt, log/slog, JSON and every encoding that uses [encoding.TextMarshaler] show
// only ID and Active; see [Hash] for the limits. For people, encode what
// [Accounts.Public] returns. Decoding JSON or text into a User is an error, so that
// no client sets its fields. Gob keeps the exported fields except PasswordHash,
// Private and Version. A struct that embeds a User has the User's forms, without
// its own fields: make the User a named field.
type User struct {
	// ID identifies the account and never changes. It is random, or derived
	// from the random Registration.IdempotencyKey, and reveals nothing about
	// the address. While an address is being changed, one ID is stored under
	// two keys.
	ID string
	// Email is the address that mail is sent to, as [NormalizeEmail] returns it:
	// as the user typed it, except for surrounding white space, the
	// normalization of the local part, and the mapping of a domain that was not
	// typed in ASCII. Compare addresses by Key. A Store keeps Email as given.
	Email     string
	FirstName string
	LastName  string
	// PasswordHash is the hash that a password is checked against. If it is
	// empty, no password matches.
	PasswordHash Hash
	// Active reports whether the user may log in.
	Active bool
	// CreatedAt is when the account was created, and UpdatedAt when it was last
	// changed, in UTC, to the millisecond. Accounts sets both. An application
	// that changes a user with Store.Update sets UpdatedAt itself; a Store keeps
	// both as given.
	CreatedAt time.Time
	UpdatedAt time.Time
	// EmailVerifiedAt is when the user last proved that mail to Email reaches
	// them. Zero: never. In UTC, to the millisecond.
	EmailVerifiedAt time.Time
	// Profile holds the values of the declared extra fields ([Accounts.Fields])
	// by name. A field without a value is absent. Nil and empty are the same.
	Profile map[string]string

	// SecurityStamp is a random text that changes whenever all sessions and
	// tokens of the user must end: with a new password or address, a removed
	// second factor, or "log out everywhere". A rehash doesn't change it.
	// Register sets it. Users stored before it existed have the empty stamp,
	// which is a stamp like any other.
	SecurityStamp string
	// Private is kept for this package; see its type.
	Private Private
	// Placeholder reports that this is not a user but an address that is held for one
	// while an address is changed or the user is being deleted. No user logs in to a
	// placeholder, and searches, exports and listings leave it out; [Store.Get] returns
	// it.
	Placeholder bool

	// Version is set by the Store. Update and Delete compare it with the
	// stored user's.
	Version Version

	key   string // as SetKey set it,
	rule  string
	keyOf string // for this Email
}

// Key returns the canonical form of u.Email. Stores find a user by it, and no
// two users share one. If Email has no canonical form (see [CanonicalEmail]), Key
// returns "".
//
// For a user read from a Store, Key returns the key under which the Store holds
// the user, even if CanonicalEmail would return another one today because its
// Unicode tables have changed. That stays so when Email is spelled in another
// way, and ends when it becomes another address.
func (u User) Key() string {
	key, _ := u.keyAndRule()
	return key
}

// KeyRule returns the name of the rule by which Key was made: [EmailRule], or, for
// a user read from a Store, the rule that the Store holds.
func (u User) KeyRule() string {
	_, rule := u.keyAndRule()
	return rule
}

func (u User) keyAndRule() (key, rule string) {
	if u.key != "" && u.keyOf == u.Email {
		return u.key, u.rule
	}
	key, err := CanonicalEmail(u.Email)
	if u.key != "" {
		before, beforeErr := CanonicalEmail(u.keyOf)
		same := before == key
		if err != nil && beforeErr != nil { // an address of an earlier rule
			same = strings.EqualFold(u.keyOf, u.Email)
		}
		if same {
			return u.key, u.rule
		}
	}
	return key, EmailRule
}

// mayLogIn reports whether u is an active user.
func (u User) mayLogIn() bool { return u.Active && !u.Placeholder }

// SetKey is for implementations of [Store]. It sets what Key and KeyRule return
// for the present Email: the key under which the user is stored, and its rule.
func (u *User) SetKey(key, rule string) { u.key, u.rule, u.keyOf = key, rule, u.Email }

// SetPassword sets u.PasswordHash to a hash of password by [Bcrypt]{}. It is for
// imports and tests: it hashes in the calling goroutine, without limit, checks
// no policy, changes neither u.SecurityStamp nor the Store, and ignores the
// application's [Hasher]. To set the password of a stored user, call
// [Accounts.SetPassword] or [Accounts.ChangePassword]. If password is empty, longer
// than 4096 bytes or not UTF-8, the error is [ErrInvalid].
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

// CheckPassword reports whether password is the user's. It is for imports and
// tests: it hashes in the calling goroutine, without limit, and ignores Active
// and Placeholder. To log a user in, call [Accounts.Authenticate]. To check the old
// password before a change, call [Accounts.ChangePassword].
//
// The hash may cost as much as the default of HashLimits.MaxStoredWork permits
// with the default Hasher. It may have any of these formats:
//
//   - those of Bcrypt and Argon2id
//   - "$2a$", "$2b$" and "$2y$": bcrypt by other programs, for passwords of at
//     most 72 bytes
//   - "$argon2id$…" and "$argon2i$…": the PHC string format, version 19, and version
//     16 with or without "v=16", with at most 64 lanes
//   - "pbkdf2:sha256:…" and the other digests, "scrypt:N:r:p$…", and "sha1$…"
//     and the other digests (an HMAC keyed by the salt): Werkzeug, used by Flask
//   - "pbkdf2_sha256$…", "pbkdf2_sha1$…", "argon2$argon2id$…", "argon2$argon2i$…",
//     "bcrypt_sha256$$2b$…", "bcrypt$$2b$…" (for passwords of at most 72 bytes),
//     "scrypt$…" and "sha1$salt$…": Django
//   - "$pbkdf2$…", "$pbkdf2-sha256$…" and "$pbkdf2-sha512$…": passlib
//
// Digests without a salt and Django's salted MD5 are not accepted.
//
// Hashes by other programs are checked with the password as it was typed, then
// in normalization form C. A hash that contains the password itself is never
// accepted.
func (u User) CheckPassword(password string) bool {
	if len(password) > maxPasswordText {
		return false
	}
	s, ok := parseHash(u.PasswordHash)
	return ok && Work(s.Work).fits(defaultMaxStored(Bcrypt{}.Work())) && s.Verify(password, false).OK
}

// Equal reports whether u and v are the same in all exported fields except
// Version. Times are compared to the millisecond.
func (u User) Equal(v User) bool {
	sameTime := func(a, b time.Time) bool {
		return a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond))
	}
	return u.ID == v.ID &&
		u.Email == v.Email &&
		u.FirstName == v.FirstName &&
		u.LastName == v.LastName &&
		u.PasswordHash == v.PasswordHash &&
		u.Active == v.Active &&
		sameTime(u.CreatedAt, v.CreatedAt) &&
		sameTime(u.UpdatedAt, v.UpdatedAt) &&
		sameTime(u.EmailVerifiedAt, v.EmailVerifiedAt) &&
		maps.Equal(u.Profile, v.Profile) &&
		u.SecurityStamp == v.SecurityStamp &&
		u.Private == v.Private &&
		u.Placeholder == v.Placeholder
}

// Format writes ID and Active for every verb that calls it.
func (u User) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, shortForm(u.ID, u.Active)) }

// LogValue returns ID and Active.
func (u User) LogValue() slog.Value { return shortLogValue(u.ID, u.Active) }

// MarshalText returns ID and Active, in the form that fmt writes.
func (u User) MarshalText() ([]byte, error) { return []byte(shortForm(u.ID, u.Active)), nil }

// UnmarshalText returns an error and leaves u as it is.
func (u *User) UnmarshalText([]byte) error { return errUserDecoded }

// MarshalJSON returns an object with the members id and is_active.
func (u User) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID     string `json:"id"`
		Active bool   `json:"is_active"`
	}{u.ID, u.Active})
}

// UnmarshalJSON leaves u as it is. It returns an error, except for null.
func (u *User) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	return errUserDecoded
}

var errUserDecoded = errors.New("signup: a User can't be decoded from JSON or text: keep its key, and read it from the Store")

// shortForm returns what fmt shows of a user.
func shortForm(id string, active bool) string { return fmt.Sprintf("{ID:%s Active:%t}", id, active) }

// shortLogValue returns what log/slog shows of a user.
func shortLogValue(id string, active bool) slog.Value {
	return slog.GroupValue(slog.String("id", id), slog.Bool("active", active))
}
