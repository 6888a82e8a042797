package signup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SendEmailChange asks for a change of the address of the user of s to email. It sends
// two mails, and stores nothing:
//
//   - The present address gets [NoticeEmailChangeRequested], with a token for
//     [Accounts.UndoEmailChange]. It is valid for TokenLife and UndoLife together.
//   - Then the new address gets a token for [Accounts.ConfirmEmailChange], which makes
//     the change. The User of this Mail still has the present address.
//
// If the first mail can't be sent, the second one isn't sent. A second call doesn't void
// the tokens of the first one. A change voids all.
//
// If a mail for a change to the new address was sent within [Limits].MailInterval, also
// because another user asked for it, none is sent, and the error is nil: no user can fill
// the mailbox of another person. The present address gets at most one mail in that time,
// whatever the new addresses are: its token undoes each of these changes. A new
// SecurityStamp, which voids it, permits another one.
//
// If email is another spelling of the present address, with the same [User.Key], only
// the second mail is sent.
//
// If email isn't an address, or is the present one ([CodeUnchanged]), the error is a
// *[ValidationError]. If it belongs to another user, or is held for one, it is
// [ErrExists]. With [Accounts].Discreet, it is nil then: the second mail goes to that
// user, with [NoticeAlreadyRegistered], or has a token for which
// [Accounts.ConfirmEmailChange] returns ErrExists.
//
// If s has ended, the error is [ErrEnded]. If the user last proved their identity more
// than five minutes ago, it is [ErrStale]: call [Accounts.Reauthenticate]. If 16 former
// addresses of the user are held for an undo, or the Counter fails, it wraps [ErrBusy].
// If Send or Secrets isn't set, it wraps [ErrNotConfigured]. An error of Send is
// returned, without its text. Any other error is the Store's or ctx's.
func (a *Accounts) SendEmailChange(ctx context.Context, s Session, email string) error {
	if err := a.checkMail(); err != nil {
		return err
	}
	u, err := a.Resume(ctx, s)
	if err != nil {
		return err
	}
	if err := requireFresh(s); err != nil {
		return err
	}
	to := User{Email: email}
	e := checkEmail(&to)
	if e == nil && to.Email == u.Email {
		e = inEnglish(FieldError{Field: FieldEmail, Code: CodeUnchanged})
	}
	if e != nil {
		return &ValidationError{Fields: []FieldError{*e}}
	}
	_, err = a.sendAtMostOne(ctx, PurposeChangeEmail, to.Key(), func() error { return a.sendEmailChange(ctx, u, to) })
	return err
}

// sendEmailChange is SendEmailChange for the user u, to the address of to.
func (a *Accounts) sendEmailChange(ctx context.Context, u, to User) error {
	life := a.tokenLife()
	token, expires, err := a.newToken(PurposeChangeEmail, u, to.Email, life)
	if err != nil {
		return err
	}
	m := Mail{To: to.Email, Purpose: PurposeChangeEmail, Token: token, Expires: expires, User: u}
	if !isRespelling(u, to.Email) {
		other, err := a.mayMove(ctx, u, to.Key())
		if err != nil {
			return err
		}
		if other.ID != "" {
			m = Mail{To: other.Email, Notice: NoticeAlreadyRegistered, User: other}
		}
		if err := a.sendUndoBefore(ctx, u, life+a.undoLife()); err != nil {
			return err
		}
	}
	return a.sendInPlaceOf(ctx, string(PurposeChangeEmail), m)
}

// sendUndoBefore calls sendUndo for a change that was asked for, unless such a mail with
// a token that is still valid was just sent.
func (a *Accounts) sendUndoBefore(ctx context.Context, u User, life time.Duration) error {
	name := u.Key() + " " + u.SecurityStamp // the count is of the tokens in one state
	_, err := a.sendAtMostOne(ctx, PurposeUndoEmail, name, func() error {
		return a.sendUndo(ctx, u, NoticeEmailChangeRequested, life)
	})
	return err
}

// mayMove returns why u can't be moved to key, or nil. With Discreet, it returns the user
// of key instead, if that is another one. It doesn't look then whether a placeholder is
// needed.
func (a *Accounts) mayMove(ctx context.Context, u User, key string) (other User, err error) {
	v, err := a.get(ctx, key)
	if err == nil && v.ID != u.ID {
		switch {
		case !a.Discreet:
			var free bool
			if free, err = a.release(ctx, v); err == nil && !free {
				err = ErrExists
			}
		case !v.Placeholder:
			other = v
		}
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, fmt.Errorf("change the address: %w", err)
	}
	s, err := u.Private.parse()
	if err != nil {
		return User{}, fmt.Errorf("change the address: %w", err)
	}
	held := 0
	for _, h := range s.held {
		if h.key != key && now().UnixMilli() < h.until {
			held++
		}
	}
	if held >= maxHeld {
		return User{}, ErrBusy
	}
	return other, nil
}

// sendUndo sends u, as it is before a change of address, a mail with a token that undoes
// the change.
func (a *Accounts) sendUndo(ctx context.Context, u User, notice Notice, life time.Duration) error {
	return a.sendWithToken(ctx, Mail{Purpose: PurposeUndoEmail, User: u, Notice: notice}, "", life)
}
