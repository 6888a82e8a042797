package signup

import (
	"cmp"
	"fmt"
	"time"
)

// Limits says how often a client may try. [Accounts].Counter counts for it. The zero
// value of each field selects the default that its comment names. A value that is
// negative or above the maximum is an error of every call of [Accounts].
type Limits struct {
	// PerAccount is how many wrong passwords are compared with the password of one
	// account in a Window, from devices that the account doesn't know. 0 is 20, and
	// the maximum is 100.
	//
	// A right password from such a device begins a new count, and so does a change of
	// the password. One from a known device ([Client].Cookie) doesn't: otherwise, each
	// log-in of the user would give a stranger as many guesses again. Addresses
	// without an account are counted in the same way.
	//
	// A log-in is counted before its password is compared, and taken back if it is
	// right. So more than PerAccount log-ins of one account at the same moment may be
	// refused, also with the right password.
	//
	// Wrong codes for [Accounts.LogInByCode] have a count of their own, with the same limit.
	PerAccount int
	// PerDevice is the same for each known device of an account, and for
	// [Accounts.Reauthenticate] in it. Each has a count of its own, so that the wrong
	// passwords of strangers don't lock out the user. 0 is 20, and the maximum is 100.
	PerDevice int
	// PerOrigin is how many calls one [Client].Origin may make in a minute: log-ins,
	// sign-ups and the calls that MailInterval limits, together. 0 is 30, and the maximum
	// is a million. If Origin is empty, there is no such limit.
	PerOrigin int
	// Window is how long failures are counted, from the first one on. Then the count
	// begins again. 0 is 24 hours, and the maximum is MaxCountWindow, 30 days.
	//
	// NIST SP 800-63B-4, section 3.2.2, permits at most 100 consecutive failures with
	// one password, and forgets them after a success, not after a time. With the
	// defaults, strangers can make 20 in each 24 hours, and so 100 in 5 days.
	// An application that has to conform sets Window to MaxCountWindow, and PerAccount
	// and PerDevice so that PerAccount plus PerDevice for each device from which
	// failures may come is at most 100. Failures are forgotten after 30 days even
	// then, which is the longest that a Counter counts.
	Window time.Duration
	// MailInterval is the time in which at most one mail is sent for one purpose to one
	// address, by [Accounts.Register], [Accounts.SendEmailVerification],
	// [Accounts.SendPasswordReset], [Accounts.SendLogIn] or [Accounts.SendEmailChange].
	// Further calls succeed and send none. Notices of a change that was made and
	// [Accounts.Invite] aren't limited by it. 0 is 3 minutes, and the maximum is
	// MaxCountWindow. A test that needs several mails sets a short one, such as a
	// millisecond.
	MailInterval time.Duration
}

const (
	defaultPerAccount   = 20
	maxPerAccount       = 100
	defaultPerOrigin    = 30
	maxPerOrigin        = 1_000_000
	originWindow        = time.Minute
	defaultWindow       = 24 * time.Hour
	defaultMailInterval = 3 * time.Minute
)

// check returns what is wrong with l, or nil.
func (l Limits) check() error {
	for _, f := range []struct {
		name      string
		value, to int
	}{
		{"PerAccount", l.PerAccount, maxPerAccount},
		{"PerDevice", l.PerDevice, maxPerAccount},
		{"PerOrigin", l.PerOrigin, maxPerOrigin},
	} {
		if f.value < 0 || f.value > f.to {
			return fmt.Errorf("signup: Limits.%s is %d, want 0 to %d", f.name, f.value, f.to)
		}
	}
	for _, f := range []struct {
		name  string
		value time.Duration
	}{{"Window", l.Window}, {"MailInterval", l.MailInterval}} {
		if f.value < 0 || f.value > MaxCountWindow {
			return fmt.Errorf("signup: Limits.%s is %v, want 0 to %v", f.name, f.value, MaxCountWindow)
		}
	}
	return nil
}

// withDefaults returns l with the defaults in the place of zero values.
func (l Limits) withDefaults() Limits {
	return Limits{
		PerAccount:   cmp.Or(l.PerAccount, defaultPerAccount),
		PerDevice:    cmp.Or(l.PerDevice, defaultPerAccount),
		PerOrigin:    cmp.Or(l.PerOrigin, defaultPerOrigin),
		Window:       cmp.Or(l.Window, defaultWindow),
		MailInterval: cmp.Or(l.MailInterval, defaultMailInterval),
	}
}

// setUpLimits checks Limits and sets what depends on them and on Counter. Without a
// Counter, mails are counted apart, so that no number of failed log-ins fills the
// memory that counts them: their limit of 1 is the lowest.
func (a *Accounts) setUpLimits() error {
	a.limits = a.Limits.withDefaults()
	a.counter, a.mailCounter = a.Counter, a.Counter
	if a.Counter == nil {
		a.counter, a.mailCounter = new(MemoryCounter), new(MemoryCounter)
	}
	return a.Limits.check()
}
