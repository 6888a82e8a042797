package signup

import (
	"fmt"
	"log/slog"

	"github.com/gosignup/signup/internal/hashfmt"
)

// A Hash is the hash of a password, in a format that names itself, such as
// bcrypt's "$2a$12$…". The empty Hash matches no password. A Hash is text: a
// Store may refuse one that isn't UTF-8.
//
// A Hash is shown as "[redacted]" by fmt and log/slog and by every encoding that
// uses [encoding.TextMarshaler] or [encoding.BinaryMarshaler] (JSON, XML, YAML,
// gob, CBOR), and decoding never sets it. A Store converts it with string(h).
//
// There are limits. fmt doesn't call the methods of unexported struct fields, nor
// any method for the verbs %w and %p of a value that isn't an error or a pointer,
// nor within a pointer to a struct that is itself in a slice, map or struct, for the
// verbs that don't print pointers, such as %s and %q.
// encoding/json doesn't call them for the keys of a map.
type Hash string

// Scheme returns the name of h's format, without hashing anything. It returns ""
// for a format that is not in this table, for the empty Hash, and for a text that
// contains the password itself.
//
//	Scheme                  Format                              Made by
//	bcrypt                  $2a$… $2b$… $2y$…                   Bcrypt, other programs
//	bcrypt-hmac-sha384      $hmac-sha384-bcrypt$2a$…            Bcrypt, for passwords of 72 bytes and more
//	argon2id                $argon2id$v=19$m=…,t=…,p=…$…        Argon2id, other programs
//	argon2i                 $argon2i$v=19$m=…,t=…,p=…$…         other programs
//	werkzeug-scrypt         scrypt:N:r:p$…                      Werkzeug (Flask)
//	werkzeug-pbkdf2         pbkdf2:sha256:… and other digests   Werkzeug
//	werkzeug-hmac           sha1$… and other digests            Werkzeug, before PBKDF2
//	django-pbkdf2-sha256    pbkdf2_sha256$…                     Django
//	django-pbkdf2-sha1      pbkdf2_sha1$…                       Django
//	django-argon2id         argon2$argon2id$…                   Django
//	django-argon2i          argon2$argon2i$…                    Django, before 3.2
//	django-bcrypt           bcrypt$$2b$…                        Django, for passwords of at most 72 bytes
//	django-bcrypt-sha256    bcrypt_sha256$$2b$…                 Django
//	django-scrypt           scrypt$N$salt$r$p$…                 Django
//	django-sha1             sha1$…                              Django, before PBKDF2
//	passlib-pbkdf2-sha1     $pbkdf2$…                           passlib
//	passlib-pbkdf2-sha256   $pbkdf2-sha256$…                    passlib
//	passlib-pbkdf2-sha512   $pbkdf2-sha512$…                    passlib
//
// The digests are md5, sha1, sha224, sha256, sha384 and sha512. Argon2 may also have
// v=16, or no version, which is the same, and at most 64 lanes (p). A hash of the
// form sha1$… is compared with both Werkzeug's and Django's algorithm; it is called
// werkzeug-hmac if its salt has 8 or 16 characters. A hash of the form md5$… with a
// salt of another length is Django's, which has no scheme. [User.CheckPassword] and
// [Accounts.Authenticate] verify exactly these formats, within a limit on the cost
// ([HashLimits].MaxStoredWork). Scheme says nothing about that limit: a hash that
// has a Scheme may be too costly to match any password.
func (h Hash) Scheme() string {
	stored, _ := parseHash(h)
	return stored.Scheme
}

// parseHash parses h, and reports whether it is in a known format.
func parseHash(h Hash) (hashfmt.Hash, bool) {
	return hashfmt.Parse(string(h))
}

// A Private is what this package keeps with a user and no application reads,
// such as devices and second factors. A Store keeps it byte for byte and looks
// at nothing in it. It is at most [MaxPrivate] bytes long.
//
// A Private is redacted and ignores decoding, like a [Hash].
type Private string

// MaxPrivate is the greatest length of a User's Private, in bytes. A Store
// returns ErrInvalid for a longer one.
const MaxPrivate = 64 << 10

// A Version identifies one state of a stored user. Only the Store that made it
// can interpret it; two Versions of one Store are equal if and only if they
// identify the same state of the same user. The empty Version identifies none.
//
// A Version stays in the process, as the Hash it belongs to does: an encoding
// that drops the one drops the other. So a User that was decoded from a session
// or a cache, and lost its hash on the way, has no Version, and Update refuses it
// instead of storing a user without a password. A program that sends a Version to
// a client, as an ETag for example, converts it with string(v). When it comes
// back, compare it with the Version of the user that Get returns, and never set
// it on another User.
type Version string

const redacted = "[redacted]"

// Format writes "[redacted]" for every verb that calls it.
func (h Hash) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// String returns "[redacted]".
func (h Hash) String() string { return redacted }

// LogValue returns "[redacted]".
func (h Hash) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (h Hash) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText leaves h as it is: a hash never comes from a client.
func (h *Hash) UnmarshalText([]byte) error { return nil }

// UnmarshalJSON leaves h as it is, also for values other than strings.
func (h *Hash) UnmarshalJSON([]byte) error { return nil }

// MarshalBinary returns "[redacted]". Gob uses it.
func (h Hash) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalBinary leaves h as it is.
func (h *Hash) UnmarshalBinary([]byte) error { return nil }

// Format writes "[redacted]" for every verb that calls it.
func (p Private) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// String returns "[redacted]".
func (p Private) String() string { return redacted }

// LogValue returns "[redacted]".
func (p Private) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (p Private) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText leaves p as it is.
func (p *Private) UnmarshalText([]byte) error { return nil }

// UnmarshalJSON leaves p as it is, also for values other than strings.
func (p *Private) UnmarshalJSON([]byte) error { return nil }

// MarshalBinary returns "[redacted]". Gob uses it.
func (p Private) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalBinary leaves p as it is.
func (p *Private) UnmarshalBinary([]byte) error { return nil }

// MarshalText returns the empty text.
func (v Version) MarshalText() ([]byte, error) { return []byte{}, nil }

// UnmarshalText leaves v as it is.
func (v *Version) UnmarshalText([]byte) error { return nil }

// UnmarshalJSON leaves v as it is, also for values other than strings.
func (v *Version) UnmarshalJSON([]byte) error { return nil }

// MarshalBinary returns no bytes. Gob uses it.
func (v Version) MarshalBinary() ([]byte, error) { return []byte{}, nil }

// UnmarshalBinary leaves v as it is.
func (v *Version) UnmarshalBinary([]byte) error { return nil }
