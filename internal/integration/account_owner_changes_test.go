package integration

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"slices"

	"github.com/gosignup/signup"
)

func (o *owner) newPassword() string { return "the correct horse of " + rand.Text() }

// changed notes that the password was changed, which ends all sessions. The log-in with
// it may be the only proof that it was.
func (o *owner) changed(ctx context.Context, next string) {
	o.void = last(append(o.void, o.password))
	o.password = next
	o.ended, o.live = last(append(o.ended, o.live...)), nil
	o.logIn(ctx)
}

func (o *owner) changePassword(ctx context.Context) {
	next := o.newPassword()
	repeated, err := o.until(ctx, func(ctx context.Context) error {
		_, err := o.accounts.ChangePassword(ctx, o.email, o.password, next)
		return err
	})
	if !(repeated && err == signup.ErrBadCredentials) { // an earlier call has made the change
		o.want(ctx, "ChangePassword", err, nil)
	}
	o.passwords.Add(1)
	o.changed(ctx, next)
}

func (o *owner) setPassword(ctx context.Context) {
	next := o.newPassword()
	_, err := o.until(ctx, func(ctx context.Context) error {
		_, err := o.accounts.SetPassword(ctx, o.email, next)
		return err
	})
	o.want(ctx, "SetPassword", err, nil)
	o.passwords.Add(1)
	o.changed(ctx, next)
}

// token returns the token of a mail for a reset.
func (o *owner) token(ctx context.Context) string {
	_, err := o.until(ctx, func(ctx context.Context) error { return o.accounts.SendPasswordReset(ctx, o.email, signup.Client{}) })
	o.want(ctx, "SendPasswordReset", err, nil)
	return o.box.take(o.email)
}

func (o *owner) use(ctx context.Context, token, password string) (repeated bool, err error) {
	return o.until(ctx, func(ctx context.Context) error {
		_, err := o.accounts.ResetPassword(ctx, token, password)
		return err
	})
}

// reset uses a token, which is void then.
func (o *owner) reset(ctx context.Context) {
	token, next := o.token(ctx), o.newPassword()
	repeated, err := o.use(ctx, token, next)
	if !(repeated && err == signup.ErrToken) { // an earlier call has used it
		o.want(ctx, "ResetPassword", err, nil)
	}
	o.resets.Add(1)
	o.changed(ctx, next)
	o.refuse(ctx, token)
}

// useVoidToken uses a token that a new password has made void.
func (o *owner) useVoidToken(ctx context.Context) {
	token := o.token(ctx)
	o.setPassword(ctx)
	o.refuse(ctx, token)
}

// refuse uses a void token. Its password must never log the user in.
func (o *owner) refuse(ctx context.Context, token string) {
	never := o.newPassword()
	_, err := o.use(ctx, token, never)
	o.want(ctx, "ResetPassword with a void token", err, signup.ErrToken)
	o.voids.Add(1)
	o.void = last(append(o.void, never))
}

func (o *owner) logIn(ctx context.Context) {
	var s signup.Session
	_, err := o.until(ctx, func(ctx context.Context) (err error) {
		s, err = o.accounts.LogIn(ctx, o.email, o.password, signup.Client{Label: "killed"})
		return err
	})
	o.want(ctx, "LogIn with the acknowledged password", err, nil)
	if err == nil {
		o.logIns.Add(1)
		o.live = last(append(o.live, s))
	}
}

func (o *owner) endDevice(ctx context.Context) {
	if len(o.live) == 0 {
		return
	}
	i := mathrand.IntN(len(o.live))
	s := o.live[i]
	repeated, err := o.until(ctx, func(ctx context.Context) error { return o.accounts.EndDevice(ctx, s, s.Device) })
	if !(repeated && err == signup.ErrEnded) { // an earlier call has ended it
		o.want(ctx, "EndDevice", err, nil)
	}
	o.ends.Add(1)
	o.live = slices.Delete(o.live, i, i+1)
	o.ended = last(append(o.ended, s))
}

func (o *owner) endOthers(ctx context.Context) {
	if len(o.live) == 0 {
		return
	}
	var next signup.Session
	repeated, err := o.until(ctx, func(ctx context.Context) (err error) {
		next, err = o.accounts.EndOtherSessions(ctx, o.live[0])
		return err
	})
	o.ended, o.live = last(append(o.ended, o.live...)), nil
	o.ends.Add(1)
	if err == nil {
		o.live = []signup.Session{next}
	} else if !(repeated && err == signup.ErrEnded) { // an earlier call has ended all
		o.want(ctx, "EndOtherSessions", err, nil)
	}
}
