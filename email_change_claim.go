package signup

import (
	"context"
	"errors"
	"time"
)

// moveTimeout limits what a move does after it has been decided. The request may have been
// canceled by then.
const moveTimeout = 2 * time.Second

// claim makes the new key of m a placeholder. It returns the user u as read last.
func (a *Accounts) claim(ctx context.Context, m *move, u User) (_ User, again bool, err error) {
	if !m.undo { // an undo needs the tombstone that is there
		p := m.placeholder(u)
		err := a.Store.Create(ctx, &p)
		switch {
		case err == nil:
			return u, false, nil
		case errors.Is(err, ErrExists):
			free, err := a.free(ctx, m.to.Key())
			if err == nil && !free {
				err = ErrExists
			}
			return User{}, err == nil, err
		case !errors.Is(err, ErrReplayed):
			return User{}, false, err
		}
	}
	h, err := a.Store.Get(ctx, m.to.Key())
	switch {
	case errors.Is(err, ErrNotFound), err == nil && (h.ID != m.id || !h.Placeholder):
		return User{}, true, nil
	case err != nil:
		return User{}, false, err
	}
	return a.claimAgain(ctx, m, u, h)
}

// claimAgain claims the new key of m, which h of the same user holds. The Update makes
// the Version of h void for calls that have read it.
func (a *Accounts) claimAgain(ctx context.Context, m *move, u, h User) (_ User, again bool, err error) {
	s, err := h.Private.parse()
	if err == nil && m.undo {
		err = m.reclaim(h)
	}
	if err != nil {
		return User{}, false, err
	}
	switch {
	case a.moving.noBump && s.movedTo == "":
		return u, false, nil
	case s.movedTo != "" && !a.moving.noReread, s.movedTo == "" && s.heldFor != m.from && !a.moving.noOrigin:
		// A reader may need h to finish a move, unless the user is seen under the old
		// key later than h.
		u, err = a.get(ctx, m.from)
		switch {
		case errors.Is(err, ErrNotFound), err == nil && (u.ID != m.id || u.Placeholder):
			return User{}, true, nil
		case err == nil:
			err = m.check(u)
		}
		if err != nil {
			return User{}, false, err
		}
	}
	p := m.placeholder(u)
	p.SecurityStamp, p.Version = h.SecurityStamp, h.Version // the token of an undo stays valid
	if err := p.changePrivate(func(p *privateState) { p.undoUntil = s.undoUntil }); err != nil {
		return User{}, false, err
	}
	switch err := a.Store.Update(ctx, &p); {
	case isRace(err):
		return User{}, true, nil
	case err != nil:
		return User{}, false, err
	}
	return u, false, nil
}

// needsClaim reports whether the placeholder p, which has the state s, is needed,
// whatever its age. If it isn't, no move of which p is the claim can reach its commit any
// more.
func (a *Accounts) needsClaim(ctx context.Context, p User, s privateState) (bool, error) {
	o, err := a.Store.Get(ctx, s.heldFor)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && o.ID != p.ID:
		return false, nil
	case err != nil:
		return false, err
	}
	if _, ok := moved(o, p); ok {
		return true, nil
	}
	if a.moving.noTouch {
		return false, nil
	}
	// The Update makes the Version void that a slow move has read.
	err = a.Store.Update(ctx, &o)
	if isRace(err) {
		return true, nil
	}
	return false, err
}

// unclaim removes the placeholder of the move m, which was refused. Without it, the
// address would be held for a minute, and the placeholder would remain when the user is
// deleted. If unclaim fails, Accounts.free removes it when the address is needed.
func (a *Accounts) unclaim(ctx context.Context, m *move) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), moveTimeout)
	defer cancel()
	const attempts = 10 // each is caused by another change of the user in between
	for range attempts {
		p, err := a.Store.Get(ctx, m.to.Key())
		if err != nil || p.ID != m.id || !p.Placeholder {
			return
		}
		s, err := p.Private.parse()
		if err != nil || s.heldFor != m.from || now().UnixMilli() < s.undoUntil {
			return
		}
		needed, err := a.needsClaim(ctx, p, s)
		if err == nil && !needed {
			err = a.Store.Delete(ctx, p)
		}
		if err == nil && !needed || err != nil && !isRace(err) {
			return
		}
	}
}
