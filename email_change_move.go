package signup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Store changes one document at a time, so a user moves to another key in steps, of
// which each leaves one document that the user logs in with:
//
//  1. claim: a placeholder with the user's ID is created under the new key. It names the
//     old key (held_for).
//  2. commit: the user becomes a tombstone, which names the new key (moved_to) and keeps
//     all data, by compare and swap.
//  3. finish: the placeholder becomes the user, from the tombstone, by compare and swap.
//     Each reader of the new key does it, so a process may stop anywhere.
//
// A tombstone remains until the address is needed after the time for an undo, see
// Accounts.free. A placeholder whose tombstone doesn't name it has no meaning.
//
// email_change_model_test.go runs every order of the steps of concurrent moves,
// undos, sign-ups and password changes, and every place where a process can stop.

// movingRules changes the steps for tests.
type movingRules struct {
	noGrace bool // an abandoned placeholder may be removed at once
	// A test shows that each of these steps is needed.
	noTouch  bool // leave out that a cleaner writes the old document back
	noBump   bool // leave out that a placeholder of the same user is claimed again
	noReread bool // leave out that the user is read again after a tombstone
	noOrigin bool // leave out the same after a placeholder for a move from another key
}

// A move is a change of the key of a user, on its way.
type move struct {
	id    string
	from  string // the key of the user
	to    User   // has the new Email and key
	stamp string // the SecurityStamp after the move
	life  time.Duration
	// check returns why the user may not be moved, or nil. For a tombstone, it returns
	// why its move isn't this one.
	check func(u User) error
	// undo is set if the user moves back. Then reclaim returns why the placeholder at
	// the new key isn't the one that the user left there, or nil.
	undo    bool
	reclaim func(h User) error

	change   *change  // the event; nil: none
	released []string // keys that aren't held for the user any more
	before   User     // the user at the commit of this call, if it came to that
	claimed  bool     // the new key is claimed, or was
	refused  bool     // the user may not be moved
}

// errMovedOn means that a user is at another key by now.
var errMovedOn = errors.New("signup: the address was changed again")

// tryMove moves the user of m, or finishes a move to the same key. If again is true, it
// has to be called again, because of a change by another call.
func (a *Accounts) tryMove(ctx context.Context, m *move) (u User, again bool, err error) {
	u, err = a.get(ctx, m.from)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && u.ID != m.id:
		m.refused = true
		return User{}, false, ErrToken
	case err != nil:
		return User{}, false, err
	case u.Placeholder:
		return a.findMove(ctx, m, u)
	}
	if err := m.check(u); err != nil {
		m.refused = true
		return User{}, false, err
	}
	if m.change != nil { // before anything is stored
		if err := m.change.ask(ctx, m.preview(u)); err != nil {
			m.refused = true
			return User{}, false, err
		}
	}
	u, again, err = a.claim(ctx, m, u)
	if again || err != nil {
		return User{}, again, err
	}
	m.claimed = true
	t, err := m.tombstone(u)
	if err == nil && m.change != nil {
		err = m.change.recordFor(ctx, m.preview(t), &t)
	}
	if err != nil {
		m.refused = true
		return User{}, false, err
	}
	switch err := a.Store.Update(ctx, &t); {
	case isRace(err):
		return User{}, true, nil
	case err != nil:
		return User{}, false, err
	}
	m.before = u
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), moveTimeout)
	defer cancel()
	u, err = a.arrive(detached, m)
	return u, false, err
}

// findMove returns the user of m if the tombstone t is of a move to the same key.
func (a *Accounts) findMove(ctx context.Context, m *move, t User) (u User, again bool, err error) {
	s, err := t.Private.parse()
	if err != nil || s.movedTo != m.to.Key() {
		m.refused = true
		return User{}, false, errMovedOn
	}
	if !m.undo { // the tombstone of an undo has nothing of its token
		if err := m.check(t); err != nil {
			return User{}, false, err
		}
	}
	u, err = a.arrive(ctx, m)
	if err == nil && s.nextStamp == m.stamp { // the commit's response was lost
		t.Placeholder = false
		m.before = t
	}
	return u, false, err
}

// arrive returns the user of m at the new key.
func (a *Accounts) arrive(ctx context.Context, m *move) (User, error) {
	u, err := a.get(ctx, m.to.Key())
	switch {
	case errors.Is(err, ErrNotFound), err == nil && u.ID != m.id:
		return User{}, ErrToken
	case err != nil:
		return User{}, err
	case u.Placeholder:
		return User{}, errMovedOn
	}
	return u, nil
}

// isRace reports whether err means that the document was changed since it was read.
func isRace(err error) bool { return errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) }

// moveError returns err for the caller of a call that moves a user.
func moveError(err error) error {
	switch {
	case errors.Is(err, errMovedOn), errors.Is(err, ErrToken):
		return ErrToken
	case err == nil:
		return nil
	}
	return fmt.Errorf("change the address: %w", err)
}
