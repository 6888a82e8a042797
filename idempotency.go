package signup

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// A sign-up that is repeated under its Idempotency-Key (IETF draft
// draft-ietf-httpapi-idempotency-key-header) is recognised without anything
// being stored for it: the user's ID is made of the key and the address, and a
// Create of an ID that is there already changes nothing.

const (
	minIdempotencyKey = 22 // 128 bits, in Base64
	maxIdempotencyKey = 255
	// repeatable is how long after its creation a user's registration can be
	// repeated.
	repeatable = 24 * time.Hour
)

// idempotencyKey returns the key that a request's header has, or what is wrong
// with it; without the header, neither. The draft puts it in quotes (a string of
// RFC 9651, section 3.3.3), which many clients leave out.
func idempotencyKey(h http.Header) (string, *FieldError) {
	lines := h.Values(fieldIdempotencyKey)
	if lines == nil {
		return "", nil
	}
	key := strings.Join(lines, ",") // as they would be one (RFC 9110, section 5.2), and then no key
	if len(key) > 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	return key, checkIdempotencyKey(key)
}

// checkIdempotencyKey returns what is wrong with key, or nil. A short one might
// be another client's, too.
func checkIdempotencyKey(key string) *FieldError {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=:"
	if len(key) < minIdempotencyKey || len(key) > maxIdempotencyKey || strings.Trim(key, alphabet) != "" {
		return &FieldError{fieldIdempotencyKey, "invalid", fmt.Sprintf(
			"'%s' must be %d to %d letters, digits and any of -._~+/=:", fieldIdempotencyKey, minIdempotencyKey, maxIdempotencyKey)}
	}
	return nil
}

// newID returns an ID for the user of an address: a random one, or the one that
// the Idempotency-Key makes.
func newID(idempotencyKey, address string) string {
	if idempotencyKey == "" {
		return rand.Text()
	}
	mac := hmac.New(sha256.New, []byte(idempotencyKey))
	mac.Write([]byte("github.com/gosignup/signup: ID of " + address))
	return base32.StdEncoding.EncodeToString(mac.Sum(nil))[:26] // as long as a random one: 130 bits
}

// repeated returns the user whom an earlier registration with u's ID has made.
// If this one, which asks for u, can't be taken for that one, the error says
// why. found is false if there was none.
func (a *Accounts) repeated(ctx context.Context, u User, password string) (_ User, found bool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("register: %w", err)
		}
	}()
	var checked Hash
	for pause := time.Millisecond; ; pause *= 2 {
		stored, err := a.Store.Get(ctx, u.Key())
		switch {
		case errors.Is(err, ErrNotFound), err == nil && stored.ID != u.ID:
			return User{}, false, nil // whether the address is free is for Create to say
		case err != nil:
			return User{}, false, err
		}
		if checked == nil || !bytes.Equal(checked, stored.PasswordHash) {
			if err := a.checkRepeated(ctx, stored, u, password); err != nil {
				return User{}, false, err
			}
			checked = stored.PasswordHash
		}
		// What was read may be a write that isn't safe yet: one more makes it so.
		err = a.Store.Update(ctx, &stored)
		if err == nil {
			return stored, true, nil
		}
		// Others who repeat it do the same.
		if !errors.Is(err, ErrConflict) || pause > time.Second {
			return User{}, false, err
		}
		select {
		case <-ctx.Done():
			return User{}, false, ctx.Err()
		case <-time.After(mathrand.N(pause)):
		}
	}
}

// checkRepeated returns why a registration, which asks for u, can't be taken for
// the one that made stored, or nil. It costs one hash.
func (a *Accounts) checkRepeated(ctx context.Context, stored, u User, password string) error {
	ok, _, err := a.verify(ctx, stored.PasswordHash, password, false)
	switch {
	case err != nil:
		return err
	case now().Sub(stored.CreatedAt) >= repeatable:
		return ErrExists
	case !ok:
		return fmt.Errorf("%w: %w", ErrKeyReused, ErrBadCredentials)
	case !asRegistered(stored, u):
		return ErrKeyReused
	}
	return nil
}

// asRegistered reports whether stored was made by a registration that asked for
// u, as far as it can be told of a user who was changed since.
func asRegistered(stored, u User) bool {
	changed := !stored.UpdatedAt.Equal(stored.CreatedAt)
	return changed || stored.Email == u.Email && stored.FirstName == u.FirstName &&
		stored.LastName == u.LastName && maps.Equal(stored.Profile, u.Profile)
}
