package signup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// deletionTimeout limits the rest of a deletion. The request may have been canceled by
// then, on purpose by a thief.
const deletionTimeout = 5 * time.Second

// DeleteAccount deletes the user of s and everything that is stored with the user. The
// address is free afterwards, and s and all other sessions have ended. It can't be
// undone.
//
// The call needs a recent proof of the user's identity: s.At is at most 5 minutes ago,
// otherwise the error is [ErrStale], and nothing is done; see [Accounts.Reauthenticate].
// If s has ended, the error is [ErrEnded]. Other errors are those of [Accounts.Resume],
// and [ErrBusy] if other calls change the user all the time. [Accounts.ExportData] returns
// what is about to be deleted.
//
// First the user is replaced by a tombstone, which permits no log-in and keeps only the
// ID, the address, and other addresses that are held for the user. Then those are freed,
// and last the tombstone is deleted. If ctx is canceled after the first step, the others
// are made all the same, within 5 seconds, so that the user gets the mail.
//
// After an error of the Store, also after its ErrBusy, the deletion may have begun. Repeat
// the call: if the tombstone is left, the call finishes the deletion and returns nil, also
// if s has ended or is old. If the account is gone, it returns ErrEnded. A registration of
// the address and [Accounts.DeleteUser] finish the deletion as well.
//
// One thing may remain: if a process ended in the middle of [Accounts.ConfirmEmailChange],
// and the change wasn't made afterwards, a Placeholder with the ID and both addresses is
// stored under the new address until that address is needed.
//
// If [Accounts].Send is set, DeleteAccount then sends a mail with [NoticeDeleted]. If
// that fails, the account is deleted all the same, and the error is logged.
func (a *Accounts) DeleteAccount(ctx context.Context, s Session) error {
	stale := requireFresh(s)
	var before User
	c := a.newChange(EventDeleted, ReasonSession)
	c.event.Device = s.Device
	begun := func(u *User) bool { return u.ID == s.ID && u.isTombstone() }
	u, err := a.changeInSession(ctx, s, begun, func(u *User) error {
		if u.isTombstone() {
			return nil
		}
		if stale != nil {
			return stale
		}
		if err := c.ask(ctx, *u); err != nil {
			return err
		}
		before = *u
		*u = tombstoneOf(*u)
		return nil
	})
	if err != nil {
		return err
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), deletionTimeout)
	defer cancel()
	if err := a.finishDeletion(detached, u); err != nil {
		return err
	}
	c.gone(ctx, u.ID)
	u = User{ID: u.ID, Email: u.Email, FirstName: before.FirstName, LastName: before.LastName, Profile: before.Profile}
	a.sendNotice(ctx, u, NoticeDeleted)
	return nil
}

// DeleteUser deletes the user of the address email, as [Accounts.DeleteAccount] does. It
// is for the application and its administrators. The user may be inactive. DeleteUser
// sends no mail: only the application knows what it has to write.
//
// If email is no address or has no user, or the user is a Placeholder, or another call
// deletes the user at the same time, the error is [ErrNotFound]. A user that is
// registered anew under the address in the meantime is left alone. If other calls change
// the user all the time, it is [ErrBusy]. Any other error is the Store's or ctx's. After
// an error of the Store, also after its ErrBusy, the deletion may have begun. Repeat the
// call: it finishes the deletion, or returns ErrNotFound if that is done.
func (a *Accounts) DeleteUser(ctx context.Context, email string) error {
	id, c := "", a.newChange(EventDeleted, ReasonSet)
	u, err := a.changeUser(ctx, email, func(u *User) error {
		if id != "" && u.ID != id {
			return ErrNotFound
		}
		id = u.ID
		switch {
		case u.isTombstone():
			return nil
		case u.Placeholder:
			return ErrNotFound
		}
		if err := c.ask(ctx, *u); err != nil {
			return err
		}
		*u = tombstoneOf(*u)
		return nil
	})
	if err != nil {
		return c.explain("delete user", err)
	}
	if err := a.finishDeletion(ctx, u); err != nil {
		return err
	}
	c.gone(ctx, u.ID)
	return nil
}

// finishDeletion deletes the addresses that are held for the tombstone u, as read from
// the Store, and then u. Any number of calls may do so at once. If it returns an error,
// the tombstone may be left, and finishDeletion is to be called again.
func (a *Accounts) finishDeletion(ctx context.Context, u User) error {
	for _, key := range u.Private.tombstone().Held {
		held := func(v *User) bool { return v.Placeholder }
		if err := a.deleteIf(ctx, key, u.ID, held); err != nil {
			return err
		}
	}
	return a.deleteIf(ctx, u.Key(), u.ID, (*User).isTombstone)
}

// deleteIf deletes the user under key if it has the ID id and condition holds for it. If
// not, as after another call that has deleted it, the error is nil.
func (a *Accounts) deleteIf(ctx context.Context, key, id string, condition func(*User) bool) error {
	for range maxChanges {
		u, err := a.get(ctx, key)
		if err == nil && (u.ID != id || !condition(&u)) {
			return nil
		}
		if err == nil {
			err = a.Store.Delete(ctx, u)
		}
		switch {
		case err == nil, errors.Is(err, ErrNotFound):
			return nil
		case !errors.Is(err, ErrConflict):
			return fmt.Errorf("delete user: %w", err)
		}
	}
	return ErrBusy
}
