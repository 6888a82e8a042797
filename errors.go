package signup

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// The errors to test for with errors.Is. An error that Accounts, a Store, a
// Policy or a Hasher returns wraps at most one of them, with one exception:
// ErrIdempotencyKeyReused may come with ErrBadCredentials. An error that wraps
// none of them is a failure; its text is for the log and never for a client.
var (
	// ErrExists means that the address belongs to another user, or is held for one
	// after a change of address.
	ErrExists = errors.New("signup: address already registered")
	// ErrReplayed means that the Store holds a user with the same key and ID:
	// this Create repeats an earlier one.
	ErrReplayed = errors.New("signup: user already created")
	// ErrNotFound means that no user is stored under the key.
	ErrNotFound = errors.New("signup: user not found")
	// ErrConflict means that the user was changed since it was read.
	ErrConflict = errors.New("signup: user changed since it was read")
	// ErrInvalid means that the input can't be accepted, now or later. If
	// Accounts refuses a Registration, it is a *ValidationError, which lists the
	// reasons.
	ErrInvalid = errors.New("signup: invalid input")
	// ErrBadCredentials means that the address and password log no user in. It
	// doesn't say why.
	ErrBadCredentials = errors.New("signup: bad credentials")
	// ErrUnverified means that the password is right, and that the user has to verify
	// the address before a log-in.
	ErrUnverified = errors.New("signup: email address not verified")
	// ErrIdempotencyKeyReused means that a Registration has the IdempotencyKey
	// of another one for the same address.
	ErrIdempotencyKeyReused = errors.New("signup: idempotency key of another registration")
	// ErrToken means that a token can't be used: it was used or superseded, has
	// expired, is for another purpose, was forged, or its user is inactive or
	// deleted. It doesn't say why.
	ErrToken = errors.New("signup: token not valid")
	// ErrEnded means that a Session doesn't go on: the user logs in again.
	ErrEnded = errors.New("signup: session ended")
	// ErrStale means that a Session goes on, but that the call needs a more recent
	// proof of the user's identity: see [Accounts.Reauthenticate], or
	// [Accounts.SendLogIn] for a user without a password. RFC 9470 describes
	// a response for it.
	ErrStale = errors.New("signup: log in again first")
	// ErrNotConfigured means that a field of Accounts which the call needs isn't
	// set.
	ErrNotConfigured = errors.New("signup: not configured")
	// ErrThrottled means that nothing was done, because one origin ([Client].Origin)
	// makes too many requests. It says nothing about any user.
	ErrThrottled = errors.New("signup: too many requests from one origin")
	// ErrBusy means that nothing was done for lack of capacity, and that the
	// same call may succeed a little later.
	ErrBusy = errors.New("signup: busy")
)

// The names of the built-in fields in requests and in FieldErrors.
const (
	FieldEmail          = "email_address"
	FieldPassword       = "password"
	FieldFirstName      = "first_name"
	FieldLastName       = "last_name"
	FieldIdempotencyKey = "Idempotency-Key" // a header of the request
)

// A FieldError describes what is wrong with one field of the input. It is
// [ErrInvalid], as a value and as a pointer.
//
// fmt and log/slog show it as Error, without Message and Value. JSON and other encodings have
// all fields, as they are for the client. The JSON handler of log/slog uses JSON for
// the elements of slices, maps and structs: don't log those, but the
// [ValidationError], which shows no Message.
type FieldError struct {
	// Field is the field's name in requests: one of the Field constants or the
	// Name of a [ProfileField].
	Field string `json:"field"`
	// Code is for programs: one of the Code constants, or a code of the
	// application's own.
	Code string `json:"code"`
	// Message is for the person that filled in the form. It may repeat what was typed,
	// but never a password. Those of this package are in English; a handler with
	// [HandlerOptions].Translate sends a translation.
	Message string `json:"message"`
	// Min and Max are the limits that Code is about, and 0 otherwise. The unit
	// depends on the Code.
	Min int `json:"min,omitzero"`
	Max int `json:"max,omitzero"`
	// Value is the text that Message quotes, such as the address as typed, but never
	// a password.
	Value string `json:"value,omitzero"`
	// Character is the character that Message quotes, such as "U+200B".
	Character string `json:"character,omitzero"`
}

// Error returns the field and the code. It leaves out Message, so that what a
// person typed stays out of logs.
func (e FieldError) Error() string {
	return "signup: invalid " + e.Field + ": " + e.Code
}

// Format writes Error for every verb that calls it.
func (e FieldError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.Error()) }

// LogValue returns Error.
func (e FieldError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// Is reports whether target is [ErrInvalid].
func (e FieldError) Is(target error) bool { return target == ErrInvalid }

// A ValidationError lists everything that is wrong with a [Registration] or a new
// password. It is [ErrInvalid]; get it with errors.As.
//
// fmt, log/slog and every encoding that uses [encoding.TextMarshaler], such as JSON,
// show it as Error. For the client, encode Fields.
type ValidationError struct {
	// Fields is never empty. Its order is email_address, password, first_name,
	// last_name, the declared fields as declared, Idempotency-Key.
	Fields []FieldError
}

// Error returns the fields and their codes, and nothing that was typed.
func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString("signup: invalid ")
	for i, f := range e.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Field + ": " + f.Code)
	}
	return b.String()
}

// Format writes Error for every verb that calls it.
func (e *ValidationError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.Error()) }

// LogValue returns Error.
func (e *ValidationError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// MarshalText returns Error.
func (e *ValidationError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Is reports whether target is [ErrInvalid].
func (e *ValidationError) Is(target error) bool { return target == ErrInvalid }
