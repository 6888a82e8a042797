// Package memstore keeps users in memory: for tests, for trying things out, and
// for a program whose users may be gone when it ends.
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
)

var errGone = fmt.Errorf("%w: %w", signup.ErrConflict, signup.ErrNotFound)

// A Store is a signup.Store in memory, to be made by New. It is safe for
// concurrent use, and must not be copied. It keeps every text exactly, UTF-8
// or not.
type Store struct {
	mu    sync.RWMutex
	users map[string]*signup.User // by key; a map that grows copies pointers faster
}

// New returns an empty Store.
func New() *Store {
	return &Store{users: make(map[string]*signup.User)}
}

// Create implements signup.Store.
func (s *Store) Create(ctx context.Context, u *signup.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := u.Key()
	if key == "" || u.ID == "" {
		return fmt.Errorf("memstore: a user without address or ID: %w", signup.ErrInvalid)
	}
	stored := record(u, key)

	s.mu.Lock()
	defer s.mu.Unlock()
	holder, held := s.users[key]
	switch {
	case !held:
		s.users[key] = stored
		u.Version = stored.Version
	case holder.ID != u.ID:
		return signup.ErrExists
	case holder.Equal(*u):
		u.Version = holder.Version
	default:
		u.Version = ""
	}
	return nil
}

// Get implements signup.Store.
func (s *Store) Get(ctx context.Context, key string) (signup.User, error) {
	if err := ctx.Err(); err != nil {
		return signup.User{}, err
	}
	s.mu.RLock()
	u, ok := s.users[key]
	s.mu.RUnlock()
	if !ok {
		return signup.User{}, signup.ErrNotFound
	}
	return clone(*u, key), nil // what is stored is replaced, never changed
}

// Update implements signup.Store.
func (s *Store) Update(ctx context.Context, u *signup.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := u.Key()
	stored := record(u, key)

	s.mu.Lock()
	defer s.mu.Unlock()
	holder, held := s.users[key]
	switch {
	case !held:
		return errGone
	case holder.Version != u.Version || holder.ID != u.ID:
		return signup.ErrConflict
	}
	s.users[key] = stored
	u.Version = stored.Version
	return nil
}

// Delete implements signup.Store.
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := u.Key()

	s.mu.Lock()
	defer s.mu.Unlock()
	holder, held := s.users[key]
	switch {
	case !held:
		return signup.ErrNotFound
	case holder.Version != u.Version || holder.ID != u.ID:
		return signup.ErrConflict
	}
	delete(s.users, key)
	return nil
}

// All lists the users that are there when each is reached, in no order. A user
// who is created or deleted meanwhile may be missing. The only error is ctx's.
func (s *Store) All(ctx context.Context) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		s.mu.RLock()
		keys := slices.Collect(maps.Keys(s.users))
		s.mu.RUnlock()
		for _, key := range keys {
			u, err := s.Get(ctx, key)
			if errors.Is(err, signup.ErrNotFound) {
				continue
			}
			if !yield(u, err) || err != nil {
				return
			}
		}
	}
}

// record returns a copy of u to be stored, with a Version of its own.
func record(u *signup.User, key string) *signup.User {
	var stored *signup.User
	var hash signup.Hash
	if n := len(u.PasswordHash); n > 0 && n <= roomForHash {
		// One allocation, and later one look at memory, less.
		both := new(struct {
			user signup.User
			hash [roomForHash]byte
		})
		stored, hash = &both.user, both.hash[:n]
		copy(hash, u.PasswordHash)
	} else {
		stored, hash = new(signup.User), slices.Clone(u.PasswordHash)
	}
	*stored = *u
	stored.PasswordHash = hash
	detach(stored, key)
	stored.Version = newVersion()
	return stored
}

const roomForHash = 64 // one of bcrypt's

// clone returns a copy of u that shares nothing with it.
func clone(u signup.User, key string) signup.User {
	u.PasswordHash = slices.Clone(u.PasswordHash)
	detach(&u, key)
	return u
}

// detach makes of u, a copy but for its hash, what a Store keeps.
func detach(u *signup.User, key string) {
	u.Profile = maps.Clone(u.Profile)
	u.CreatedAt = u.CreatedAt.UTC().Truncate(time.Millisecond)
	u.UpdatedAt = u.UpdatedAt.UTC().Truncate(time.Millisecond)
	u.SetKey(key, u.KeyRule())
}

// newVersion returns a version that no other write has, in any Store.
func newVersion() string {
	var b [48]byte
	return string(strconv.AppendUint(append(b[:0], origin...), writes.Add(1), 36))
}

var (
	origin = rand.Text()[:16] // of this process
	writes atomic.Uint64
)
