package signup

import (
	"context"
	"errors"
	"fmt"
)

// sendToUser is a call of the client c that consists in sending a mail for purpose to
// the user of the address email. It calls send with the user, if there is one that may
// log in and needs such a mail, and if none was sent within Limits.MailInterval.
// Otherwise it returns nil. If it returns an error, no mail was sent. May reports whether
// none was sent within Limits.MailInterval, whether or not there is a user.
//
// With Discreet, it sends a notice to an address without such a user, so that the calls
// of Counter, Store and Send are the same.
func (a *Accounts) sendToUser(ctx context.Context, purpose Purpose, email string, c Client, send func(User) error) (may bool, err error) {
	if err := a.checkMail(); err != nil {
		return false, err
	}
	if err := a.countOrigin(ctx, c); err != nil {
		return false, fmt.Errorf("send mail: %w", err)
	}
	to, e := parseEmail(email)
	if e != nil {
		return false, &ValidationError{Fields: []FieldError{*e}}
	}
	return a.sendAtMostOne(ctx, purpose, to.key, func() error {
		u, err := a.get(ctx, to.key)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("send mail: %w", err)
		}
		notice := noticeInstead(purpose, u)
		switch {
		case notice == "":
			return send(u)
		case !a.Discreet:
			return nil
		case notice == NoticeNoAccount:
			u = User{Email: to.email} // nothing of a user that can't use it
		}
		return a.sendInPlaceOf(ctx, string(purpose), Mail{To: u.Email, Notice: notice, User: u})
	})
}

// sendTokenToUser is sendToUser for a mail that has only a token.
func (a *Accounts) sendTokenToUser(ctx context.Context, purpose Purpose, email string, c Client) error {
	_, err := a.sendToUser(ctx, purpose, email, c, func(u User) error { return a.sendToken(ctx, purpose, u, "") })
	return err
}

// noticeInstead returns the notice that u gets in the place of a mail for purpose, or ""
// if u gets that mail. Without a user, u is the zero User.
func noticeInstead(purpose Purpose, u User) Notice {
	switch {
	case !u.mayLogIn():
		return NoticeNoAccount
	case purpose == PurposeVerifyEmail && !u.EmailVerifiedAt.IsZero():
		return NoticeAlreadyVerified
	}
	return ""
}

// sendAtMostOne calls send, unless a mail for purpose was sent to the address key within
// Limits.MailInterval, and reports whether it may be called. If send returns an error,
// no mail was sent.
func (a *Accounts) sendAtMostOne(ctx context.Context, purpose Purpose, key string, send func() error) (may bool, err error) {
	may, err = a.countMail(ctx, purpose, key)
	if err != nil {
		return false, fmt.Errorf("send mail: %w", err)
	}
	if !may {
		return false, nil
	}
	if err := send(); err != nil {
		a.mailNotSent(ctx, purpose, key)
		return true, err
	}
	return true, nil
}
