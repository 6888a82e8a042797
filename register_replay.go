package signup

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// A sign-up that is repeated under its Idempotency-Key (IETF draft
// draft-ietf-httpapi-idempotency-key-header) is recognized without storing
// anything for it: the user's ID is derived from the key and the address, and a
// Create of an ID that is stored already changes nothing.

const (
	// minIdempotencyKey is less than the length of common random texts: 20 (xid),
	// 21 (nanoid), 22 (128 bits in Base64), 26 (ULID) and 36 (UUID). 16 random
	// characters of Base64 have 96 bits. Fewer than 128 are enough, because the ID
	// is an HMAC of the address under the key: two clients that use one key meet
	// only at one address, and a repetition also needs the user's password.
	minIdempotencyKey = 16
	maxIdempotencyKey = 255
	// replayWindow is how long after the user's creation a registration can be
	// repeated.
	replayWindow = 24 * time.Hour
)

// checkIdempotencyKey returns what is wrong with key, or nil. A short key might
// be another client's as well.
func checkIdempotencyKey(key string) *FieldError {
	const (
		signs    = "-._~+/=:"
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + signs
	)
	if len(key) < minIdempotencyKey || len(key) > maxIdempotencyKey || strings.Trim(key, alphabet) != "" {
		return inEnglish(FieldError{
			Field: FieldIdempotencyKey, Code: CodeIdempotencyKey, Min: minIdempotencyKey, Max: maxIdempotencyKey, Value: signs,
		})
	}
	return nil
}

// newID returns the ID for the user of an address: a random one, or one derived
// from the Idempotency-Key.
func newID(idempotencyKey, address string) string {
	if idempotencyKey == "" {
		return rand.Text()
	}
	mac := hmac.New(sha256.New, []byte(idempotencyKey))
	mac.Write([]byte("github.com/gosignup/signup: ID of " + address))
	return base32.StdEncoding.EncodeToString(mac.Sum(nil))[:26] // as long as a random one: 130 bits
}

// replay returns the user that an earlier registration with u's ID has made. If
// there is none, the error is ErrNotFound. If this registration, r, which asks for
// u, can't be a repetition of that one, the error says why.
//
// A wrong password is counted like a failed log-in from an unknown device.
func (a *Accounts) replay(ctx context.Context, r Registration, u User, c *change) (User, error) {
	var t attempt
	u, err := a.replayCounted(ctx, r, u, &t, c)
	a.endAttempt(ctx, t, err)
	return u, err
}

// replayCounted is replay. It sets t if it has counted an attempt.
func (a *Accounts) replayCounted(ctx context.Context, r Registration, u User, t *attempt, c *change) (User, error) {
	var checked Hash
	var matches, confirmed bool
	for {
		stored, err := a.get(ctx, u.Key())
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return User{}, fmt.Errorf("register: %w", err)
		case err != nil, stored.ID != u.ID, stored.isTombstone(): // whether the address is free is for Create to decide
			return User{}, ErrNotFound
		}
		if !confirmed || stored.PasswordHash != checked {
			checked = stored.PasswordHash
			if matches, err = a.checkRepeated(ctx, t, stored, r.Password); err != nil {
				return User{}, err
			}
		}
		if err := a.checkReplay(stored, u, matches); err != nil {
			a.noteRefusal(ctx, *t, stored, err)
			return User{}, fmt.Errorf("register: %w", err)
		}
		if confirmed {
			return stored, nil
		}
		// What was read may be a write that isn't durable yet. A Create with the
		// same ID makes sure, and the user is read again, as the check took its
		// time. If the user was deleted in the meantime, it registers the user
		// anew, with nothing of the deleted user except the hash of the password
		// that was just checked.
		u.PasswordHash, u.SecurityStamp = checked, rand.Text()
		c.begin(&u, r)
		switch err := a.Store.Create(ctx, &u); {
		case err == nil:
			return a.keepIfAccepted(ctx, r, u, c)
		case !errors.Is(err, ErrReplayed):
			return User{}, fmt.Errorf("register: %w", err)
		}
		confirmed = true
	}
}

// checkRepeated reports whether password is that of the user stored. It counts the
// first such check of a replay.
func (a *Accounts) checkRepeated(ctx context.Context, t *attempt, stored User, password string) (matches bool, err error) {
	if t.name == "" {
		if *t, err = a.countAttempt(ctx, stored.Key(), stored, knownDevice{}); err != nil {
			*t = attempt{}
			return false, fmt.Errorf("register: %w", err)
		}
	}
	h := stored.PasswordHash
	if t.over {
		h = "" // takes as long, and matches nothing
	}
	matches, _, err = a.verify(ctx, h, password, false)
	return matches, err
}

// keepIfAccepted returns u, which r has just registered anew without the
// application's rules, if they accept it. Otherwise it deletes u. A repetition of a
// registration whose user was changed may ask for other data than the first one,
// which no rule has seen.
func (a *Accounts) keepIfAccepted(ctx context.Context, r Registration, u User, c *change) (User, error) {
	refused := a.check(ctx, c, r.Password, u, a.Fields, nil)
	if refused == nil {
		return u, nil
	}
	if err := a.Store.Delete(context.WithoutCancel(ctx), u); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict) {
		return User{}, fmt.Errorf("register: %w", err)
	}
	return User{}, refused
}

// checkReplay returns why a registration that asks for u can't be a repetition
// of the one that made stored, or nil. matches reports whether it has the stored
// user's password.
func (a *Accounts) checkReplay(stored, u User, matches bool) error {
	age := now().Sub(stored.CreatedAt)
	switch {
	case age >= replayWindow, age <= -replayWindow, !stored.Active, stored.Placeholder:
		return ErrExists
	case !matches:
		return fmt.Errorf("%w: %w", ErrIdempotencyKeyReused, ErrBadCredentials)
	case !a.isAsRegistered(stored, u):
		return ErrIdempotencyKeyReused
	}
	return nil
}

// isAsRegistered reports whether stored was made by a registration that asked for
// u, as far as that can be known of a user that was changed since. The
// application may have set ReadOnly fields.
func (a *Accounts) isAsRegistered(stored, u User) bool {
	profile := maps.Clone(stored.Profile)
	for _, f := range a.Fields {
		if f.ReadOnly {
			delete(profile, f.Name)
		}
	}
	changed := !stored.UpdatedAt.Equal(stored.CreatedAt)
	return changed || stored.Email == u.Email && stored.FirstName == u.FirstName &&
		stored.LastName == u.LastName && maps.Equal(profile, u.Profile)
}
