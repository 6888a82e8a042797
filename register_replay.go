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
	minIdempotencyKey = 22 // 128 bits in Base64
	maxIdempotencyKey = 255
	// replayWindow is how long after the user's creation a registration can be
	// repeated.
	replayWindow = 24 * time.Hour
)

// checkIdempotencyKey returns what is wrong with key, or nil. A short key might
// be another client's as well.
func checkIdempotencyKey(key string) *FieldError {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=:"
	if len(key) < minIdempotencyKey || len(key) > maxIdempotencyKey || strings.Trim(key, alphabet) != "" {
		return &FieldError{FieldIdempotencyKey, CodeInvalid, fmt.Sprintf(
			"'%s' must be %d to %d letters, digits and any of -._~+/=:", FieldIdempotencyKey, minIdempotencyKey, maxIdempotencyKey)}
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
// there is none, the error is ErrNotFound. If this registration, which asks for
// u, can't be a repetition of that one, the error says why.
func (a *Accounts) replay(ctx context.Context, u User, password string) (User, error) {
	var checked Hash
	for {
		stored, err := a.Store.Get(ctx, u.Key())
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return User{}, fmt.Errorf("register: %w", err)
		case err != nil, stored.ID != u.ID: // whether the address is free is for Create to decide
			return User{}, ErrNotFound
		case stored.PasswordHash == checked && checked != "":
			return stored, nil
		}
		if err := a.checkReplay(ctx, stored, u, password); err != nil {
			return User{}, fmt.Errorf("register: %w", err)
		}
		checked = stored.PasswordHash
		// What was read may be a write that isn't durable yet. A Create of it
		// makes sure, and the user is read again, as the check took its time.
		switch err := a.Store.Create(ctx, &stored); {
		case err == nil: // deleted in between, and now registered anew
			return stored, nil
		case !errors.Is(err, ErrReplayed):
			return User{}, fmt.Errorf("register: %w", err)
		}
	}
}

// checkReplay returns why a registration that asks for u can't be a repetition
// of the one that made stored, or nil. It costs one hash.
func (a *Accounts) checkReplay(ctx context.Context, stored, u User, password string) error {
	ok, _, err := a.verify(ctx, stored.PasswordHash, password, false)
	age := now().Sub(stored.CreatedAt)
	switch {
	case err != nil:
		return err
	case age >= replayWindow, age <= -replayWindow, !stored.Active, stored.Placeholder:
		return ErrExists
	case !ok:
		return fmt.Errorf("%w: %w", ErrIdempotencyKeyReused, ErrBadCredentials)
	case !asRegistered(stored, u):
		return ErrIdempotencyKeyReused
	}
	return nil
}

// asRegistered reports whether stored was made by a registration that asked for
// u, as far as that can be known of a user who was changed since.
func asRegistered(stored, u User) bool {
	changed := !stored.UpdatedAt.Equal(stored.CreatedAt)
	return changed || stored.Email == u.Email && stored.FirstName == u.FirstName &&
		stored.LastName == u.LastName && maps.Equal(stored.Profile, u.Profile)
}
