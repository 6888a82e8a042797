package signup

import (
	"context"
	"errors"
)

// allowLogIn returns u, whose password was just checked without a session, if
// Accounts.Before accepts the log-in. An error of Before that wraps ErrBadCredentials
// makes it one with a wrong password, here as in LogIn.
func (a *Accounts) allowLogIn(ctx context.Context, u User) (User, error) {
	e := Event{Kind: EventLoggedIn, Reason: ReasonPassword, At: now(), UserID: u.ID}
	if err := a.before(ctx, e, u); err != nil {
		a.noteRefusal(ctx, attempt{}, u, err)
		return User{}, err
	}
	a.after(ctx, e)
	return u, nil
}

// noteRefusal calls Accounts.After for a log-in of u, as read before the check of the
// password in the attempt t, that ended with err. If there is no user, u is the zero
// User.
func (a *Accounts) noteRefusal(ctx context.Context, t attempt, u User, err error) {
	switch {
	case errors.Is(err, ErrUnverified):
		a.logInRefused(ctx, u, ReasonUnverified)
	case !errors.Is(err, ErrBadCredentials):
	case t.over:
		a.logInRefused(ctx, u, ReasonThrottled)
	case u.ID != "" && !u.Active && !u.Placeholder:
		a.logInRefused(ctx, u, ReasonInactive)
	default:
		a.logInRefused(ctx, u, ReasonWrong)
	}
}

// logInRefused calls Accounts.After for a log-in of u that was refused.
func (a *Accounts) logInRefused(ctx context.Context, u User, reason EventReason) {
	e := Event{Kind: EventLogInRefused, Reason: reason, At: now(), UserID: u.ID}
	if u.Placeholder {
		e.UserID = "" // no user logs in to it
	}
	a.after(ctx, e)
}
