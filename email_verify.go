package signup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// EmailVerification says when a user must show that mail to the address arrives. The
// zero value is [VerifyNever].
type EmailVerification int

// The values of [Accounts].EmailVerification. All but the first need
// [Accounts].Send and Secrets.
const (
	// VerifyNever lets users log in with an address that was never verified.
	// [Accounts.SendEmailVerification] can be called all the same.
	VerifyNever EmailVerification = iota
	// VerifyBeforeLogIn stores the user at the sign-up, and sends a mail. A log-in
	// with the right password returns [ErrUnverified] until EmailVerifiedAt is set.
	//
	// A stranger can sign up with the address of another person, and has then chosen
	// the password. If that person uses the link in the mail, the stranger can log
	// in. With VerifyBeforeRegistration, that can't happen.
	VerifyBeforeLogIn
	// VerifyBeforeRegistration stores nothing at the sign-up. It sends a mail with a
	// token, and the password is chosen with the token, by
	// [Accounts.CompleteRegistration]. So an account is only made by a person that
	// reads the address's mail. A log-in before the address is verified is refused as
	// with VerifyBeforeLogIn. That concerns users that were stored in another way, by
	// [Accounts.Create] for example.
	VerifyBeforeRegistration
)

// awaitsVerification reports whether u has to verify the address before a log-in.
func (a *Accounts) awaitsVerification(u User) bool {
	return a.EmailVerification != VerifyNever && u.EmailVerifiedAt.IsZero()
}

// SendEmailVerification sends the user of the address email a mail with a token for
// [Accounts.VerifyEmail], if the user is active and the address isn't verified.
// Otherwise it sends nothing. The error is nil in each of these cases, so that a
// response doesn't reveal which one it was. The time that Send takes may reveal it. With
// [Accounts].Discreet, it sends [NoticeAlreadyVerified] or [NoticeNoAccount] instead.
//
// A second mail doesn't void the token of the first one. Within [Limits].MailInterval,
// only the first call for an address sends a mail, those of [Accounts.Register]
// included. The others return nil, and so does the first one if it has nothing to send.
//
// If email isn't an address, the error is a *[ValidationError]. If c.Origin makes too
// many calls ([Limits].PerOrigin), it is [ErrThrottled]. If Send or Secrets
// isn't set, the error wraps [ErrNotConfigured]. If Send returns an error, that is
// returned, without its text, and no mail was sent; call again. If the Counter fails,
// the error wraps [ErrBusy]. Any other error is the Store's or ctx's. Of c, only Origin
// is used.
func (a *Accounts) SendEmailVerification(ctx context.Context, email string, c Client) error {
	return a.sendTokenToUser(ctx, PurposeVerifyEmail, email, c)
}

// VerifyEmail sets EmailVerifiedAt of the user that the token was sent to by
// [Accounts.SendEmailVerification], or by [Accounts.Register] with [VerifyBeforeLogIn],
// and returns the user as stored. It doesn't log the user in. The token of a sign-up with
// [VerifyBeforeRegistration] is for [Accounts.CompleteRegistration].
//
// A second use of the token returns the user as well, and changes nothing, as long as
// the token hasn't expired and the address is still verified: people click twice. A
// change of the address, of SecurityStamp or of the ID voids the token.
//
// If the token isn't valid, or the user is inactive or deleted, the error is
// [ErrToken]. If Secrets isn't set, the error wraps [ErrNotConfigured]. If other calls
// change the user all the time, it is [ErrBusy]. Any other error is the Store's or
// ctx's. After an error of the Store the outcome is unknown; repeat the call.
func (a *Accounts) VerifyEmail(ctx context.Context, token string) (User, error) {
	c := a.newChange(EventEmailVerified, ReasonEmail)
	u, err := a.useToken(ctx, token, PurposeVerifyEmail, c.findIn, func(u *User) error {
		u.EmailVerifiedAt = now()
		return c.record(ctx, u)
	})
	if errors.Is(err, ErrToken) {
		u, err = a.findVerified(ctx, token)
		c.findIn(u)
	}
	if err == nil {
		c.done(ctx)
	}
	return u, err
}

// findVerified returns the user of a token for VerifyEmail that was used before, if
// only EmailVerifiedAt has changed of the state that the token is bound to. Otherwise
// the error is ErrToken.
func (a *Accounts) findVerified(ctx context.Context, text string) (User, error) {
	t, err := a.open(text, time.Now())
	if err != nil {
		return User{}, err
	}
	if t.purpose != PurposeVerifyEmail {
		return User{}, ErrToken
	}
	u, err := a.get(ctx, t.key)
	switch {
	case errors.Is(err, ErrNotFound):
		return User{}, ErrToken
	case err != nil:
		return User{}, fmt.Errorf("token: %w", err)
	}
	before := u
	before.EmailVerifiedAt = time.Time{}
	if !u.mayLogIn() || u.EmailVerifiedAt.IsZero() || !isBound(t, before) {
		return User{}, ErrToken
	}
	return u, nil
}
