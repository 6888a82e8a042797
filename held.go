package signup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	defaultUndoLife = 7 * 24 * time.Hour
	minUndoLife     = time.Hour
	// maxUndoLife leaves room for the life of the token that asks for the change.
	maxUndoLife = maxLongLife - maxMailedLife
	// claimGrace is how long a placeholder is taken for one of a move that goes on. A
	// move takes a few round trips, and is safe if it takes longer.
	claimGrace = time.Minute
)

// checkUndoLife returns what is wrong with UndoLife, or nil.
func (a *Accounts) checkUndoLife() error {
	if a.UndoLife != 0 && (a.UndoLife < minUndoLife || a.UndoLife > maxUndoLife) {
		return fmt.Errorf("signup: Accounts.UndoLife is %v, want %v to %v, or 0", a.UndoLife, minUndoLife, maxUndoLife)
	}
	return nil
}

// createUser is Store.Create, after the removal of a placeholder that isn't needed any
// more.
func (a *Accounts) createUser(ctx context.Context, u *User) error {
	const attempts = 3 // each is caused by another removal or placeholder in between
	var err error
	for range attempts {
		var again bool
		if again, err = a.tryCreate(ctx, u); !again {
			return err
		}
	}
	return err
}

// tryCreate is Store.Create. If again is true, the error is ErrExists or ErrReplayed, and
// what held the address is gone.
func (a *Accounts) tryCreate(ctx context.Context, u *User) (again bool, err error) {
	err = a.Store.Create(ctx, u)
	if !errors.Is(err, ErrExists) && !errors.Is(err, ErrReplayed) {
		return false, err
	}
	free, failure := a.free(ctx, u.Key())
	if failure != nil {
		return false, failure
	}
	return free, err
}

// isTaken reports whether key belongs to a user, or is held for one.
func (a *Accounts) isTaken(ctx context.Context, key string) (bool, error) {
	u, err := a.get(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	free, err := a.release(ctx, u)
	return err == nil && !free, err
}

// free removes the placeholder or tombstone under key if it isn't needed any more, also
// that of a deletion, which it finishes, and reports whether a Create may succeed then.
func (a *Accounts) free(ctx context.Context, key string) (bool, error) {
	h, err := a.Store.Get(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return a.release(ctx, h)
}

// release is free for the document h, as read from the Store.
func (a *Accounts) release(ctx context.Context, h User) (bool, error) {
	if !h.Placeholder {
		return false, nil
	}
	if h.isTombstone() {
		return true, a.finishDeletion(ctx, h)
	}
	s, err := h.Private.parse()
	if err != nil || !s.isPlaceholder() {
		return false, nil // not made by this version
	}
	if !h.isReleased() && (s.heldFor == "" || !a.moving.noGrace) {
		return false, nil
	}
	var needed bool
	if s.heldFor != "" {
		needed, err = a.needsClaim(ctx, h, s)
	} else {
		needed, err = a.needsTombstone(ctx, h, s)
	}
	if needed || err != nil {
		return false, err
	}
	if err := a.Store.Delete(ctx, h); err != nil && !isRace(err) {
		return false, err
	}
	return true, nil
}

// needsTombstone reports whether the tombstone t, which has the state s, is needed after
// the time for an undo, because the user isn't known to have arrived.
func (a *Accounts) needsTombstone(ctx context.Context, t User, s privateState) (bool, error) {
	u, err := a.get(ctx, s.movedTo)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && u.ID != t.ID:
		return false, nil // the account is gone, or was moved on and this is forgotten
	case err != nil || !u.Placeholder:
		return false, err
	case u.isTombstone():
		return false, a.finishDeletion(ctx, u)
	}
	next, err := u.Private.parse()
	return err != nil || next.movedTo == "", nil
}

// isReleased reports whether the address of u, as read from the Store, isn't held any more
// by what u says. Then Accounts.release decides, which may need other documents.
func (u *User) isReleased() bool {
	if !u.Placeholder {
		return false
	}
	if u.isTombstone() {
		return true
	}
	s, err := u.Private.parse()
	if err != nil || !s.isPlaceholder() || now().UnixMilli() < s.undoUntil {
		return false
	}
	return s.heldFor == "" || now().Sub(u.UpdatedAt) >= claimGrace
}

// releaseExpired removes the documents that aren't held for the user u any more, and
// returns their keys.
func (a *Accounts) releaseExpired(ctx context.Context, u User) ([]string, error) {
	s, err := u.Private.parse()
	if err != nil {
		return nil, err
	}
	var released []string
	at := now().UnixMilli()
	for _, h := range s.held {
		if at < h.until {
			continue
		}
		t, err := a.Store.Get(ctx, h.key)
		gone := errors.Is(err, ErrNotFound) || err == nil && t.ID != u.ID
		if err == nil && !gone {
			gone, err = a.release(ctx, t)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if gone {
			released = append(released, h.key)
		}
	}
	return released, nil
}
