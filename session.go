package signup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// A Session describes the log-in of a user in a device. [Accounts.LogIn] makes it, the
// application keeps it for the client, and [Accounts.Resume] returns its user for each
// request.
//
// A Session is plain data. It takes about 200 bytes as JSON or gob, more if the address
// is long, and after decoding it is equal (==) to what was encoded. Keep it on the
// server, as session libraries do, or in a cookie or token that the application
// encrypts and authenticates. It has no secret, but it has the address of the user, and
// Resume trusts its fields.
//
// To log a user out, the application deletes the Session. If the client keeps it, call
// [Accounts.EndDevice] as well, so that a copy of it has ended, too. That also forgets the
// device, so its cookie doesn't make it known at the next log-in.
//
// The zero Session is no log-in: Resume returns [ErrEnded] for it.
//
// fmt and log/slog show only ID and Device. JSON, gob and other encodings have all
// fields. The JSON handler of log/slog uses JSON for the elements of slices, maps and
// structs: don't log those.
type Session struct {
	// Key is the user's, as [User.Key] returns it: an address.
	Key string `json:"key"`
	// ID is the user's ID. An account that is registered anew has another one.
	ID string `json:"id"`
	// Stamp is the SecurityStamp of the user. A session ends when it changes.
	Stamp string `json:"stamp"`
	// Device is the name of the device among the user's, a random text. It never
	// changes as long as the device is listed.
	Device string `json:"device"`
	// At is when the user last proved their identity, in UTC, to the millisecond.
	At time.Time `json:"at"`
	// By has the methods by which the user has proved it in this session.
	By Methods `json:"by"`
	// Remember reports whether the client keeps its session when it is closed ("remember
	// me"). The application sets it after a log-in, for [Sessions]. Calls that return a
	// changed Session leave it as it is, and nothing else of this package uses it.
	Remember bool `json:"remember,omitzero"`
}

// Methods is a set of ways to prove an identity: constants joined by |. The zero value
// is the empty set.
type Methods uint8

// The methods. Their values are stable.
const (
	ByPassword Methods = 1 << iota // the password
	ByEmail                        // a link or code in a mail
)

// maxFresh is for how long after At a Session permits sensitive changes.
const maxFresh = 5 * time.Minute

// A Client describes the client of a request. In the zero value, nothing is known
// about it.
//
// fmt, log/slog and every encoding that uses [encoding.TextMarshaler] or
// [encoding.BinaryMarshaler] show it as "[redacted]", with the limits of [Hash].
type Client struct {
	// Cookie is the text of [Accounts.DeviceCookie] that the client has sent, or "".
	// A text that doesn't open, or is of another user, is ignored.
	Cookie string
	// Origin is where the request comes from, by the application's own reckoning,
	// such as the IP address of the client behind its trusted proxies, or the first 64
	// bits of an IPv6 address. [Limits].PerOrigin limits its requests. It is not stored
	// with the user. "" is unknown.
	Origin string
	// Label names the device for the user, such as "Firefox on Linux". Characters
	// that a name can't have (see [Registration]) and surrounding white space are
	// removed, and what is left is cut to 100 characters.
	Label string
}

// LogIn checks email and password as [Accounts.Authenticate] does, with the same work
// and errors, and returns a Session for the client c. If c.Origin makes too many calls
// ([Limits].PerOrigin), the error is [ErrThrottled].
//
// If c.Cookie is of a device of the same user that is still listed, wrong passwords are
// counted for that device alone ([Limits].PerDevice), and otherwise for the address. So
// strangers that exhaust the limit of an address don't lock out the user's devices.
//
// LogIn records the log-in in [User].Private. If c.Cookie is of a device of the same
// user that is still listed, that device is used again; otherwise a new one is listed.
// At most fifty devices are listed. If there would be more, LogIn forgets the device
// that was unused for longest: its sessions end, and its cookie is ignored from then
// on. So without device cookies, a user has at most fifty sessions. A c.Label that
// isn't empty replaces the label of the device.
//
// A successful LogIn is one Store.Get, two calls of the Counter, three if c has an
// Origin, and one [Store.Update], which also replaces a hash that needs a rehash, gives
// a SecurityStamp to a user stored without one, and makes sure that the user is still
// active and has the same password. It leaves UpdatedAt alone, except for a rehash. A
// change by another call in the meantime is kept: LogIn then reads the user again and
// tries again. If other calls change the user all the time, the error is [ErrBusy].
//
// After an error of Store.Update, the outcome is unknown, and a device may be listed
// that has no session. If Private isn't in the form that this package writes, LogIn
// changes nothing and returns an error that wraps none of this package's.
func (a *Accounts) LogIn(ctx context.Context, email, password string, c Client) (Session, error) {
	if err := a.admit(); err != nil {
		return Session{}, err
	}
	entry := a.newEntry(c, ByPassword)
	u, err := a.checkCredentials(ctx, c, email, password, true, func(u *User) error { return entry.record(ctx, u) })
	if err != nil {
		return Session{}, err
	}
	entry.change.done(ctx)
	return entry.session(u), nil
}

