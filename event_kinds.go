package signup

// An EventKind is what an [Event] reports.
type EventKind string

// The kinds of events. They are stable; later versions may add others. Each names the
// reasons that it comes with.
const (
	// EventRegistered: a user was stored by a sign-up. ReasonPassword
	// ([Accounts.Register]), ReasonEmail ([Accounts.CompleteRegistration]) or
	// ReasonInvitation.
	EventRegistered EventKind = "registered"
	// EventEmailVerified: the user has shown that mail to the address arrives.
	// ReasonEmail. The events of a registration or reset by mail imply it.
	EventEmailVerified EventKind = "email_verified"
	// EventLoggedIn: a log-in succeeded. ReasonPassword or ReasonEmail. That of
	// [Accounts.Authenticate] has no Device, and is in no history.
	EventLoggedIn EventKind = "logged_in"
	// EventReauthenticated: [Accounts.Reauthenticate] succeeded. ReasonPassword. It is
	// in no history.
	EventReauthenticated EventKind = "reauthenticated"
	// EventLogInRefused: a log-in with a password or code, or another call that asks
	// for the password, was refused. A token that isn't valid is no event. ReasonWrong,
	// ReasonInactive, ReasonUnverified or ReasonThrottled. It is in no history: a
	// stranger must not be able to write there.
	EventLogInRefused EventKind = "log_in_refused"
	// EventPasswordChanged: the user has a new password. ReasonPassword (the old one
	// was given), ReasonReset or ReasonSet.
	EventPasswordChanged EventKind = "password_changed"
	// EventEmailChanged: the user has another address, or the change to another one was
	// canceled before. ReasonEmail or ReasonUndo.
	EventEmailChanged EventKind = "email_changed"
	// EventProfileChanged: names or declared fields were changed. ReasonSession.
	EventProfileChanged EventKind = "profile_changed"
	// EventSessionsEnded: sessions were ended before their time. ReasonDevice,
	// ReasonOthers or ReasonAll. A change of the password or address implies it.
	EventSessionsEnded EventKind = "sessions_ended"
	// EventDeactivated and EventActivated: the user may not log in any more, and may
	// again. ReasonSession or ReasonSet.
	EventDeactivated EventKind = "deactivated"
	EventActivated   EventKind = "activated"
	// EventDeleted: the user is gone, and the history as well. ReasonSession or
	// ReasonSet.
	EventDeleted EventKind = "deleted"
	// EventDataExported: the user's data was handed out. ReasonSession. It is in no
	// history: nothing of the user has changed.
	EventDataExported EventKind = "data_exported"
)

// mayBeRefused reports whether Accounts.Before is asked. It isn't asked about what
// only protects the user, and not about what changes nothing.
func (e Event) mayBeRefused() bool {
	switch e.Kind {
	case EventRegistered, EventLoggedIn, EventPasswordChanged, EventProfileChanged,
		EventDeactivated, EventDeleted:
		return true
	case EventEmailChanged:
		return e.Reason != ReasonUndo
	}
	return false
}

// An EventReason is how or why an [Event] happened.
type EventReason string

// The reasons of events. They are stable; later versions may add others.
const (
	ReasonPassword   EventReason = "password"   // with the password
	ReasonSession    EventReason = "session"    // by the user of a session
	ReasonEmail      EventReason = "email"      // with a link or code in a mail
	ReasonInvitation EventReason = "invitation" // with an invitation
	ReasonReset      EventReason = "reset"      // with the link for a forgotten password
	ReasonSet        EventReason = "set"        // by the application or its administrators
	ReasonUndo       EventReason = "undo"       // with the link that undoes a change of address

	ReasonDevice EventReason = "device" // the sessions of one device
	ReasonOthers EventReason = "others" // all but one session
	ReasonAll    EventReason = "all"    // all sessions

	// ReasonWrong: no user has the address, or the password or code is wrong. It never
	// says which. For a password, UserID is set if there is a user.
	ReasonWrong EventReason = "wrong"
	// ReasonInactive: the user may not log in, whether or not the password is right.
	ReasonInactive EventReason = "inactive"
	// ReasonUnverified: the password is right, and the address isn't verified.
	ReasonUnverified EventReason = "unverified"
	// ReasonThrottled: there were too many attempts. Whether the password is right is
	// unknown.
	ReasonThrottled EventReason = "throttled"
)
