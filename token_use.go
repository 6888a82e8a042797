package signup

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// newToken returns the text of a token for u in its present state, and when it
// expires: after life, rounded down to the second. For an address without a user,
// u has only the Email.
func (a *Accounts) newToken(purpose Purpose, u User, extra string, life time.Duration) (text string, expires time.Time, err error) {
	if err := a.checkTokens(); err != nil {
		return "", time.Time{}, err
	}
	rule, ok := purposes[purpose]
	exists := u.ID != ""
	switch {
	case !ok:
		return "", time.Time{}, errors.New("signup: unknown purpose of a token")
	case life < time.Second || life > rule.maxLife:
		return "", time.Time{}, fmt.Errorf("signup: a token for %s is valid for 1s to %v, not for %v", purpose, rule.maxLife, life)
	case exists && (!rule.present || !u.mayLogIn()), !exists && !rule.absent:
		return "", time.Time{}, fmt.Errorf("signup: no token for %s in this state of the user", purpose)
	}
	expires = time.Now().UTC().Add(life).Truncate(time.Second)
	text, err = a.seal(token{purpose: purpose, key: u.Key(), expires: expires, state: stateOf(purpose, u), extra: extra})
	return text, expires, err
}

// findByToken returns the user and the content of the token text, if its purpose is
// one of allowed and it is valid now. Otherwise the error is ErrToken. If the token
// is for an address without a user, the User has only the Email, as Key returns it.
func (a *Accounts) findByToken(ctx context.Context, text string, allowed ...Purpose) (User, token, error) {
	t, err := a.open(text, time.Now())
	if err != nil {
		return User{}, token{}, err
	}
	if !slices.Contains(allowed, t.purpose) {
		return User{}, token{}, ErrToken
	}
	u, err := a.get(ctx, t.key)
	exists := err == nil && !u.isTombstone()
	switch {
	case err == nil && !exists, errors.Is(err, ErrNotFound):
		u = User{Email: t.key}
	case err != nil:
		return User{}, token{}, fmt.Errorf("token: %w", err)
	}
	rule, may := purposes[t.purpose], u.mayLogIn()
	if u.Placeholder && t.purpose == PurposeUndoEmail {
		if may, err = a.mayUndo(ctx, u); err != nil {
			return User{}, token{}, fmt.Errorf("token: %w", err)
		}
	}
	if exists && (!rule.present || !may) || !exists && !rule.absent ||
		subtle.ConstantTimeCompare(stateOf(t.purpose, u), t.state) != 1 {
		return User{}, token{}, ErrToken
	}
	return u, t, nil
}

// PeekToken returns what a token is for and its user, if the token is valid now.
// Otherwise the error is [ErrToken]. Any other error is the Store's or ctx's, or
// wraps [ErrNotConfigured].
//
// PeekToken changes nothing, so that the handler of a GET request may call it:
// programs that scan mail open the links in it before the user does. The handler
// shows a page with a button, and only the POST request of that button uses the
// token. A token may be used or may expire between the two.
//
// If there is no user yet, as for an invitation, the User has no ID, and only an
// Email, in the form of [CanonicalEmail]. For the undo of a change of address that was
// made, the User is what the old address holds: a Placeholder with the data of the time
// of the change.
func (a *Accounts) PeekToken(ctx context.Context, token string) (Purpose, User, error) {
	u, t, err := a.findByToken(ctx, token, slices.Collect(maps.Keys(purposes))...)
	return t.purpose, u, err
}

// useToken changes the user of the token text, if the token is for purpose and is
// valid, and returns the user as stored. It works once for each token: the change
// has to change the state that the token is bound to, and is made by compare and
// swap. If the user was changed in the meantime, useToken looks at the token again,
// and calls change again with the user as stored now. So change decides by the user
// that it gets, does nothing else, and returns soon.
//
// If the token isn't valid, the error is ErrToken; an error of change is returned as
// it is. ErrBusy means that nothing was done. After another error of Store.Update,
// the outcome is unknown: the token may have been used.
//
// If c isn't nil, change records it. By that, a conflict of this call with itself is
// recognized, which a Store may report whose transport repeats a request.
func (a *Accounts) useToken(ctx context.Context, text string, purpose Purpose, c *change, change func(*User) error) (User, error) {
	const attempts = 10 // each is caused by another change of the user in between
	for range attempts {
		u, t, err := a.findByToken(ctx, text, purpose)
		if err != nil {
			return User{}, err
		}
		if u.ID == "" || u.Placeholder { // to be created or moved, not changed
			return User{}, ErrToken
		}
		id := u.ID
		if err := change(&u); err != nil {
			return User{}, err
		}
		if u.ID != id || u.Key() != t.key {
			return User{}, errors.New("signup: using a token would change the ID or the key of its user")
		}
		if subtle.ConstantTimeCompare(stateOf(purpose, u), t.state) == 1 {
			return User{}, fmt.Errorf("signup: using a token for %s would leave it valid", purpose)
		}
		u.UpdatedAt = now()
		switch err := a.Store.Update(ctx, &u); {
		case err == nil:
			return u, nil
		case errors.Is(err, ErrNotFound):
			return User{}, ErrToken // the user was deleted
		case !errors.Is(err, ErrConflict):
			return User{}, fmt.Errorf("use a token: %w", err)
		}
		if c == nil {
			continue
		}
		if stored, made, err := a.madeBefore(ctx, c, u); made || err != nil {
			return stored, err
		}
	}
	return User{}, ErrBusy
}

// madeBefore reports whether c was made after all by a write of u that has returned
// ErrConflict, and returns the user as stored. Another write then makes sure that the
// change is durable. If the SecurityStamp is another one, c counts as not made: what the
// call was to return has ended.
func (a *Accounts) madeBefore(ctx context.Context, c *change, u User) (stored User, made bool, err error) {
	for range maxChanges {
		stored, err = a.get(ctx, u.Key())
		switch {
		case errors.Is(err, ErrNotFound):
			return User{}, false, nil
		case err != nil:
			return User{}, false, fmt.Errorf("use a token: %w", err)
		case stored.ID != u.ID || stored.SecurityStamp != u.SecurityStamp || stored.Placeholder || !c.findIn(stored):
			return User{}, false, nil
		}
		err = a.Store.Update(ctx, &stored)
		if err == nil {
			return stored, true, nil
		}
		if !isRace(err) {
			return User{}, false, fmt.Errorf("use a token: %w", err)
		}
	}
	return User{}, false, ErrBusy
}
