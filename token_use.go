package signup

import (
	"context"
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
	expires = expiryAfter(life)
	text, err = a.seal(token{purpose: purpose, key: u.Key(), expires: expires, state: stateOf(purpose, u), extra: extra})
	return text, expires, err
}

// expiryAfter returns when a token expires that is made now, to the second.
func expiryAfter(life time.Duration) time.Time {
	return time.Now().UTC().Add(life).Truncate(time.Second)
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
	exists := err == nil && !u.isReleased()
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
		!isBound(t, u) {
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
// If there is no user yet, the token is for [Accounts.CompleteRegistration], and the User
// has no ID, and only an Email, in the form of [CanonicalEmail]. For [PurposeChangeEmail],
// the User has the present address; the new one isn't returned. For the undo of a change
// of address that was made, the User is what the old address holds: a Placeholder with
// the data of the time of the change.
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
// A Store whose transport repeats a request may report the conflict of this call with
// itself. So made reports whether the user, as stored after a conflict, has the change
// of this call.
//
// If the token isn't valid, the error is ErrToken; an error of change is returned as
// it is. ErrBusy means that nothing was done. After another error of Store.Update,
// the outcome is unknown: the token may have been used.
func (a *Accounts) useToken(ctx context.Context, text string, purpose Purpose, made func(User) bool, change func(*User) error) (User, error) {
	const attempts = 10 // each is caused by another change of the user in between
	for i := range attempts {
		u, t, err := a.findByToken(ctx, text, purpose)
		if i > 0 && errors.Is(err, ErrToken) {
			return a.confirmUse(ctx, text, made)
		}
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
		if isBound(t, u) {
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
	}
	return User{}, ErrBusy
}

// confirmUse returns the user of the token text as stored, if made reports that this
// call has changed it. Otherwise the error is ErrToken. It stores the user again, which
// makes sure that the change is durable.
func (a *Accounts) confirmUse(ctx context.Context, text string, made func(User) bool) (User, error) {
	t, err := a.open(text, time.Now())
	if err != nil {
		return User{}, err
	}
	for range maxChanges {
		u, err := a.get(ctx, t.key)
		if err == nil && (!u.mayLogIn() || !made(u)) {
			err = ErrToken
		}
		if err == nil {
			err = a.Store.Update(ctx, &u)
		}
		switch {
		case err == nil:
			return u, nil
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrToken):
			return User{}, ErrToken
		case !errors.Is(err, ErrConflict):
			return User{}, fmt.Errorf("use a token: %w", err)
		}
	}
	return User{}, ErrBusy
}