// Resume returns the user of s as stored, if s goes on. It is one Store.Get, and is
// meant for each request.
//
// The error is [ErrEnded] if the user was deleted, deactivated or registered anew, has
// another SecurityStamp (after a new password or address, or "log out everywhere"), or
// if the device was ended or forgotten. So it is for the zero Session. The client
// isn't logged in then. After any other error, s may go on: [ErrBusy] and the errors of the
// Store and of ctx are passed on, and a malformed [User].Private is an error that
// wraps none of this package's.
func (a *Accounts) Resume(ctx context.Context, s Session) (User, error) {
	if err := a.setUp(); err != nil {
		return User{}, err
	}
	if s.Key == "" || s.ID == "" || s.Device == "" {
		return User{}, ErrEnded
	}
	u, err := a.get(ctx, s.Key)
	if err == nil {
		err = s.check(&u)
	}
	switch {
	case err == nil:
		return u, nil
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrEnded):
		return User{}, ErrEnded
	}
	return User{}, fmt.Errorf("resume: %w", err)
}

// check returns ErrEnded if s doesn't go on for u, as read from the Store. It gets a
// pointer for speed.
func (s *Session) check(u *User) error {
	if u.ID != s.ID || u.SecurityStamp != s.Stamp || !u.mayLogIn() {
		return ErrEnded
	}
	listed, err := u.Private.hasDevice(s.Device)
	if err == nil && !listed {
		err = ErrEnded
	}
	return err
}

// Reauthenticate asks for the password again, before a sensitive change for example,
// and returns s with At set to the present and with [ByPassword] in By. The application
// keeps the returned Session in the place of s. Nothing is stored, except a rehash.
//
// If the password isn't the user's, the error is [ErrBadCredentials], and s goes on.
// It is counted for the device of s. If there were too many ([Limits].PerDevice), the
// error is the same, and the password isn't compared. If s has ended, or ends during
// the call, it is [ErrEnded], except that ErrBadCredentials is also returned for a user
// that is deactivated, deleted or registered anew during the call. Other errors are
// those of [Accounts.Authenticate] and [Accounts.Resume].
//
// A user without a password gets ErrBadCredentials for each password. Such a user logs in
// by mail again ([Accounts.SendLogIn]), and the application keeps the Session of that
// log-in in the place of s.
func (a *Accounts) Reauthenticate(ctx context.Context, s Session, password string) (Session, error) {
	if err := a.admit(); err != nil {
		return Session{}, err
	}
	u, err := a.checkPasswordOf(ctx, s, password, true)
	if err != nil {
		return Session{}, err
	}
	if err := s.check(&u); err != nil {
		return Session{}, err
	}
	s.At = now()
	s.By |= ByPassword
	a.after(ctx, Event{Kind: EventReauthenticated, Reason: ReasonPassword, At: s.At, UserID: s.ID, Device: s.Device})
	return s, nil
}

// checkPasswordOf returns the user of s if the password is that user's. It is counted as an
// attempt of the device of s. The user may have been changed since; see Session.check. A
// hash that needs a rehash is replaced only if rehash is true.
func (a *Accounts) checkPasswordOf(ctx context.Context, s Session, password string, rehash bool) (User, error) {
	u, err := a.Resume(ctx, s)
	if err != nil {
		return User{}, err
	}
	t, err := a.countInDevice(ctx, u, s.Device)
	if err != nil {
		return User{}, fmt.Errorf("check password: %w", err)
	}
	checked, err := a.checkAttempt(ctx, t, u, password, rehash, nil)
	a.noteRefusal(ctx, t, u, err)
	return checked, err
}

// requireFresh returns ErrStale if the user of s last proved their identity more than
// maxFresh ago. A time in the future, from a clock that is ahead, is fresh for as long.
func requireFresh(s Session) error {
	if time.Since(s.At).Abs() > maxFresh {
		return ErrStale
	}
	return nil
}

// Format writes ID and Device for every verb that calls it.
func (s Session) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "{ID:"+s.ID+" Device:"+s.Device+"}")
}

// LogValue returns ID and Device.
func (s Session) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", s.ID), slog.String("device", s.Device))
}

// Format writes "[redacted]" for every verb that calls it.
func (Client) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue returns "[redacted]".
func (Client) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (Client) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalBinary returns "[redacted]". Gob uses it.
func (Client) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }
