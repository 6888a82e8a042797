package signup

import (
	"context"
	"errors"
	"fmt"
	"maps"
)

// maxChanges is how often a change of a user is tried. Each attempt but the first is
// caused by another change in between, which may be one of a crowd.
const maxChanges = 100

// changeInSession changes the user of s by compare and swap, as long as s goes on, and
// returns the user as stored. It calls change as compareAndSwap does.
//
// If s has ended and made isn't nil, made reports whether the stored user has the
// change of this call or of an earlier one that this call repeats. Then change gets
// that user.
func (a *Accounts) changeInSession(ctx context.Context, s Session, made func(*User) bool, change func(*User) error) (User, error) {
	return a.compareAndSwap(ctx, func() (User, error) {
		u, err := a.Resume(ctx, s)
		if made == nil || !errors.Is(err, ErrEnded) {
			return u, err
		}
		u, err = a.get(ctx, s.Key)
		switch {
		case errors.Is(err, ErrNotFound), err == nil && !made(&u):
			return User{}, ErrEnded
		case err != nil:
			return User{}, fmt.Errorf("resume: %w", err)
		}
		return u, nil
	}, change)
}

// changeUser changes the user of the address email by compare and swap, and returns the
// user as stored. If email is no address or has no user, the error is ErrNotFound. It
// calls change as compareAndSwap does, also for a placeholder.
func (a *Accounts) changeUser(ctx context.Context, email string, change func(*User) error) (User, error) {
	if err := a.setUp(); err != nil {
		return User{}, err
	}
	return a.compareAndSwap(ctx, func() (User, error) { return a.find(ctx, email) }, change)
}

// compareAndSwap stores the user that read returns as change changes it, and returns it
// as stored. If the user was changed in the meantime, it calls both again. Their errors
// are returned as they are. A user that change leaves as it is isn't stored.
//
// If a Store whose transport repeats a request reports the conflict of this call with
// itself, change gets the user that it has changed already. Then the user is stored
// again in any case, which makes sure that the change is durable.
func (a *Accounts) compareAndSwap(ctx context.Context, read func() (User, error), change func(*User) error) (User, error) {
	for i := range maxChanges {
		u, err := read()
		if err != nil {
			return User{}, err
		}
		before := u
		before.Profile = maps.Clone(u.Profile)
		if err := change(&u); err != nil {
			return User{}, err
		}
		if i == 0 && u.Equal(before) {
			return u, nil
		}
		err = a.Store.Update(ctx, &u)
		if err == nil {
			return u, nil
		}
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) { // read reports a user that is gone
			return User{}, fmt.Errorf("change user: %w", err)
		}
	}
	return User{}, ErrBusy
}
