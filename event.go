package signup

import (
	"context"
	"maps"
	"time"
)

// An Event reports something that happened to a user: a change that is stored, or a
// log-in that was refused. [Accounts].Before and After get it, and [Accounts.Events]
// returns those of a user.
//
// An Event is plain data and comparable. It has no address, name, password or text of
// a client. So it may be logged, with the same care as the user's ID; see
// [EventLogger]. Its JSON form has the members kind, reason, at, user_id and device,
// the last two only if they aren't empty.
type Event struct {
	Kind   EventKind   `json:"kind"`
	Reason EventReason `json:"reason"`
	// At is when it happened, in UTC, to the millisecond.
	At time.Time `json:"at"`
	// UserID is the ID of the user. It is empty in EventLogInRefused if no user has
	// the address, or if [Accounts.LogInByCode] has refused the code, for which it
	// doesn't read the user. It is also empty in EventRegistered if it is only decided
	// whether a mail is sent ([VerifyBeforeRegistration]).
	UserID string `json:"user_id,omitempty"`
	// Device is the ID of a [DeviceInfo], or empty: the device in which the user
	// logged in, or proved their identity again, or which was ended. With
	// ReasonSession and ReasonOthers, it is the device of the session that asked.
	Device string `json:"device,omitempty"`
}

// before returns the error of Accounts.Before for e, if it is to be asked.
func (a *Accounts) before(ctx context.Context, e Event, u User) error {
	if a.Before == nil || !e.mayBeRefused() {
		return nil
	}
	u.PasswordHash, u.Private = "", ""
	u.Version = "" // so that no Store accepts the user without the hash
	u.Profile = maps.Clone(u.Profile)
	return a.Before(ctx, e, u)
}

// after calls Accounts.After with e.
func (a *Accounts) after(ctx context.Context, e Event) {
	if a.After != nil {
		a.After(context.WithoutCancel(ctx), e)
	}
}
