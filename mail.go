package signup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// A Mail is what [Accounts].Send gets: the recipient and the subject of a mail. The
// application writes the text, in the user's language, and delivers it.
//
// fmt, log/slog and every encoding that uses [encoding.TextMarshaler] or
// [encoding.BinaryMarshaler], such as JSON and gob, show only Purpose, Notice and the
// user's ID. To decode a Mail is an error. An application that keeps its queue outside
// of the process encodes the fields that it needs, and protects them: until they expire
// or are used, Token and Code are worth as much as a password. The limits are those of
// [Hash].
type Mail struct {
	// To is the address. Except for the new address of [Accounts.SendEmailChange], it is
	// as stored with the user.
	To string
	// Purpose is what Token is for. It is empty if there is no Token. The text of the
	// mail depends on Notice and on Purpose.
	Purpose Purpose
	// Token is for a link to a page of the application. The link begins with a
	// configured URL, never with the Host header of a request. The page calls
	// [Accounts.PeekToken] on GET, and only a POST uses the token. The Token has
	// letters, digits, "-" and "_". Most notices have none.
	Token string
	// Code is for [Accounts.LogInByCode], in a mail for [PurposeLogIn]. Otherwise it is
	// empty. It has 8 digits and capital letters, and may be written in groups.
	Code string
	// Expires is when Token and Code stop being valid, in UTC, to the second. It is zero
	// if there is no Token.
	Expires time.Time
	// User is the user as stored. If there is no user, or none that can use the mail, it
	// has no ID, and only the Email.
	User User
	// Notice is what the user is informed of, or empty if the mail is only for the
	// Token.
	Notice Notice
}

// A Notice is what a mail informs the user of.
type Notice string

// The notices. They are stable.
const (
	// NoticePasswordChanged: the user or a person with access to the user's mail has
	// chosen a new password. All sessions and tokens have ended. The mail says what to
	// do if that wasn't the user: reset the password.
	NoticePasswordChanged Notice = "password_changed"
	// NoticeAlreadyRegistered: with [Accounts].Discreet, a registration was begun for an
	// address that has a user, active or not, or another user has asked to change to that
	// address. The mail says that the user can log in, or reset the password.
	NoticeAlreadyRegistered Notice = "already_registered"
	// NoticeNoAccount: with [Accounts].Discreet, a mail was asked for with an address
	// that has no active user, for a reset of the password for example. The mail goes to
	// that address, as NormalizeEmail returns it. It says that there is no account, and
	// that the recipient may have another address in use.
	NoticeNoAccount Notice = "no_account"
	// NoticeAlreadyVerified: with [Accounts].Discreet, a mail for verifying the address
	// was asked for, and it is verified already.
	NoticeAlreadyVerified Notice = "already_verified"
	// NoticeDeactivated: the user has made the account inactive, by
	// [Accounts.Deactivate]. All sessions and tokens have ended. The mail says how
	// to make it active again.
	NoticeDeactivated Notice = "deactivated"
	// NoticeDeleted: the user has deleted the account, by [Accounts.DeleteAccount].
	// Nothing of it is stored any more. The User of the Mail has the ID, and the Email,
	// names and Profile that it had. If the call repeats one that failed, names and
	// Profile may be missing.
	NoticeDeleted Notice = "deleted"
	// NoticeEmailChangeRequested goes to the present address: a change of it was asked
	// for, and is made if the user of the new address confirms it. The Token of the
	// mail, for [Accounts.UndoEmailChange], cancels the change now and undoes it later.
	NoticeEmailChangeRequested Notice = "email_change_requested"
	// NoticeEmailChanged goes to the old address: the account has another one now. The
	// Token of the mail, for [Accounts.UndoEmailChange], moves it back. If only the
	// spelling of the address has changed, there is no Token.
	NoticeEmailChanged Notice = "email_changed"
	// NoticeEmailChangeUndone goes to the address of the account after
	// [Accounts.UndoEmailChange]. No password works until the user resets it.
	NoticeEmailChangeUndone Notice = "email_change_undone"
)

func (m Mail) short() string {
	return fmt.Sprintf("{Purpose:%s Notice:%s UserID:%s}", m.Purpose, m.Notice, m.User.ID)
}

// Format writes Purpose, Notice and the user's ID for every verb that calls it.
func (m Mail) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, m.short()) }

// LogValue returns Purpose, Notice and the user's ID.
func (m Mail) LogValue() slog.Value {
	return slog.GroupValue(slog.String("purpose", string(m.Purpose)), slog.String("notice", string(m.Notice)), slog.String("id", m.User.ID))
}

// MarshalText returns Purpose, Notice and the user's ID, in the form that fmt writes.
func (m Mail) MarshalText() ([]byte, error) { return []byte(m.short()), nil }

