package signup

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"time"
)

// ConfirmEmailChange changes the address of the user that asked for it by
// [Accounts.SendEmailChange], and returns the user as stored. The token is from the mail
// to the new address. ConfirmEmailChange doesn't log the user in.
//
// With the address, it changes SecurityStamp, which ends all sessions and voids all
// other tokens of the user, except those for [Accounts.UndoEmailChange]. It sets
// EmailVerifiedAt to the present. The password, the names, the Profile and the list of
// devices stay, and a change of them by another call in the meantime is kept. The user
// logs in with the new address from then on, and with the old one no longer.
//
// The old address is held for the user for UndoLife: no other user can register it. A copy
// of the account as it was, with the hash of the password, stays stored under it until
// the address is needed, or until the account is changed again after that time or is
// deleted. Then the old address gets a mail with [NoticeEmailChanged] and a token for
// UndoEmailChange, also if the step after the one that decides fails. If that mail fails,
// the change stands, and the error is logged. The token that SendEmailChange has sent
// undoes the change as well.
//
// The change has several steps, of which one decides. In every state of the Store
// between them the user logs in with exactly one of the addresses. If the process stops
// on the way, the next call that concerns the new address finishes the change, or the
// token is used again.
//
// A second use of the token returns the user and changes nothing, as long as the token
// hasn't expired and the user still has the new address: people click twice. It isn't so
// if only the spelling of the address was changed. After that, the former spelling gets
// a mail with NoticeEmailChanged and without a token.
//
// If the new address belongs to another user by now, or is held for one, the error is
// [ErrExists]. Of two users that change to one address at once, one succeeds. If the
// token isn't valid, or the user is inactive or deleted, the error is [ErrToken]. The
// errors [ErrBusy] and [ErrNotConfigured] are as with SendEmailChange; ErrBusy also
// means that other calls change the user all the time. Any other error is the Store's or
// ctx's. After an error of the Store the outcome is unknown; repeat the call.
func (a *Accounts) ConfirmEmailChange(ctx context.Context, token string) (User, error) {
	t, u, to, err := a.findEmailChange(ctx, token)
	if err != nil {
		return User{}, err
	}
	if !u.Placeholder && isRespelling(u, to.Email) {
		return a.respell(ctx, token, to.Email)
	}
	m := &move{
		change: a.newChange(EventEmailChanged, ReasonEmail),
		id:     u.ID, from: t.key, to: to, stamp: rand.Text(), life: a.undoLife(),
		check: func(u User) error {
			if !u.Active || !isBound(t, u) {
				return ErrToken
			}
			return nil
		},
	}
	if m.released, err = a.releaseExpired(ctx, u); err != nil {
		return User{}, moveError(err)
	}
	u, err = a.move(ctx, m)
	if m.change.refusal != nil {
		return User{}, m.change.refusal
	}
	if err == nil && m.change.findIn(u) {
		m.change.done(ctx)
	}
	if m.before.ID != "" { // the change is made, whatever err is
		a.afterChange(ctx, m.before, func(ctx context.Context) error {
			return a.sendUndo(ctx, m.before, NoticeEmailChanged, a.undoLife())
		})
	}
	if err == nil && !u.mayLogIn() {
		return User{}, ErrToken // deactivated since
	}
	return u, moveError(err)
}

// findEmailChange returns what the token of a change of address says: the token, the
// user that it is bound to as stored, and the new address and key.
func (a *Accounts) findEmailChange(ctx context.Context, text string) (t token, u, to User, err error) {
	if err := a.checkMail(); err != nil {
		return token{}, User{}, User{}, err
	}
	t, err = a.open(text, time.Now())
	if err != nil {
		return token{}, User{}, User{}, err
	}
	to = User{Email: t.extra}
	if t.purpose != PurposeChangeEmail || checkEmail(&to) != nil {
		return token{}, User{}, User{}, ErrToken
	}
	u, err = a.get(ctx, t.key)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !isBound(t, u):
		return token{}, User{}, User{}, ErrToken
	case err != nil:
		return token{}, User{}, User{}, moveError(err)
	}
	return t, u, to, nil
}

// move calls tryMove until it decides.
func (a *Accounts) move(ctx context.Context, m *move) (User, error) {
	for range maxChanges {
		if u, again, err := a.tryMove(ctx, m); !again {
			if m.claimed && m.refused {
				a.unclaim(ctx, m)
			}
			return u, err
		}
	}
	return User{}, ErrBusy
}

// respell uses a token to change the spelling of an address.
func (a *Accounts) respell(ctx context.Context, token, email string) (User, error) {
	var before string
	stamp, c := rand.Text(), a.newChange(EventEmailChanged, ReasonEmail)
	made := func(u User) bool { return u.SecurityStamp == stamp }
	u, err := a.useToken(ctx, token, PurposeChangeEmail, made, func(u *User) error {
		before = u.Email
		u.Email, u.SecurityStamp, u.EmailVerifiedAt = email, stamp, now()
		return c.record(ctx, u)
	})
	if err == nil {
		c.done(ctx)
		a.afterChange(ctx, u, func(ctx context.Context) error {
			return a.send(ctx, Mail{To: before, User: u, Notice: NoticeEmailChanged})
		})
	}
	return u, err
}

// isRespelling reports whether email is an address with the key of u.
func isRespelling(u User, email string) bool {
	v := u
	v.Email = email
	return v.Key() == u.Key()
}

func (a *Accounts) undoLife() time.Duration { return cmp.Or(a.UndoLife, defaultUndoLife) }
