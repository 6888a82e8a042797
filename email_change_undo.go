package signup

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
)

// UndoEmailChange gives the account back to the address that the token was mailed to by
// [Accounts.SendEmailChange] or [Accounts.ConfirmEmailChange], and returns the user as
// stored. It is for a user whose account was stolen: a thief may have set the password,
// may be logged in, and may have changed the address again.
//
// If the change wasn't made yet, it is canceled. If it was, the account is moved back,
// from the address that it has now, however often that was changed since. In both cases
// all sessions end, all other tokens of the user are void except those for an undo of
// earlier changes, the list of devices and the PasswordHash are empty, and
// [NoticeEmailChangeUndone] is sent, if Send is set. So no password works until the user
// resets it. Names and Profile stay as they are now.
//
// A change can be undone for UndoLife. The addresses that the account had later are held
// as long as they would have been, but can't undo in turn: of the owner of an address
// and a thief that uses later ones, the owner has the last word.
//
// A new password and the end of all sessions void the token before the change. After the
// change, they don't: the user of a later address can prevent the undo only by
// deactivating or deleting the account.
//
// The token works once. If it isn't valid, was used, or comes too late, or the user is
// inactive or deleted, the error is [ErrToken]. If Secrets isn't set, it wraps
// [ErrNotConfigured]. If other calls change the user all the time, it is [ErrBusy]. Any
// other error is the Store's or ctx's. After an error of the Store the outcome is
// unknown. Repeat the call: if that returns ErrToken, the first call may have succeeded.
func (a *Accounts) UndoEmailChange(ctx context.Context, token string) (User, error) {
	stamp, c := rand.Text(), a.newChange(EventEmailChanged, ReasonUndo)
	made := func(u User) bool { return u.SecurityStamp == stamp }
	u, err := a.useToken(ctx, token, PurposeUndoEmail, made, func(u *User) error {
		u.SecurityStamp, u.PasswordHash = stamp, ""
		if u.EmailVerifiedAt.IsZero() {
			u.EmailVerifiedAt = now() // the mail has arrived
		}
		if err := u.changePrivate(func(s *privateState) { s.devices = nil }); err != nil {
			return err
		}
		return c.record(ctx, u)
	})
	if errors.Is(err, ErrToken) {
		u, err = a.undoMove(ctx, token, c)
		c.findIn(u)
	}
	if err == nil {
		c.done(ctx)
		a.sendNotice(ctx, u, NoticeEmailChangeUndone)
	}
	return u, err
}

// undoMove is UndoEmailChange after the change.
func (a *Accounts) undoMove(ctx context.Context, text string, c *change) (User, error) {
	t, err := a.open(text, time.Now())
	if err != nil {
		return User{}, err
	}
	if t.purpose != PurposeUndoEmail {
		return User{}, ErrToken
	}
	for range maxChanges {
		if u, again, err := a.tryUndo(ctx, t, c); !again {
			return u, moveError(err)
		}
	}
	return User{}, ErrBusy
}

// tryUndo moves the user of the token t back. If again is true, it has to be called
// again, because of a change by another call.
func (a *Accounts) tryUndo(ctx context.Context, t token, c *change) (u User, again bool, err error) {
	left := func(h User) error { // by the user
		if s, err := h.Private.parse(); err != nil || !h.Placeholder || !s.isPlaceholder() || !isBound(t, h) {
			return ErrToken
		}
		return nil
	}
	h, err := a.get(ctx, t.key)
	if err == nil {
		if err := left(h); err != nil {
			return User{}, false, err
		}
		u, err = a.findMoved(ctx, h)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return User{}, false, ErrToken
	case err != nil:
		return User{}, false, err
	}
	m := &move{
		id: h.ID, from: u.Key(), to: h, stamp: rand.Text(), life: a.undoLife(), undo: true, reclaim: left, change: c,
		check: func(u User) error {
			if s, err := u.Private.parse(); err != nil || !u.mayLogIn() || !s.mayUndo(t.key, now().UnixMilli()) {
				return ErrToken
			}
			return nil
		},
	}
	u, again, err = a.tryMove(ctx, m)
	return u, again || errors.Is(err, errMovedOn), err
}

// findMoved returns the user that a placeholder or tombstone was left by, where the user
// is now. If there is none, the error is ErrNotFound.
func (a *Accounts) findMoved(ctx context.Context, t User) (User, error) {
	u := t
	for range maxHeld {
		s, err := u.Private.parse()
		next := s.movedTo
		if s.heldFor != "" {
			next = s.heldFor // claimed, but not moved to
		}
		if err != nil || next == "" {
			return User{}, ErrNotFound
		}
		u, err = a.get(ctx, next)
		if err != nil {
			return User{}, err
		}
		if u.ID != t.ID {
			return User{}, ErrNotFound
		}
		if !u.Placeholder {
			return u, nil
		}
	}
	return User{}, ErrNotFound
}

// mayUndo reports whether the user that has left t may be moved back.
func (a *Accounts) mayUndo(ctx context.Context, t User) (bool, error) {
	u, err := a.findMoved(ctx, t)
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return false, err
	}
	s, err := u.Private.parse()
	return err == nil && u.mayLogIn() && s.mayUndo(t.Key(), now().UnixMilli()), nil
}
