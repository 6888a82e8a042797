package signup

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// An entry is a log-in on its way: what becomes a Session as soon as the user is
// stored with it.
type entry struct {
	a     *Accounts
	by    Methods
	known knownDevice // from the client's cookie
	label string
	fresh string // the ID of the device, if it isn't a known one

	at     time.Time // of record
	device string
	stamp  string
	change *change
}

// newEntry returns the entry of the client c, which proves its identity by.
func (a *Accounts) newEntry(c Client, by Methods) *entry {
	reason := ReasonPassword
	if by == ByEmail {
		reason = ReasonEmail
	}
	return &entry{
		a: a, by: by, known: a.openDeviceCookie(c.Cookie), label: cleanLabel(c.Label), fresh: rand.Text(),
		change: a.newChange(EventLoggedIn, reason),
	}
}

// record records the log-in in u, which is stored after it. It may be called again
// with another version of the user.
func (e *entry) record(ctx context.Context, u *User) error {
	if e.a.awaitsVerification(*u) {
		return ErrUnverified // before a device is stored
	}
	e.at = now()
	if u.SecurityStamp == "" {
		u.SecurityStamp = rand.Text()
	}
	err := u.changePrivate(func(s *privateState) {
		// The ID of a device that isn't listed is never used again: that would
		// revive its ended sessions.
		if e.device = e.fresh; e.known.isOf(*u) && s.hasDevice(e.known.device) {
			e.device = e.known.device
		}
		s.addLogIn(e.device, e.label, e.at)
	})
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	e.stamp, e.change.event.Device = u.SecurityStamp, e.device
	return e.change.record(ctx, u)
}

// isIn reports whether u, as read from the Store, has the log-in, and no session of it
// has ended.
func (e *entry) isIn(u User) bool { return u.SecurityStamp == e.stamp && e.change.findIn(u) }

// session returns the Session of the log-in that was recorded in u.
func (e *entry) session(u User) Session {
	return Session{Key: u.Key(), ID: u.ID, Stamp: u.SecurityStamp, Device: e.device, At: e.at, By: e.by}
}
