package signup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// sendRegistration is Register with VerifyBeforeRegistration: it sends a mail with a
// token, and stores nothing.
func (a *Accounts) sendRegistration(ctx context.Context, r Registration) (User, error) {
	u, err := newAddress(r.Email)
	if err != nil {
		return User{}, err
	}
	asked := func() error {
		return a.before(ctx, Event{Kind: EventRegistered, Reason: ReasonEmail, At: now()}, u)
	}
	if a.Discreet {
		err = asked()
		if err == nil {
			err = a.registerDiscreetly(ctx, u)
		}
		if err != nil {
			return User{}, err
		}
		return u, nil
	}
	may, err := a.countMail(ctx, PurposeRegister, u.Key())
	if err != nil {
		return User{}, fmt.Errorf("register: %w", err)
	}
	err = a.checkFree(ctx, u)
	if err == nil {
		err = asked()
	}
	if err == nil && may {
		// The token has the key, and the address as it was typed.
		err = a.sendToken(ctx, PurposeRegister, u, u.Email)
	}
	if err != nil {
		if may {
			a.mailNotSent(ctx, PurposeRegister, u.Key())
		}
		return User{}, err
	}
	return u, nil
}

// newAddress returns a User without ID for the address email, or a *ValidationError.
func newAddress(email string) (User, error) {
	u := User{Email: email}
	if e := checkEmail(&u); e != nil {
		return User{}, &ValidationError{Fields: []FieldError{*e}}
	}
	return u, nil
}

// checkFree returns ErrExists if a user is stored under the key of u, or it is held for
// one.
func (a *Accounts) checkFree(ctx context.Context, u User) error {
	taken, err := a.isTaken(ctx, u.Key())
	if taken {
		err = ErrExists
	}
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// CompleteRegistration creates an active user with a verified address, stores it and
// returns it as stored. The token is from the mail that [Accounts.Register] has sent
// with [VerifyBeforeRegistration], or from that of [Accounts.Invite] with any
// [EmailVerification]. The address is the one that the mail was sent to; the Email and
// the IdempotencyKey of r aren't used. Otherwise the rules for r, the errors and the
// cost are those of Register.
//
// The token works once: one call stores a user, of any number at once. As long as the
// token hasn't expired, and for 24 hours at most, a repetition with the same password
// and the same r returns the user again, so that a call can be repeated after a failure
// of unknown outcome. If r or the password isn't accepted, the token can still be used.
// If the user is deleted before the token expires, the token can be used again. A
// repetition checks the password of the user, and a wrong one is counted and limited as
// a failed log-in is.
//
// If the token isn't valid, the error is [ErrToken]. It is so also if the address was
// registered by other means since the mail was sent, and for a repetition that differs
// from the first call. If Secrets isn't set, the error wraps [ErrNotConfigured].
func (a *Accounts) CompleteRegistration(ctx context.Context, token string, r Registration) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	if err := a.countOrigin(ctx, r.Client); err != nil {
		return User{}, fmt.Errorf("register: %w", err)
	}
	t, err := a.open(token, time.Now())
	if err != nil {
		return User{}, err
	}
	if !purposes[t.purpose].absent || !isBound(t, User{}) {
		return User{}, ErrToken // such as one for a user
	}
	sum := sha256.Sum256([]byte("github.com/gosignup/signup: registration by " + token))
	r.IdempotencyKey = hex.EncodeToString(sum[:])
	return a.registerBy(ctx, t, r)
}

// registerBy is CompleteRegistration by the content of its token, whose purpose shows
// whether it is an invitation. The IdempotencyKey of r is that of the token.
func (a *Accounts) registerBy(ctx context.Context, t token, r Registration) (User, error) {
	r.Email = t.extra
	stored, err := a.get(ctx, t.key)
	switch {
	case err == nil && !stored.isReleased() && stored.ID != newID(r.IdempotencyKey, t.key): // without a hash
		return User{}, ErrToken
	case err != nil && !errors.Is(err, ErrNotFound):
		return User{}, fmt.Errorf("register: %w", err)
	}
	reason := ReasonEmail
	if t.purpose == PurposeInvite {
		reason = ReasonInvitation
	}
	u, _, err := a.create(ctx, r, now(), reason)
	if errors.Is(err, ErrExists) || errors.Is(err, ErrIdempotencyKeyReused) {
		return User{}, ErrToken
	}
	return u, err
}
