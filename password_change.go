package signup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// SetPassword sets the password of the user of the address email, and returns the
// user as stored. It is for the application and its administrators: it doesn't ask
// for the old password. For the user's own change, call [Accounts.ChangePassword].
//
// The user may have no password yet, and may be inactive, so that an account can be
// prepared before it is activated. SetPassword doesn't activate it.
//
// The rules for the password are those of [Accounts.Register]: those for the text,
// then the Policy, which gets the user with the address, names and Profile. The
// password is hashed in Unicode normalization form C (NIST SP 800-63B-4, section
// 3.1.1.2). SetPassword doesn't compare it with the old one. It costs one hash.
//
// With the password, SetPassword changes SecurityStamp and UpdatedAt, adds to the
// history ([Accounts.Events]), and changes nothing else. A change of the user by another
// call in the meantime is kept. Of two SetPasswords at once, the last one wins.
// SetPassword sends no mail: it also prepares accounts that their users don't know of
// yet, and only the application knows what it has to write.
//
// If the password isn't accepted, the error is a *[ValidationError] with the field
// [FieldPassword]. If email is no address or has no user, or the user is a
// Placeholder or is deleted in the meantime, it is [ErrNotFound]; a user that was
// registered anew under the address is left alone. If there is no capacity, or other
// calls change the user all the time, it is [ErrBusy]. Any other error is the
// Store's, the Hasher's, the Policy's or ctx's. After an error of the Store, the
// outcome is unknown: repeat the call, which does no harm if the first one succeeded.
func (a *Accounts) SetPassword(ctx context.Context, email, password string) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	if e := checkPasswordText(password); e != nil {
		return User{}, &ValidationError{Fields: []FieldError{*e}}
	}
	u, err := a.find(ctx, email)
	if err == nil && u.Placeholder {
		err = ErrNotFound
	}
	if err != nil {
		return User{}, fmt.Errorf("set password: %w", err)
	}
	return a.setPassword(ctx, u, password, ReasonSet, func(stored *User) error {
		if stored.ID != u.ID || stored.Placeholder {
			return fmt.Errorf("set password: %w", ErrNotFound)
		}
		return nil
	})
}

// ChangePassword changes the password of the user of the address email from
// oldPassword to newPassword, and returns the user as stored. For a user that is logged
// in, call [Accounts.ChangeOwnPassword], so that the Session goes on.
//
// If oldPassword isn't the user's, or the user may not log in, the error is
// [ErrBadCredentials], by the rules of [Accounts.Authenticate] and with the same
// work and the same limit, which is one for both: a wrong oldPassword counts like a
// failed log-in from an unknown device ([Limits].PerAccount). If the address has to be
// verified before a log-in, it is [ErrUnverified], as there. Of any
// number of changes from one password at once, one succeeds, and the others return
// ErrBadCredentials. So does a change during which the user is deactivated, deleted
// or registered anew.
//
// A newPassword that is the same text as oldPassword, in Unicode normalization form
// C, is refused with [CodeUnchanged]: NIST SP 800-63B-4 has no rule about it, but a
// person whose password is known to others must not believe that it was changed.
// Otherwise the rules for newPassword are those of [Accounts.SetPassword], and so are
// the other errors and what is changed. ChangePassword costs one check, like a
// log-in, and one hash.
//
// The text of newPassword is checked first, which reveals nothing about any user and
// costs nothing. The Policy is asked after oldPassword was accepted: what it refuses
// may reveal the user's name, and it may ask another service, which a client without
// the password must not cause.
//
// If [Accounts].Send is set, ChangePassword then sends a mail with
// [NoticePasswordChanged]. If that fails, the change stands, and the error is logged.
//
// After an error of the Store, the outcome is unknown. Repeat the call: if that
// returns ErrBadCredentials, the first call may have succeeded, and newPassword logs
// the user in.
func (a *Accounts) ChangePassword(ctx context.Context, email, oldPassword, newPassword string) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	if err := checkNewPassword(oldPassword, newPassword); err != nil {
		return User{}, err
	}
	u, err := a.checkCredentials(ctx, Client{}, email, oldPassword, false, nil) // the hash is replaced in any case
	if err != nil {
		return User{}, err
	}
	return a.changePassword(ctx, u, oldPassword, newPassword, func(stored *User) error {
		if stored.ID != u.ID || !stored.mayLogIn() {
			return ErrBadCredentials
		}
		return nil
	})
}

// checkNewPassword returns a *ValidationError if the text of newPassword can't be
// accepted, or is that of oldPassword.
func checkNewPassword(oldPassword, newPassword string) error {
	e := checkPasswordText(newPassword)
	if e == nil && len(oldPassword) <= maxPasswordText && nfc(oldPassword) == nfc(newPassword) {
		e = inEnglish(FieldError{Field: FieldPassword, Code: CodeUnchanged})
	}
	if e != nil {
		return &ValidationError{Fields: []FieldError{*e}}
	}
	return nil
}

// changePassword is setPassword for a user that has given oldPassword, which was
// checked against the hash of u. It also sends the notice.
func (a *Accounts) changePassword(ctx context.Context, u User, oldPassword, newPassword string, mayStill func(stored *User) error) (User, error) {
	checked := u.PasswordHash
	changed, err := a.setPassword(ctx, u, newPassword, ReasonPassword, func(stored *User) error {
		if err := mayStill(stored); err != nil || stored.PasswordHash == checked {
			return err
		}
		// Another change of the password, or a rehash of the same one.
		ok, _, err := a.verify(ctx, stored.PasswordHash, oldPassword, false)
		if err == nil && !ok {
			err = ErrBadCredentials
		}
		checked = stored.PasswordHash
		return err
	})
	if err == nil {
		a.sendNotice(ctx, changed, NoticePasswordChanged)
	}
	return changed, err
}

// setPassword sets the password of the user u, as read from the Store, if the
// Policy accepts it, and returns the user as stored. If the user was changed since,
// mayStill returns why the password may not be set any more, or nil. It gets the
// user as read again, or the zero User if there is none, and may change what is stored
// with the password. The reason is that of the event.
//
// Names and Profile may have changed as well. As after any change of them, the
// password then stays as it was accepted.
func (a *Accounts) setPassword(ctx context.Context, u User, password string, reason EventReason, mayStill func(stored *User) error) (User, error) {
	c := a.newChange(EventPasswordChanged, reason)
	if err := a.check(ctx, c, password, u, nil, nil); err != nil {
		return User{}, err
	}
	h, err := a.hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	stamp := rand.Text()
	const attempts = 16 // each is caused by another change of the user in between
	for range attempts {
		v := u
		v.PasswordHash, v.SecurityStamp, v.UpdatedAt = h, stamp, now()
		if err := c.record(ctx, &v); err != nil {
			return User{}, err
		}
		err := a.Store.Update(ctx, &v)
		if err == nil {
			c.done(ctx)
			return v, nil
		}
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
			return User{}, fmt.Errorf("set password: %w", err)
		}
		stored, err := a.get(ctx, u.Key())
		if errors.Is(err, ErrNotFound) {
			stored, err = User{}, nil
		}
		if err != nil {
			return User{}, fmt.Errorf("set password: %w", err)
		}
		// A Store whose transport repeats a request after a lost response may report
		// the conflict of this call with itself. Another Update then makes sure that
		// the change is durable.
		if own := stored.ID == u.ID && stored.SecurityStamp == stamp; !own {
			if err := mayStill(&stored); err != nil {
				return User{}, err
			}
		}
		u = stored
	}
	return User{}, ErrBusy
}
