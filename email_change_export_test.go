package signup

import (
	"context"
	"time"
)

// These are for the tests outside of the package, which have a Store.

// WithMovingRules returns a without the grace for abandoned placeholders, and, by the
// name of a step, without that step of a move.
func (a *Accounts) WithMovingRules(without string) *Accounts {
	a.moving = movingRules{noGrace: true}
	switch without {
	case "":
	case "write-back":
		a.moving.noTouch = true
	case "claim again":
		a.moving.noBump = true
	case "read again":
		a.moving.noReread = true
	case "read again, from another key":
		a.moving.noOrigin = true
	default:
		panic("unknown step " + without)
	}
	return a
}

// MovedStamp is the SecurityStamp after TryMove.
const MovedStamp = "STAMPOFTHEMOVEDUSERAAAAAAA"

// TryMove is an attempt of a move without a token. The tombstone can be removed after
// life.
func (a *Accounts) TryMove(ctx context.Context, id, from string, to User, life time.Duration) (User, bool, error) {
	return a.tryMove(ctx, &move{
		id: id, from: from, to: to, stamp: MovedStamp, life: life, check: func(User) error { return nil },
	})
}

// TryUndo is an attempt of an undo with the token of u.
func (a *Accounts) TryUndo(ctx context.Context, u User) (User, bool, error) {
	return a.tryUndo(ctx, token{purpose: PurposeUndoEmail, key: u.Key(), state: stateOf(PurposeUndoEmail, u)}, nil)
}

// TryCreate is an attempt of a Create.
func (a *Accounts) TryCreate(ctx context.Context, u *User) (bool, error) { return a.tryCreate(ctx, u) }

// Find returns the user of a key, as all calls read it.
func (a *Accounts) Find(ctx context.Context, key string) (User, error) { return a.get(ctx, key) }

// LogsIn returns the user that logs in with key if documents are what a Store holds, and
// reports whether there is one.
func LogsIn(documents map[string]User, key string) (User, bool) {
	u, ok := documents[key]
	if !ok || !u.Placeholder {
		return u, ok
	}
	s, err := u.Private.parse()
	if err != nil || s.heldFor == "" {
		return User{}, false
	}
	t, ok := documents[s.heldFor]
	if !ok {
		return User{}, false
	}
	return moved(t, u)
}

// IsTombstone reports whether p is that of a tombstone.
func (p Private) IsTombstone() bool {
	s, err := p.parse()
	return err == nil && s.movedTo != ""
}
