package signup

import (
	"context"
	"errors"
	"time"
)

// placeholder returns the document that claims the new key for the user u.
func (m *move) placeholder(u User) User {
	p := User{
		ID: u.ID, Email: m.to.Email, Placeholder: true, CreatedAt: u.CreatedAt, UpdatedAt: now(),
		Private: Private(privateState{heldFor: m.from}.encode()),
	}
	p.SetKey(m.to.keyAndRule())
	return p
}

// tombstone returns the document that takes the place of u at the commit. It has the
// data that the user has after the move.
func (m *move) tombstone(u User) (User, error) {
	at := now()
	until := at.Add(m.life).UnixMilli()
	full := false
	u.Placeholder, u.UpdatedAt = true, at
	if m.undo {
		u.PasswordHash = ""
	}
	err := u.changePrivate(func(s *privateState) {
		if m.undo {
			s.devices = nil
			s.closeAfter(m.to.Key())
		}
		for _, key := range append(m.released, m.from, m.to.Key()) {
			s.forget(key)
		}
		full = !m.undo && len(s.held) >= maxHeld
		s.held = append(s.held, heldKey{key: m.from, until: until, closed: m.undo})
		s.movedTo, s.movedAt, s.undoUntil, s.nextStamp = m.to.Key(), at.UnixMilli(), until, m.stamp
	})
	if err == nil && full {
		err = ErrBusy
	}
	return u, err
}

// preview returns the user that the tombstone t becomes, for Accounts.Before.
func (m *move) preview(t User) User {
	t.Email, t.Placeholder, t.SecurityStamp = m.to.Email, false, m.stamp
	t.SetKey(m.to.keyAndRule())
	return t
}

// finishMove returns the user of the placeholder u, if the move to its key has reached
// its commit. Otherwise, it returns the placeholder or tombstone as it is.
func (a *Accounts) finishMove(ctx context.Context, u User) (User, error) {
	for range maxChanges {
		s, err := u.Private.parse()
		if err != nil || s.heldFor == "" {
			return u, nil
		}
		t, err := a.Store.Get(ctx, s.heldFor)
		if errors.Is(err, ErrNotFound) {
			return u, nil
		}
		if err != nil {
			return User{}, err
		}
		v, ok := moved(t, u)
		if !ok {
			return u, nil
		}
		err = a.Store.Update(ctx, &v)
		if err == nil {
			return v, nil
		}
		if !isRace(err) {
			return User{}, err
		}
		u, err = a.Store.Get(ctx, u.Key())
		if err != nil || !u.Placeholder {
			return u, err
		}
	}
	return User{}, ErrBusy
}

// moved returns the user of the tombstone t in the place of the placeholder p, and
// reports whether t names p.
func moved(t, p User) (User, bool) {
	s, err := t.Private.parse()
	if err != nil || t.ID != p.ID || !t.Placeholder || s.movedTo != p.Key() {
		return User{}, false
	}
	u := t
	u.Email, u.Placeholder, u.Version = p.Email, false, p.Version
	u.SetKey(p.keyAndRule())
	u.SecurityStamp, u.EmailVerifiedAt = s.nextStamp, time.UnixMilli(s.movedAt).UTC()
	s.movedTo, s.movedAt, s.undoUntil, s.nextStamp = "", 0, 0, ""
	u.Private = Private(s.encode())
	return u, true
}
