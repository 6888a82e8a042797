// Package memstore keeps users in memory, for tests, for trials and for programs
// whose users may be gone when they end.
package memstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/userjson"
)

// A Store is a [signup.Store] in memory; make it with [New]. It is safe for
// concurrent use and must not be copied. It keeps every text exactly, UTF-8 or
// not. What it acknowledges is kept until the process ends.
type Store struct {
	mu    sync.RWMutex
	users map[string]*signup.User // by key; what is stored is replaced, never changed
}

// New returns an empty Store.
func New() *Store {
	return &Store{users: make(map[string]*signup.User)}
}

// Create implements [signup.Store].
func (s *Store) Create(ctx context.Context, u *signup.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := u.Key()
	if key == "" || u.ID == "" {
		return fmt.Errorf("memstore: user without address or ID: %w", signup.ErrInvalid)
	}
	if err := check(u); err != nil {
		return err
	}
	stored := record(u, key, u.KeyRule())

	s.mu.Lock()
	defer s.mu.Unlock()
	if holder, held := s.users[key]; held {
		if holder.ID == u.ID {
			return signup.ErrReplayed
		}
		return signup.ErrExists
	}
	s.users[key] = stored
	u.Version = stored.Version
	return nil
}

// Get implements [signup.Store].
func (s *Store) Get(ctx context.Context, key string) (signup.User, error) {
	if err := ctx.Err(); err != nil {
		return signup.User{}, err
	}
	s.mu.RLock()
	stored, ok := s.users[key]
	s.mu.RUnlock()
	if !ok {
		return signup.User{}, signup.ErrNotFound
	}
	u := *stored
	u.Profile = maps.Clone(u.Profile)
	return u, nil
}

// Update implements [signup.Store].
func (s *Store) Update(ctx context.Context, u *signup.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := check(u); err != nil {
		return err
	}
	key := u.Key()

	s.mu.Lock()
	defer s.mu.Unlock()
	holder, err := s.holder(key, *u)
	if err != nil {
		return err
	}
	stored := record(u, key, holder.KeyRule())
	s.users[key] = stored
	u.Version = stored.Version
	return nil
}

// Delete implements [signup.Store].
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := u.Key()

	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.holder(key, u); err != nil {
		return err
	}
	delete(s.users, key)
	return nil
}

// holder returns the user stored under key if it has u's Version and ID. It is
// called with mu held.
func (s *Store) holder(key string, u signup.User) (*signup.User, error) {
	holder, held := s.users[key]
	switch {
	case !held:
		return nil, signup.ErrNotFound
	case holder.Version != u.Version || holder.ID != u.ID:
		return nil, signup.ErrConflict
	}
	return holder, nil
}

// All lists the users, without placeholders, in no order. A user that is created
// or deleted during the listing may be missing. The only error is ctx's.
func (s *Store) All(ctx context.Context) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		s.mu.RLock()
		keys := slices.Collect(maps.Keys(s.users))
		s.mu.RUnlock()
		for _, key := range keys {
			u, err := s.Get(ctx, key)
			if errors.Is(err, signup.ErrNotFound) || u.Placeholder {
				continue
			}
			if !yield(u, err) || err != nil {
				return
			}
		}
	}
}

// check returns ErrInvalid for a user that no Store accepts.
func check(u *signup.User) error {
	if len(u.Private) > signup.MaxPrivate {
		return fmt.Errorf("memstore: Private longer than %d bytes: %w", signup.MaxPrivate, signup.ErrInvalid)
	}
	if year, wrong := userjson.WrongYear(*u); wrong {
		return fmt.Errorf("memstore: a time in the year %d: %w", year, signup.ErrInvalid)
	}
	return nil
}

// record returns a copy of u to be stored, with a new Version.
func record(u *signup.User, key, rule string) *signup.User {
	stored := *u
	stored.Profile = maps.Clone(u.Profile)
	for _, at := range []*time.Time{&stored.CreatedAt, &stored.UpdatedAt, &stored.EmailVerifiedAt} {
		*at = at.UTC().Truncate(time.Millisecond)
	}
	stored.SetKey(key, rule)
	stored.Version = newVersion()
	return &stored
}

// newVersion returns a Version that no other write in this process has made, in
// any Store.
func newVersion() signup.Version {
	var b [48]byte
	return signup.Version(strconv.AppendUint(append(b[:0], origin...), writes.Add(1), 36))
}

var (
	origin = rand.Text()[:16] // of this process
	writes atomic.Uint64
)
