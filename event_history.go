package signup

import (
	"context"
	"fmt"
)

// Events returns the latest events of the user of s, at most fifty, the newest first.
// It is one Store.Get. Each is stored in the same write as the change that it
// reports, so neither is stored without the other, with two exceptions: there is no
// event if [User].Private is malformed or full, and none of changes that the
// application makes with its Store or with [Accounts.Create]. Refused log-ins aren't
// among them. An event that another version of this package has written in a form
// that this one can't read is left out.
//
// The errors are those of [Accounts.Resume].
func (a *Accounts) Events(ctx context.Context, s Session) ([]Event, error) {
	u, err := a.Resume(ctx, s)
	if err != nil {
		return nil, err
	}
	state, err := u.Private.parse()
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return state.history(u.ID), nil
}

// history returns the events of the user with the ID id, the newest first, without those
// in another form than this version's.
func (s privateState) history(id string) []Event {
	list := make([]Event, 0, len(s.events))
	for _, text := range s.events {
		if e, ok := parseEvent(text); ok {
			e.UserID = id
			list = append(list, e)
		}
	}
	return list
}

// A change is an event on its way: it is stored in the write that it reports. A call
// makes one, calls record before each attempt of the write, and done after the write.
type change struct {
	a     *Accounts
	event Event
	id    string // in the history
	made  bool   // as far as is known, if the last write succeeded

	asked   Version // the Version of the user that Before was asked about last
	refusal error   // of Before, then
}

// newChange returns a change of the user. Its Device may be set.
func (a *Accounts) newChange(kind EventKind, reason EventReason) *change {
	return &change{a: a, event: Event{Kind: kind, Reason: reason}, id: newEventID()}
}

// record is called with the user as about to be stored. It returns the error of
// Accounts.Before, as it is, or adds the event to the history. If that isn't possible,
// the event is left out, since it isn't worth the change.
//
// A Store whose transport repeats a request may report the conflict of a call with
// itself. Then u has the event already, and record does nothing.
func (c *change) record(ctx context.Context, u *User) error { return c.recordFor(ctx, *u, u) }

// recordFor is record for a document u that becomes the user v.
func (c *change) recordFor(ctx context.Context, v User, u *User) error {
	if c.findIn(*u) {
		return nil
	}
	if err := c.ask(ctx, v); err != nil {
		return err
	}
	c.event.At = now()
	c.add(u, false)
	return nil
}

// ask returns the error of Accounts.Before. It asks once about each version of the user
// that is stored.
func (c *change) ask(ctx context.Context, u User) error {
	c.event.UserID, c.event.At = u.ID, now()
	if u.Version == "" || u.Version != c.asked {
		c.asked, c.refusal = u.Version, c.a.before(ctx, c.event, u)
	}
	return c.refusal
}

// explain returns err with what the call was doing, or the error of Accounts.Before as
// it is.
func (c *change) explain(doing string, err error) error {
	if c.refusal != nil {
		return c.refusal
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// add adds the event to the history of u.
func (c *change) add(u *User, unsent bool) {
	c.made = true
	s, err := u.Private.parse() // and no changePrivate, which takes memory of the heap for s
	if err != nil {
		return
	}
	s.addEvent(eventText(c.event, c.id, unsent))
	if text, err := s.text(); err == nil {
		u.Private = text
	}
}

// findIn sets c.made to whether u, as read from the Store, has the event, and returns
// that.
func (c *change) findIn(u User) bool {
	s, err := u.Private.parse()
	c.made = err == nil && s.hasEvent(c.id)
	return c.made
}

// gone calls Accounts.After for a change after which the user, whose ID was id, has no
// history.
func (c *change) gone(ctx context.Context, id string) {
	c.event.UserID, c.event.At = id, now()
	c.a.after(ctx, c.event)
}

// done calls Accounts.After, if the change was made.
func (c *change) done(ctx context.Context) {
	if c.made {
		c.a.after(ctx, c.event)
	}
}
