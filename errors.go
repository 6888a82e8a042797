package signup

import (
	"errors"
	"strings"
)

// The errors to test for with errors.Is. What Accounts, a Store, a Policy or
// a Hasher returns wraps at most one of them, with two exceptions: the Update
// of a user who is gone is both ErrConflict and ErrNotFound, and an
// ErrKeyReused may be an ErrBadCredentials. An error that is none of these is a
// failure whose text is for the log, never for a client.
var (
	// ErrExists says that the address is held by another user.
	ErrExists = errors.New("signup: address already registered")
	// ErrNotFound says that no user is stored under the key.
	ErrNotFound = errors.New("signup: user not found")
	// ErrConflict says that the user was changed since it was read.
	ErrConflict = errors.New("signup: user changed since it was read")
	// ErrInvalid says that the input can't be accepted, now or later. From
	// Accounts it is a *ValidationError, which says why.
	ErrInvalid = errors.New("signup: invalid input")
	// ErrBadCredentials says that address and password don't log anybody in,
	// and not why.
	ErrBadCredentials = errors.New("signup: bad credentials")
	// ErrKeyReused says that a Registration has the IdempotencyKey of
	// another one for the same address.
	ErrKeyReused = errors.New("signup: idempotency key of another registration")
	// ErrBusy says that nothing was done, for want of capacity, and that the
	// same call may succeed a little later.
	ErrBusy = errors.New("signup: busy")
)

// A FieldError says what is wrong with one field of the input. It is an
// ErrInvalid.
type FieldError struct {
	// Field is the field's name in requests: "email_address", "password",
	// "first_name", "last_name", the Name of a declared Field, or
	// "Idempotency-Key".
	Field string `json:"field"`
	// Code is stable, for programs: "required", "type" (not a string),
	// "invalid", "too_short", "too_long", "guessable", "common",
	// "compromised", or a code of the application's own.
	Code string `json:"code"`
	// Message is for the person who filled the form, in English. It may
	// repeat what they typed, though never a password.
	Message string `json:"message"`
}

// Error names the field and the code. It leaves out Message, so that what a
// person typed stays out of logs.
func (e FieldError) Error() string {
	return "signup: invalid " + e.Field + ": " + e.Code
}

// GoString is Error, for the same reason.
func (e FieldError) GoString() string { return e.Error() }

// Is reports whether target is ErrInvalid.
func (e FieldError) Is(target error) bool { return target == ErrInvalid }

// A ValidationError holds everything that is wrong with a Registration. It is
// an ErrInvalid; get it with errors.As.
type ValidationError struct {
	// Fields is never empty. It is in the order email_address, password,
	// first_name, last_name, then the declared fields as declared, then
	// Idempotency-Key.
	Fields []FieldError
}

// Error names the fields and their codes, and nothing that was typed.
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

// GoString is Error.
func (e *ValidationError) GoString() string { return e.Error() }

// Is reports whether target is ErrInvalid.
func (e *ValidationError) Is(target error) bool { return target == ErrInvalid }
