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
	random := rand.Text()
	if idempotencyKey == "" {
		return random
	}
	mac := hmac.New(sha256.New, []byte(idempotencyKey))
	mac.Write([]byte("github.com/gosignup/signup: ID of " + address))
	return base32.StdEncoding.EncodeToString(mac.Sum(nil))[:len(random)]
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
	stored, err := a.Store.Get(ctx, u.Key())
	switch {
	case errors.Is(err, ErrNotFound), err == nil && stored.ID != u.ID:
		return User{}, false, nil // whether the address is free is for Create to say
	case err != nil:
		return User{}, false, err
	}
	ok, _, err := a.verify(ctx, stored.PasswordHash, password, false)
	switch {
	case err != nil:
		return User{}, false, err
	case now().Sub(stored.CreatedAt) >= repeatable:
		return User{}, false, ErrExists
	case !ok:
		return User{}, false, fmt.Errorf("%w: %w", ErrKeyReused, ErrBadCredentials)
	case !asRegistered(stored, u):
		return User{}, false, ErrKeyReused
	}
	// What was read may be a write that isn't safe yet: a Create settles it.
	if err := a.Store.Create(ctx, &stored); err != nil {
		return User{}, false, err
	}
	return stored, true, nil
}

// asRegistered reports whether stored was made by a registration that asked for
// u, as far as it can be told of a user who was changed since.
func asRegistered(stored, u User) bool {
	changed := !stored.UpdatedAt.Equal(stored.CreatedAt)
	return changed || stored.Email == u.Email && stored.FirstName == u.FirstName &&
		stored.LastName == u.LastName && maps.Equal(stored.Profile, u.Profile)
}
