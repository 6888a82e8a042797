package signup

import (
	"context"
	"crypto/rand"
)

// Deactivate makes the user of s inactive. It ends all sessions of the user, with s, and
// voids all tokens, by a new SecurityStamp, and removes all devices from the list. All
// else stays stored, and the address stays taken. [Accounts.SetActive] makes the user
// active again; the user can't.
//
// The call needs a recent proof of the user's identity: s.At is at most 5 minutes ago,
// otherwise the error is [ErrStale], and nothing is done; see [Accounts.Reauthenticate].
// If s has ended, the error is [ErrEnded]. Other errors are those of [Accounts.Resume],
// and [ErrBusy] if other calls change the user all the time.
//
// After an error of the Store, the outcome is unknown. Repeat the call: if that returns
// ErrEnded, either the first call has made the user inactive, or s has ended in another
// way, such as by a new password.
//
// If [Accounts].Send is set, Deactivate then sends a mail with [NoticeDeactivated]. If
// that fails, the change stands, and the error is logged.
func (a *Accounts) Deactivate(ctx context.Context, s Session) error {
	stamp, stale := rand.Text(), requireFresh(s)
	made := func(u *User) bool { return u.ID == s.ID && u.SecurityStamp == stamp && !u.Placeholder }
	c := a.newChange(EventDeactivated, ReasonSession)
	c.event.Device = s.Device
	u, err := a.changeInSession(ctx, s, made, func(u *User) error {
		if stale != nil {
			return stale
		}
		u.deactivate(stamp)
		return c.record(ctx, u)
	})
	if err != nil {
		return err
	}
	c.done(ctx)
	a.sendNotice(ctx, u, NoticeDeactivated)
	return nil
}

// deactivate makes u inactive, with a new SecurityStamp, stamp.
func (u *User) deactivate(stamp string) {
	u.Active = false
	u.endSessions(stamp)
}

// SetActive sets whether the user of the address email may log in. It is for the
// application and its administrators, and sends no mail: only the application knows what
// it has to write.
//
// If active is false, SetActive also ends all sessions of the user and voids all tokens,
// as [Accounts.Deactivate] does. If active is true, the user logs in with the same
// password as before. Sessions that have ended don't go on again. Either way it sets
// UpdatedAt.
//
// If email is no address or has no user, or the user is a Placeholder, the error is
// [ErrNotFound]. If other calls change the user all the time, it is [ErrBusy]. Any other
// error is the Store's or ctx's. After an error of the Store, the outcome is unknown:
// repeat the call, which does no harm if the first one succeeded. Of two calls at once,
// the last one wins.
func (a *Accounts) SetActive(ctx context.Context, email string, active bool) error {
	stamp, kind := rand.Text(), EventActivated
	if !active {
		kind = EventDeactivated
	}
	c := a.newChange(kind, ReasonSet)
	_, err := a.changeUser(ctx, email, func(u *User) error {
		switch {
		case u.Placeholder:
			return ErrNotFound
		case u.Active == active:
			c.findIn(*u)
			return nil
		case active:
			u.Active, u.UpdatedAt = true, now()
		default:
			u.deactivate(stamp)
		}
		return c.record(ctx, u)
	})
	if err != nil {
		return c.explain("set active", err)
	}
	c.done(ctx)
	return nil
}
