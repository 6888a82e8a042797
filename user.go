package signup

import (
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"
)

// A User is one account. It is plain data: copies share Profile, and a User
// must not be used by several goroutines while one of them changes it. The zero
// User has no key, so that no Store accepts it.
//
// Its JSON form is the application's: it leaves out PasswordHash, SecurityStamp,
// Private, Placeholder and Version, and has the whole Profile. For people, encode
// what [Accounts.Public] returns. fmt and log/slog show only ID and Active; see
// [Hash] for their limits.
type User struct {
	// ID identifies the account and never changes. It is random, or derived
	// from the random Registration.IdempotencyKey, and reveals nothing about
	// the address. While an address is being changed, one ID is stored under
	// two keys.
	ID string `json:"id"`
	// Email is the address that mail is sent to, as [NormalizeEmail] returns it:
	// as the user typed it, except for surrounding white space, the
	// normalization of the local part, and the mapping of a domain that was not
	// typed in ASCII. Compare addresses by Key. A Store keeps Email as given.
	Email     string `json:"email_address"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	// PasswordHash is the hash that a password is checked against. If it is
	// empty, no password matches.
	PasswordHash Hash `json:"-"`
	// Active reports whether the user may log in.
	Active bool `json:"is_active"`
	// CreatedAt is when the account was created, and UpdatedAt when it was last
	// changed, in UTC, to the millisecond. Accounts sets both. An application
	// that changes a user with Store.Update sets UpdatedAt itself; a Store keeps
	// both as given.
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// EmailVerifiedAt is when the user last proved that mail to Email reaches
	// them. Zero: never. In UTC, to the millisecond.
	EmailVerifiedAt time.Time `json:"email_verified_at,omitzero"`
	// Profile holds the values of the declared extra fields ([Accounts.Fields])
	// by name. A field without a value is absent. Nil and empty are the same.
	Profile map[string]string `json:"profile,omitempty"`

	// SecurityStamp is a random text that changes whenever all sessions and
	// tokens of the user must end: with a new password or address, a removed
	// second factor, or "log out everywhere". A rehash doesn't change it.
	// Register sets it. Users stored before it existed have the empty stamp,
	// which is a stamp like any other.
	SecurityStamp string `json:"-"`
	// Private is kept for this package; see its type.
	Private Private `json:"-"`
	// Placeholder reports that this is not a user but an address that is held
	// for one while an address is changed. No user logs in to a placeholder, and
	// searches, exports and listings leave it out; [Store.Get] returns it.
	Placeholder bool `json:"-"`

	// Version is set by the Store. Update and Delete compare it with the
	// stored user's.
	Version Version `json:"-"`

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

// KeyRule returns the name of the rule by which Key was made: EmailRule, or, for
// a user read from a Store, the rule that the Store holds.
func (u User) KeyRule() string {
	_, rule := u.keyAndRule()
	return rule
}

func (u User) keyAndRule() (key, rule string) {
	if u.key != "" && strings.EqualFold(u.keyOf, u.Email) { // also if today's rule refuses both
		return u.key, u.rule
	}
	key, err := CanonicalEmail(u.Email)
	if err != nil {
		return "", EmailRule
	}
	if u.key != "" {
		if before, err := CanonicalEmail(u.keyOf); err == nil && before == key {
			return u.key, u.rule
		}
	}
	return key, EmailRule
}

// mayLogIn reports whether u is an active user.
func (u User) mayLogIn() bool { return u.Active && !u.Placeholder }

// SetKey is for implementations of Store. It sets what Key and KeyRule return
// for the present Email: the key under which the user is stored, and its rule.
func (u *User) SetKey(key, rule string) { u.key, u.rule, u.keyOf = key, rule, u.Email }

// SetPassword sets u.PasswordHash to a hash of password by Bcrypt{}. It is for
// imports and tests: it hashes in the calling goroutine, without limit, checks
// no policy, changes neither u.SecurityStamp nor the Store, and ignores the
// application's [Hasher]. If password is empty, longer than 4096 bytes or not
// UTF-8, the error is ErrInvalid.
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
// and Placeholder. To log a user in, call [Accounts.Authenticate].
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
func (u User) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "{ID:%s Active:%t}", u.ID, u.Active)
}

// LogValue returns ID and Active.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", u.ID), slog.Bool("active", u.Active))
}
