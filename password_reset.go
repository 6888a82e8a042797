package signup

import (
	"context"
)

// SendPasswordReset sends the user of the address email a mail with a token for
// [Accounts.ResetPassword], if the user is active. The user may have no password yet,
// and the address may be unverified. Otherwise it sends nothing. The error is nil
// whether or not a mail was sent for the address, so that a response doesn't reveal
// which addresses are registered. The time that Send takes may reveal it. With
// [Accounts].Discreet, it sends [NoticeNoAccount] instead of nothing.
//
// The mail goes to the stored address, never to another spelling that was typed. A
// second mail doesn't void the token of the first one; a reset voids all. The old
// password goes on working until then. How often a mail is sent to an address is
// limited as by [Accounts.SendEmailVerification], with a count of its own.
//
// The errors, and the use of c, are those of SendEmailVerification.
func (a *Accounts) SendPasswordReset(ctx context.Context, email string, c Client) error {
	return a.sendTokenToUser(ctx, PurposeResetPassword, email, c)
}

// ResetPassword sets the password of the user that the token was sent to by
// [Accounts.SendPasswordReset], and returns the user as stored. It doesn't log the user
// in.
//
// With the password, ResetPassword changes SecurityStamp, which ends all sessions and
// voids all other tokens of the user. The count of wrong passwords begins again.
// ResetPassword sets EmailVerifiedAt if that is zero, because the mail has reached the
// user. Second factors stay. Afterwards it sends a mail with [NoticePasswordChanged].
//
// The token works once: of any number of calls at once, one sets a password, and the
// others return [ErrToken]. So does a call during which the user is deactivated,
// deleted, registered anew, or changed in address or SecurityStamp. A rehash and a change of
// names or Profile leave the token valid. A token that expires during the call is used
// all the same.
//
// The rules for the password, its cost and the other errors are those of
// [Accounts.SetPassword]. If the password isn't accepted, the token can still be used.
// The Policy is asked, and the password hashed, only if the token is valid. If Send or
// Secrets isn't set, the error wraps [ErrNotConfigured].
//
// After an error of the Store, the outcome is unknown. Repeat the call: if that returns
// ErrToken, the first call may have succeeded, and the password logs the user in.
func (a *Accounts) ResetPassword(ctx context.Context, token, password string) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	if err := a.checkMail(); err != nil {
		return User{}, err
	}
	if e := checkPasswordText(password); e != nil {
		return User{}, &ValidationError{Fields: []FieldError{*e}}
	}
	u, t, err := a.findByToken(ctx, token, PurposeResetPassword)
	if err != nil {
		return User{}, err
	}
	verify := func(u *User) {
		if u.EmailVerifiedAt.IsZero() {
			u.EmailVerifiedAt = now()
		}
	}
	verify(&u)
	u, err = a.setPassword(ctx, u, password, ReasonReset, func(stored *User) error {
		if !stored.mayLogIn() || !isBound(t, *stored) {
			return ErrToken
		}
		verify(stored)
		return nil
	})
	if err == nil {
		a.sendNotice(ctx, u, NoticePasswordChanged)
	}
	return u, err
}
