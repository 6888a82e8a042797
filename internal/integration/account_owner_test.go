package integration

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// An owner is the only caller that changes an account, and knows what was acknowledged.
// It repeats each call of unknown outcome until the outcome is known.
type owner struct {
	*testing.T
	*ownerTotals
	accounts *signup.Accounts
	box      *mailbox
	email    string
	password string           // the last one that was acknowledged
	void     []string         // those that were replaced, and those that a void token was to set
	live     []signup.Session // that go on: the last few
	ended    []signup.Session // that were ended: the last few
}

// ownerTotals are what all owners have seen.
type ownerTotals struct {
	calls, unknown                         atomic.Int64
	passwords, resets, logIns, ends, voids atomic.Int64 // acknowledged
	lost                                   atomic.Int64 // acknowledged, and gone afterwards
}

// keep is how many sessions and passwords an owner keeps of each kind. It is well below
// the number of devices that are listed.
const keep = 10

// until calls f until its outcome is known. It reports whether an earlier call may have
// had an effect.
func (o *owner) until(ctx context.Context, f func(context.Context) error) (repeated bool, err error) {
	for ctx.Err() == nil {
		patience := 10 * time.Second
		if mathrand.IntN(10) == 0 {
			patience = time.Duration(mathrand.IntN(int(50 * time.Millisecond)))
		}
		bounded, cancel := context.WithTimeout(ctx, patience)
		o.calls.Add(1)
		err = f(bounded)
		cancel()
		switch {
		case errors.Is(err, signup.ErrBusy):
		case err != nil && err != signup.ErrToken && err != signup.ErrEnded && err != signup.ErrBadCredentials:
			record("%v", err)
			o.unknown.Add(1)
			repeated = true
		default:
			return repeated, err
		}
		sleep(ctx, 50*time.Millisecond)
	}
	return repeated, ctx.Err()
}

// want counts a loss unless got is want, or the context has ended.
func (o *owner) want(ctx context.Context, what string, got, want error) {
	o.Helper()
	if got != want && ctx.Err() == nil {
		o.lost.Add(1)
		o.Errorf("%s returned %v, want %v", what, got, want)
	}
}

// step makes one change, and then looks at what is stored.
func (o *owner) step(ctx context.Context) {
	switch mathrand.IntN(6) {
	case 0:
		o.changePassword(ctx)
	case 1:
		o.reset(ctx)
	case 2:
		o.useVoidToken(ctx)
	case 3:
		o.endDevice(ctx)
	case 4:
		o.endOthers(ctx)
	}
	o.check(ctx)
}

// check compares what is stored with what was acknowledged.
func (o *owner) check(ctx context.Context) {
	resume := func(what string, s signup.Session, want error) {
		_, err := o.until(ctx, func(ctx context.Context) error { _, err := o.accounts.Resume(ctx, s); return err })
		o.want(ctx, fmt.Sprintf("Resume of a session that %s", what), err, want)
	}
	for _, s := range o.live {
		resume("goes on", s, nil)
	}
	for _, s := range o.ended {
		resume("was ended", s, signup.ErrEnded)
	}
	o.logIn(ctx)
	for _, password := range o.void {
		_, err := o.until(ctx, func(ctx context.Context) error {
			_, err := o.accounts.Authenticate(ctx, o.email, password)
			return err
		})
		o.want(ctx, "Authenticate with a password that isn't the user's", err, signup.ErrBadCredentials)
	}
}

// last returns the last few of all.
func last[T any](all []T) []T { return slices.Clone(all[max(0, len(all)-keep):]) }
