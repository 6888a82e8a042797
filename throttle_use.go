package signup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// takeBackTimeout limits an Add that takes a count back. The request may have been
// canceled by then.
const takeBackTimeout = 2 * time.Second

// countName returns the name under which a Counter counts what texts describe. It
// contains no address and no origin.
func countName(texts ...string) string {
	return hex.EncodeToString(digest(append([]string{"github.com/gosignup/signup: count"}, texts...)...))
}

// add calls c.Add. If the Counter fails, what it counts for is refused like a call for
// which there is no capacity: a Counter that is down must not permit endless guesses.
func add(ctx context.Context, c Counter, name string, n int, window time.Duration) (int, error) {
	count, err := c.Add(ctx, name, n, window)
	switch {
	case err == nil:
		return count, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	}
	return 0, fmt.Errorf("%w: Counter: %v", ErrBusy, err) // without the Counter's own sentinel
}

// takeBack subtracts n from a count. If it fails, the count is too high, which is safe,
// and the error is logged.
func (a *Accounts) takeBack(ctx context.Context, c Counter, name string, n int, window time.Duration) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackTimeout)
	defer cancel()
	if _, err := c.Add(detached, name, -n, window); err != nil {
		a.noteNotTakenBack(detached, err)
	}
}

// noteNotTakenBack logs that a count couldn't be taken back, if it is the first one of an
// outage of the Counter, or has another cause than those before.
func (a *Accounts) noteNotTakenBack(ctx context.Context, err error) {
	if first, other := a.notTakenBack.Note(err.Error(), a.noteTakenBack); first || other {
		a.logger().LogAttrs(ctx, slog.LevelWarn, "signup: count not taken back", slog.Any("error", err))
	}
}

// noteTakenBack logs that such an outage has ended, or looks again later.
func (a *Accounts) noteTakenBack() {
	if n, lasted := a.notTakenBack.End(a.noteTakenBack); n > 0 {
		a.logger().LogAttrs(context.Background(), slog.LevelWarn, "signup: counts not taken back", slog.Int64("failed", n), slog.Duration("duration", lasted))
	}
}

// countOrigin counts a call from the origin of c, and returns ErrThrottled if there
// were too many.
func (a *Accounts) countOrigin(ctx context.Context, c Client) error {
	if c.Origin == "" {
		return nil
	}
	n, err := add(ctx, a.counter, countName("origin", c.Origin), 1, originWindow)
	if err == nil && n > a.limits.PerOrigin {
		err = ErrThrottled
	}
	return err
}

// An attempt is the check of a password that was counted before it is made.
type attempt struct {
	name  string // "": it isn't counted
	count int    // with this attempt
	// over reports that there were too many. The password must not be compared.
	over bool
}

// countAttempt counts the attempt to log in to the address key, which has the user u,
// or the zero User. If d is a device of that user, it is counted for the device.
func (a *Accounts) countAttempt(ctx context.Context, key string, u User, d knownDevice) (attempt, error) {
	if d.isOf(u) {
		if listed, err := u.Private.hasDevice(d.device); err == nil && listed {
			return a.countInDevice(ctx, u, d.device)
		}
	}
	if key == "" { // no address, and so no account
		return attempt{}, nil
	}
	// The limit is for one password. So a user that has reset it can log in at once,
	// however often the old one was guessed at.
	return a.beginAttempt(ctx, countName("account", key, string(u.PasswordHash)), a.limits.PerAccount)
}

// countInDevice is countAttempt for a listed device of u.
func (a *Accounts) countInDevice(ctx context.Context, u User, device string) (attempt, error) {
	return a.beginAttempt(ctx, countName("device", u.Key(), u.ID, device, string(u.PasswordHash)), a.limits.PerDevice)
}

func (a *Accounts) beginAttempt(ctx context.Context, name string, limit int) (attempt, error) {
	n, err := add(ctx, a.counter, name, 1, a.limits.Window)
	return attempt{name, n, n > limit}, err
}

// endAttempt takes back what was counted, by the result of the check: all, if the
// password was right, and the attempt itself, if it wasn't compared. A repetition of a
// registration with other data had the right password.
func (a *Accounts) endAttempt(ctx context.Context, t attempt, result error) {
	n := 1
	switch {
	case t.name == "", errors.Is(result, ErrBadCredentials):
		return
	case result == nil, errors.Is(result, ErrUnverified), errors.Is(result, ErrIdempotencyKeyReused):
		n = t.count
	}
	a.takeBack(ctx, a.counter, t.name, n, a.limits.Window)
}

// checkAttempt is checkUser for an attempt that was counted. If there were too many,
// it does the work of a wrong password, and the response is the same.
func (a *Accounts) checkAttempt(ctx context.Context, t attempt, u User, password string, rehash bool, record func(*User) error) (User, error) {
	if t.over {
		u = User{}
	}
	panicked := false
	if record != nil {
		change := record
		record = func(u *User) error { // the password was right
			panicked = true
			err := change(u)
			panicked = false
			return err
		}
	}
	// Otherwise a Before that panics would lock the user out.
	defer func() {
		if panicked {
			a.takeBack(ctx, a.counter, t.name, 1, a.limits.Window)
		}
	}()
	u, err := a.checkUser(ctx, u, password, rehash, record)
	a.endAttempt(ctx, t, err)
	return u, err
}

// mailName returns the name under which mails for purpose to the address key are
// counted.
func mailName(purpose Purpose, key string) string { return countName("mail", string(purpose), key) }

// countMail counts a mail for purpose to the address key, and reports whether it may
// be sent.
func (a *Accounts) countMail(ctx context.Context, purpose Purpose, key string) (may bool, err error) {
	n, err := add(ctx, a.mailCounter, mailName(purpose, key), 1, a.limits.MailInterval)
	return err == nil && n <= 1, err
}

// mailNotSent permits the next mail at once, as the one that countMail has permitted
// wasn't sent. The calls in between were refused, and are taken back as well.
func (a *Accounts) mailNotSent(ctx context.Context, purpose Purpose, key string) {
	a.takeBack(ctx, a.mailCounter, mailName(purpose, key), MaxCount, a.limits.MailInterval)
}
