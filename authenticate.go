package signup

import (
	"context"
	"errors"
	"fmt"
)

// Authenticate returns the user of the address email, if password is that
// user's and the user is active, both when the call begins and when it ends.
// Otherwise the error is [ErrBadCredentials].
//
// Neither the error nor the work reveals the reason (no such user, a wrong
// password, an inactive user). Each takes the processor time of the costliest
// stored hash that this Accounts has checked within a day, and at least that of
// one hash of the Hasher, by the times measured on this machine; twice that for a
// password that isn't in Unicode normalization form C. There are limits: the first
// check of a costlier hash than any before shows, and so does the wait of a hash
// that has a line of its own ([HashLimits].MaxMemory). A password longer than 4096
// bytes matches no user.
//
// If the address has to be verified before a log-in ([Accounts].EmailVerification) and
// isn't, the error is [ErrUnverified], but only if everything else is right. With a
// wrong password, it is ErrBadCredentials.
//
// If there were too many wrong passwords for the address ([Limits].PerAccount), the
// error is ErrBadCredentials as well, with the same work, and the right password isn't
// compared. So a client doesn't learn that it is limited. Each call is counted before
// the password is compared, so that guesses made at once can't exceed the limit.
// Authenticate counts as an unknown device; [Accounts.LogIn] recognizes known ones.
//
// [ErrBusy] says nothing about the password. Any other error is the Store's or
// ctx's.
//
// Authenticate starts no session; see [Accounts.LogIn].
//
// A hash that needs a rehash ([Hasher.NeedsRehash]) is replaced in the Store,
// unless the user was changed in the meantime. The log-in succeeds either way.
func (a *Accounts) Authenticate(ctx context.Context, email, password string) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	return a.authenticate(ctx, Client{}, email, password)
}

// authenticate is Authenticate for a call of the client c that was admitted.
func (a *Accounts) authenticate(ctx context.Context, c Client, email, password string) (User, error) {
	u, err := a.checkCredentials(ctx, c, email, password, true, nil)
	if err != nil {
		return User{}, err
	}
	return a.allowLogIn(ctx, u)
}

// checkCredentials is Authenticate for a call of the client c that was admitted, with
// the arguments of checkUser.
func (a *Accounts) checkCredentials(ctx context.Context, c Client, email, password string, rehash bool, record func(*User) error) (User, error) {
	if err := a.countOrigin(ctx, c); err != nil {
		return User{}, fmt.Errorf("authenticate: %w", err)
	}
	u, err := a.find(ctx, email)
	switch {
	case errors.Is(err, ErrNotFound):
		u = User{}
	case err != nil:
		return User{}, fmt.Errorf("authenticate: %w", err)
	}
	key, _ := CanonicalEmail(email)
	t, err := a.countAttempt(ctx, key, u, a.openDeviceCookie(c.Cookie))
	if err != nil {
		return User{}, fmt.Errorf("authenticate: %w", err)
	}
	checked, err := a.checkAttempt(ctx, t, u, password, rehash, record)
	if err == nil && a.awaitsVerification(checked) {
		checked, err = User{}, ErrUnverified
	}
	a.noteRefusal(ctx, t, u, err)
	return checked, err
}

// checkUser is checkCredentials for the user u, as read from the Store, whether or not
// the address is verified. It replaces a hash that needs a rehash only if rehash is
// true. If record isn't nil, the user is stored as record changes it, in the same
// write.
func (a *Accounts) checkUser(ctx context.Context, u User, password string, rehash bool, record func(*User) error) (User, error) {
	const attempts = 3 // each is caused by a change of the hash in between
	for range attempts {
		mayLogIn := u.mayLogIn()
		ok, newer, err := a.verify(ctx, u.PasswordHash, password, mayLogIn && rehash)
		if err != nil {
			return User{}, err
		}
		if !ok || !mayLogIn {
			return User{}, ErrBadCredentials
		}
		if record != nil {
			stored, recorded, err := a.storeChecked(ctx, u, newer, record)
			if err != nil || recorded {
				return stored, err
			}
			u = stored
			continue
		}
		if newer != "" && a.rehash(ctx, &u, newer) {
			return u, nil // still as it was read, or Update would have failed
		}
		// The check waited for its turn and took its time.
		again, err := a.get(ctx, u.Key())
		switch {
		case errors.Is(err, ErrNotFound):
			return User{}, ErrBadCredentials
		case err != nil:
			return User{}, fmt.Errorf("authenticate: %w", err)
		case again.ID != u.ID:
			return User{}, ErrBadCredentials
		case again.PasswordHash == u.PasswordHash && again.mayLogIn():
			return again, nil
		}
		u = again
	}
	return User{}, ErrBusy
}

// storeChecked stores u as change changes it, with the hash newer if that isn't empty, and
// returns the user as stored. If the user was changed in the meantime, it calls change
// again with the user as stored now. An error of change is returned as it is. So the
// result is still active, and has the hash that was verified. If that was changed,
// recorded is false, and stored is the user to be checked again.
func (a *Accounts) storeChecked(ctx context.Context, u User, newer Hash, change func(*User) error) (stored User, recorded bool, err error) {
	for range maxChanges {
		v := u
		if newer != "" {
			v.PasswordHash, v.UpdatedAt = newer, now()
		}
		if err := change(&v); err != nil {
			return User{}, false, err
		}
		err := a.Store.Update(ctx, &v)
		if err == nil {
			return v, true, nil
		}
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
			return User{}, false, fmt.Errorf("log in: %w", err)
		}
		again, err := a.get(ctx, u.Key())
		switch {
		case errors.Is(err, ErrNotFound), err == nil && again.ID != u.ID:
			return User{}, false, ErrBadCredentials
		case err != nil:
			return User{}, false, fmt.Errorf("log in: %w", err)
		case again.PasswordHash != u.PasswordHash || !again.mayLogIn():
			return again, false, nil
		}
		u = again
	}
	return User{}, false, ErrBusy
}

// rehash replaces u's hash by newer, in u and in the Store, if u is still as it
// was read, and reports whether it did. A change of the user in the meantime wins.
// If it fails, the next log-in tries again.
func (a *Accounts) rehash(ctx context.Context, u *User, newer Hash) bool {
	v := *u
	v.PasswordHash = newer
	v.UpdatedAt = now()
	if a.Store.Update(ctx, &v) != nil {
		return false
	}
	*u = v
	return true
}

func (a *Accounts) find(ctx context.Context, email string) (User, error) {
	key, err := CanonicalEmail(email)
	if err != nil {
		return User{}, ErrNotFound
	}
	return a.get(ctx, key)
}
