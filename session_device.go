package signup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A DeviceInfo describes a device in which a user has logged in: a browser, or a
// program. It is plain data, to be shown to that user. fmt and log/slog show only ID
// and Current.
type DeviceInfo struct {
	// ID names the device among those of the user; see [Accounts.EndDevice].
	ID string `json:"id"`
	// Label is that of the last [Client] that had one, or "". It is text from the
	// client: escape it in HTML.
	Label string `json:"label"`
	// FirstLogIn and LastLogIn are in UTC, to the millisecond.
	FirstLogIn time.Time `json:"first_log_in"`
	LastLogIn  time.Time `json:"last_log_in"`
	// Current reports whether it is the device of the Session that asked.
	Current bool `json:"current"`
}

// Devices lists the devices of the user of s, the latest log-in first.
// It is one Store.Get. A device is listed from its first log-in until it is ended or
// forgotten (see [Accounts.LogIn]), also if its sessions have ended by a new password
// or the application has deleted them. The errors are those of [Accounts.Resume].
func (a *Accounts) Devices(ctx context.Context, s Session) ([]DeviceInfo, error) {
	u, err := a.Resume(ctx, s)
	if err != nil {
		return nil, err
	}
	state, err := u.Private.parse()
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	list := make([]DeviceInfo, 0, len(state.devices))
	for _, d := range state.devices {
		list = append(list, DeviceInfo{
			ID: d.id, Label: d.label, Current: d.id == s.Device,
			FirstLogIn: time.UnixMilli(d.first).UTC(), LastLogIn: time.UnixMilli(d.last).UTC(),
		})
	}
	return list, nil
}

// EndDevice ends all sessions of a device of the user of s, and removes the device
// from the list. Its cookie ([Accounts.DeviceCookie]) is ignored from then on: the next
// log-in with it makes a new device. The device may be that of s, to log out. If
// no such device is listed, nothing is changed and the error is nil.
//
// EndDevice is one Store.Get and at most one Store.Update, more if other calls change
// the user in the meantime. The errors are those of [Accounts.Resume]. After an error
// of Store.Update, the outcome is unknown: repeat the call.
func (a *Accounts) EndDevice(ctx context.Context, s Session, device string) error {
	tried := false
	c := a.newChange(EventSessionsEnded, ReasonDevice)
	c.event.Device = device
	_, err := a.changeInSession(ctx, s, nil, func(u *User) error {
		tried = true
		listed := false
		err := u.changePrivate(func(state *privateState) {
			listed = state.hasDevice(device)
			state.removeDevice(device)
		})
		if err != nil || !listed {
			c.findIn(*u)
			return err
		}
		return c.record(ctx, u)
	})
	if err == nil {
		c.done(ctx)
	}
	if !tried || device != s.Device || !errors.Is(err, ErrEnded) {
		return err
	}
	// This call has ended s, or another one at the same time, which may have left the
	// device listed.
	u, err := a.get(ctx, s.Key)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && u.ID != s.ID:
		return nil
	case err != nil:
		return fmt.Errorf("end sessions: %w", err)
	}
	if listed, err := u.Private.hasDevice(device); listed || err != nil {
		return ErrEnded
	}
	if c.findIn(u) {
		c.done(ctx)
	}
	return nil
}

// EndOtherSessions ends all sessions of the user of s except s, and returns the Session
// that goes on in its place. It sets a new SecurityStamp, so that all tokens of the
// user are void, too, and removes the other devices from the list. It is one
// Store.Update, however many sessions there are, and the next Resume of each returns
// [ErrEnded].
//
// A copy of s ends as well. Of any number of calls with one Session at once, one
// succeeds, and the others return ErrEnded. The errors are those of [Accounts.Resume].
// After an error of Store.Update, the outcome is unknown: if s has ended then, the
// user logs in again.
func (a *Accounts) EndOtherSessions(ctx context.Context, s Session) (Session, error) {
	next := s
	next.Stamp = rand.Text()
	c := a.newChange(EventSessionsEnded, ReasonOthers)
	c.event.Device = s.Device
	made := func(u *User) bool { return next.check(u) == nil }
	_, err := a.changeInSession(ctx, s, made, func(u *User) error {
		u.SecurityStamp, u.UpdatedAt = next.Stamp, now()
		err := u.changePrivate(func(state *privateState) { state.removeOtherDevices(s.Device) })
		if err != nil {
			return err
		}
		return c.record(ctx, u)
	})
	if err != nil {
		return Session{}, err
	}
	c.done(ctx)
	return next, nil
}

// EndAllSessions ends all sessions of the user of the address email, sets a new
// SecurityStamp, so that all tokens of the user are void, too, and removes all devices
// from the list. It is for the application and its administrators. The user may be
// inactive, and may log in again if active.
//
// If email is no address or has no user, or the user is a Placeholder, the error is
// [ErrNotFound]. If Private is malformed, it stays as it is, and all else is done.
// Other errors are as with [Accounts.EndDevice].
func (a *Accounts) EndAllSessions(ctx context.Context, email string) error {
	stamp, c := rand.Text(), a.newChange(EventSessionsEnded, ReasonAll)
	_, err := a.changeUser(ctx, email, func(u *User) error {
		if u.Placeholder {
			return ErrNotFound
		}
		u.endSessions(stamp)
		_ = c.record(ctx, u) // Before isn't asked
		return nil
	})
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	c.done(ctx)
	return nil
}

// endSessions ends all sessions of u, and voids all tokens, by the new SecurityStamp
// stamp. If Private is malformed, it stays as it is: no session goes on with stamp.
func (u *User) endSessions(stamp string) {
	u.SecurityStamp, u.UpdatedAt = stamp, now()
	_ = u.changePrivate(func(s *privateState) { s.devices = nil })
}

// maxLabelText is how much of a label is looked at, in bytes.
const maxLabelText = 4096

// cleanLabel returns text as the label of a device.
func cleanLabel(text string) string {
	text = strings.TrimSpace(text[:min(len(text), maxLabelText)])
	var b strings.Builder
	n := 0
	for _, r := range text {
		if r == utf8.RuneError || unicode.IsControl(r) || isBreak(r) || isOverride(r) {
			continue
		}
		if n++; n > maxDeviceLabel {
			break
		}
		b.WriteRune(r)
	}
	if label := strings.TrimSpace(b.String()); !isBlank(label) {
		return label
	}
	return ""
}

// Format writes ID and Current for every verb that calls it.
func (d DeviceInfo) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, fmt.Sprintf("{ID:%s Current:%t}", d.ID, d.Current))
}

// LogValue returns ID and Current.
func (d DeviceInfo) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", d.ID), slog.Bool("current", d.Current))
}
