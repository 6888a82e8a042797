package signup

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// begin sets what a registration with r changes at each attempt to store u: the times,
// and Private, which has only the event.
func (c *change) begin(u *User, r Registration) {
	u.CreatedAt = now()
	u.UpdatedAt = u.CreatedAt
	u.Private = ""
	c.event.At = u.CreatedAt
	c.add(u, c.a.After != nil && r.IdempotencyKey != "")
}

// sendRegistered calls Accounts.After for u, which was registered by c or by an
// earlier call that c's call repeats, and returns the user as stored then.
//
// A registration without an IdempotencyKey can't be repeated by another call. With one,
// the event is marked in the history as not sent. The call that replaces the mark, by
// compare and swap, is the one that calls After.
func (a *Accounts) sendRegistered(ctx context.Context, u User, c *change, repeatable bool) (User, error) {
	if a.After == nil {
		return u, nil
	}
	if repeatable {
		var own bool
		var err error
		if u, own, err = a.claimRegistered(ctx, u); err != nil || !own {
			return u, err
		}
	}
	c.event.At, c.event.UserID = u.CreatedAt, u.ID
	a.after(ctx, c.event)
	return u, nil
}

// claimRegistered replaces the mark of the event of u's registration, and reports
// whether this call did. If a write fails, it looks what has become of it. UpdatedAt
// stays, so that a repetition sees that the user is unchanged.
func (a *Accounts) claimRegistered(ctx context.Context, u User) (stored User, own bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noticeTimeout)
	defer cancel()
	id := newEventID()
	failures := 0
	for range maxChanges {
		s, malformed := u.Private.parse()
		if malformed != nil {
			return u, false, nil // changed by the application
		}
		i := s.unsent()
		if i < 0 {
			return u, s.isSentBy(id), nil
		}
		if failures == 3 {
			return User{}, false, fmt.Errorf("register: %w", err)
		}
		s.events[i] = strings.Replace(s.events[i], eventUnsent, sentBy(id), 1)
		v := u
		if v.Private, err = s.text(); err != nil {
			return u, false, nil
		}
		if err = a.Store.Update(ctx, &v); err == nil {
			return v, true, nil
		}
		if !errors.Is(err, ErrConflict) {
			failures++
		}
		again, getErr := a.get(ctx, u.Key())
		switch {
		case errors.Is(getErr, ErrNotFound), getErr == nil && again.ID != u.ID:
			return u, false, nil // deleted in the meantime
		case getErr != nil:
			return User{}, false, fmt.Errorf("register: %w", getErr)
		}
		u = again
	}
	return User{}, false, ErrBusy
}