// UnmarshalText returns an error and leaves m as it is.
func (m *Mail) UnmarshalText([]byte) error { return errMailDecoded }

// MarshalBinary returns what MarshalText returns. Gob uses it.
func (m Mail) MarshalBinary() ([]byte, error) { return m.MarshalText() }

// UnmarshalBinary returns an error and leaves m as it is.
func (m *Mail) UnmarshalBinary([]byte) error { return errMailDecoded }

var errMailDecoded = errors.New("signup: a Mail can't be decoded: encode the fields that are needed")

// A sendError is an error of Accounts.Send. Mail servers repeat the address in their
// errors, and so the text has only the error's type. errors.Is and errors.As find the
// error itself.
type sendError struct {
	about string // the Purpose or Notice
	err   error
}

func (e *sendError) Error() string {
	return fmt.Sprintf("signup: mail of %s not sent: Accounts.Send returned an error of type %T", e.about, e.err)
}

func (e *sendError) Unwrap() error { return e.err }

// Format writes Error for every verb that calls it.
func (e *sendError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.Error()) }

const (
	defaultTokenLife = time.Hour
	minTokenLife     = time.Second // tokens expire on whole seconds
	// noticeTimeout limits a Send after a change that has been made. The request may
	// have been canceled by then.
	noticeTimeout = 5 * time.Second
)

// checkMailFields returns what is wrong with the fields that mails depend on, or nil.
func (a *Accounts) checkMailFields() error {
	if a.TokenLife != 0 && (a.TokenLife < minTokenLife || a.TokenLife > maxMailedLife) {
		return fmt.Errorf("signup: Accounts.TokenLife is %v, want %v to %v, or 0", a.TokenLife, minTokenLife, maxMailedLife)
	}
	if a.EmailVerification < VerifyNever || a.EmailVerification > VerifyBeforeRegistration {
		return fmt.Errorf("signup: Accounts.EmailVerification is %d, want one of the constants", a.EmailVerification)
	}
	if a.EmailVerification != VerifyNever && (a.Send == nil || len(a.Secrets) == 0) {
		return fmt.Errorf("%w: Accounts.EmailVerification needs Send and Secrets", ErrNotConfigured)
	}
	return a.checkDiscreet()
}

// checkMail returns why no mail with a token can be sent, or nil.
func (a *Accounts) checkMail() error {
	if err := a.checkTokens(); err != nil {
		return err
	}
	if a.Send == nil {
		return fmt.Errorf("%w: Accounts.Send is nil", ErrNotConfigured)
	}
	return nil
}

// send hands m to Accounts.Send.
func (a *Accounts) send(ctx context.Context, m Mail) error {
	return a.sendInPlaceOf(ctx, cmp.Or(string(m.Purpose), string(m.Notice)), m)
}

// sendInPlaceOf is send for a mail in the place of that about another matter, whose name
// is in the error: it doesn't show which mail was sent.
func (a *Accounts) sendInPlaceOf(ctx context.Context, about string, m Mail) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := a.Send(ctx, m); err != nil {
		return &sendError{about, err}
	}
	return nil
}

// sendToken sends u a mail with a token for purpose, which has the text extra.
func (a *Accounts) sendToken(ctx context.Context, purpose Purpose, u User, extra string) error {
	return a.sendWithToken(ctx, Mail{Purpose: purpose, User: u}, extra, a.tokenLife())
}

// sendWithToken sends m to the address of its User, with a token for its Purpose that
// has the text extra and is valid for life.
func (a *Accounts) sendWithToken(ctx context.Context, m Mail, extra string, life time.Duration) (err error) {
	m.To = m.User.Email
	if m.Token, m.Expires, err = a.newToken(m.Purpose, m.User, extra, life); err != nil {
		return err
	}
	return a.send(ctx, m)
}

func (a *Accounts) tokenLife() time.Duration { return cmp.Or(a.TokenLife, defaultTokenLife) }

// afterChange calls send, which sends a mail about a change of u that has been made.
// The change can't be taken back, and the mail isn't lost because the client has gone.
// An error is only logged.
func (a *Accounts) afterChange(ctx context.Context, u User, send func(context.Context) error) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), noticeTimeout)
	defer cancel()
	if err := send(detached); err != nil {
		a.logger().LogAttrs(detached, slog.LevelError, "signup: mail not sent", slog.String("enduser.pseudo.id", u.ID), slog.Any("error", err))
	}
}

// sendNotice sends u a mail about a change that has been made, if Send is set.
func (a *Accounts) sendNotice(ctx context.Context, u User, notice Notice) {
	if a.Send == nil {
		return
	}
	a.afterChange(ctx, u, func(ctx context.Context) error {
		return a.send(ctx, Mail{To: u.Email, User: u, Notice: notice})
	})
}

func (a *Accounts) logger() *slog.Logger { return cmp.Or(a.Logger, slog.Default()) }
