package signup

import (
	"context"
	"fmt"
)

// ChangeOwnPassword changes the password of the user of s from oldPassword to
// newPassword, and returns the Session that goes on in the place of s. Its At is the
// present, and its By has [ByPassword]: oldPassword proves the identity, so that s need
// not be fresh. Its device, and the device's cookie, stay as they are.
//
// All other sessions of the user and copies of s end, because the change sets a new
// SecurityStamp, which voids all tokens of the user as well. The other devices are
// removed from the list, as by [Accounts.EndOtherSessions]. The rules for newPassword
// are those of [Accounts.ChangePassword], and so are the notice, the cost and the order
// of the checks.
//
// If oldPassword isn't the user's, the error is [ErrBadCredentials], and s goes on. It
// is counted for the device as by [Accounts.Reauthenticate]. A user without a password
// gets it for each oldPassword; such a user chooses one with [Accounts.ResetPassword].
// If s has ended, or ends during the call, the error is [ErrEnded], except that
// ErrBadCredentials is also returned if the password or the user's state changes while
// oldPassword is checked. Of any number of calls at once with one Session, or with one
// old password, one succeeds. The others return one of these two errors.
//
// If newPassword isn't accepted, the error is a *[ValidationError], and s goes on. Other
// errors are those of ChangePassword and [Accounts.Resume]. After an error of
// [Store.Update], the outcome is unknown: if s has ended then, newPassword logs the
// user in.
func (a *Accounts) ChangeOwnPassword(ctx context.Context, s Session, oldPassword, newPassword string) (Session, error) {
	if err := a.admit(); err != nil {
		return Session{}, err
	}
	if err := checkNewPassword(oldPassword, newPassword); err != nil {
		return Session{}, err
	}
	u, err := a.checkPasswordOf(ctx, s, oldPassword, false) // the hash is replaced in any case
	if err != nil {
		return Session{}, err
	}
	// The user may have been changed during the check, and later during the hash.
	endOthers := func(u *User) error {
		if err := s.check(u); err != nil {
			return err
		}
		if err := u.changePrivate(func(state *privateState) { state.removeOtherDevices(s.Device) }); err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		return nil
	}
	if err := endOthers(&u); err != nil {
		return Session{}, err
	}
	u, err = a.changePassword(ctx, u, oldPassword, newPassword, endOthers)
	if err != nil {
		return Session{}, err
	}
	s.Stamp, s.At = u.SecurityStamp, now()
	s.By |= ByPassword
	return s, nil
}
