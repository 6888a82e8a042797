package signup

import (
	"context"
	"errors"
	"fmt"
)

// Authenticate returns the user of the address email, if password is that
// user's and the user is active. Otherwise the error is ErrBadCredentials.
// Neither the error nor the work reveals the reason (no such user, a wrong
// password, an inactive user): each costs one hash, and a cheaper stored hash is
// made up for, to a sixteenth. A costlier one, of another program, shows until
// it is replaced. A password longer than 4096 bytes matches no user.
//
// ErrBusy says nothing about the password. Any other error is the Store's or
// ctx's.
//
// A hash that needs a rehash ([Hasher.NeedsRehash]) is replaced in the Store,
// unless the user was changed in the meantime. The log-in succeeds either way.
func (a *Accounts) Authenticate(ctx context.Context, email, password string) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	return a.authenticate(ctx, email, password)
}

// authenticate is Authenticate after admission.
func (a *Accounts) authenticate(ctx context.Context, email, password string) (User, error) {
	u, err := a.find(ctx, email)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, fmt.Errorf("authenticate: %w", err)
	}
	mayLogIn := u.Active && !u.Placeholder
	ok, newer, err := a.verify(ctx, u.PasswordHash, password, mayLogIn)
	if err != nil {
		return User{}, err
	}
	if !ok || !mayLogIn {
		return User{}, ErrBadCredentials
	}
	if newer != "" {
		a.rehash(ctx, &u, newer)
	}
	return u, nil
}

// rehash replaces u's hash by newer, in u and in the Store, if u is still as it
// was read: a change of password in the meantime wins. If it fails, the next
// log-in tries again.
func (a *Accounts) rehash(ctx context.Context, u *User, newer Hash) {
	v := *u
	v.PasswordHash = newer
	v.UpdatedAt = now()
	if a.Store.Update(ctx, &v) == nil {
		*u = v
	}
}

func (a *Accounts) find(ctx context.Context, email string) (User, error) {
	key, err := CanonicalEmail(email)
	if err != nil {
		return User{}, ErrNotFound
	}
	return a.Store.Get(ctx, key)
}
