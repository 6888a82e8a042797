package signup

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// sendRegistration is Register with VerifyBeforeRegistration: it sends a mail with a
// token, and stores nothing.
func (a *Accounts) sendRegistration(ctx context.Context, r Registration) (User, error) {
	u := User{Email: r.Email}
	if e := checkEmail(&u); e != nil {
		return User{}, &ValidationError{Fields: []FieldError{*e}}
	}
	switch taken, err := a.isTaken(ctx, u.Key()); {
	case taken:
		return User{}, fmt.Errorf("register: %w", ErrExists)
	case err != nil:
		return User{}, fmt.Errorf("register: %w", err)
	}
	// The token has the key, and the address as it was typed.
	if err := a.sendToken(ctx, PurposeVerifyEmail, u, u.Email); err != nil {
		return User{}, err
	}
	return u, nil
}

// CompleteRegistration creates an active user with a verified address, stores it and
// returns it as stored. The token is from the mail that [Accounts.Register] has sent
// with [VerifyBeforeRegistration]. The address is the one that the mail was sent to;
// the Email and the IdempotencyKey of r aren't used. Otherwise the rules for r, the
// errors and the cost are those of Register.
//
// The token works once: one call stores a user, of any number at once. As long as the
// token hasn't expired, a repetition with the same password and the same r returns the
// user again, so that a call can be repeated after a failure of unknown outcome. If r
// or the password isn't accepted, the token can still be used. A repetition checks the
// password of the user, so the calls must be limited like log-ins.
//
// If the token isn't valid, the error is [ErrToken]. It is so also if the address was
// registered by other means since the mail was sent, and for a repetition that differs
// from the first call. If Secrets isn't set, the error wraps [ErrNotConfigured].
func (a *Accounts) CompleteRegistration(ctx context.Context, token string, r Registration) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	t, err := a.open(token, time.Now())
	if err != nil {
		return User{}, err
	}
	if t.purpose != PurposeVerifyEmail || subtle.ConstantTimeCompare(stateOf(t.purpose, User{}), t.state) != 1 {
		return User{}, ErrToken // such as one for a user
	}
	sum := sha256.Sum256([]byte("github.com/gosignup/signup: registration by " + token))
	r.Email, r.IdempotencyKey = t.extra, hex.EncodeToString(sum[:])
	stored, err := a.get(ctx, t.key)
	switch {
	case err == nil && stored.ID != newID(r.IdempotencyKey, t.key): // without a hash
		return User{}, ErrToken
	case err != nil && !errors.Is(err, ErrNotFound):
		return User{}, fmt.Errorf("register: %w", err)
	}
	u, _, err := a.create(ctx, r, now())
	if errors.Is(err, ErrExists) || errors.Is(err, ErrIdempotencyKeyReused) {
		return User{}, ErrToken
	}
	return u, err
}
