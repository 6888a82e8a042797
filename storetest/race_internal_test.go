package storetest

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A gapStore is right, except that it releases its lock between the check and the
// write of one method. Nothing else is in between.
type gapStore struct {
	mu       sync.RWMutex
	users    map[string]signup.User
	versions atomic.Int64
	method   string // which has the gap
}

func newGapStore(method string) *gapStore {
	return &gapStore{users: map[string]signup.User{}, method: method}
}

// change runs check with the user under key, and then write, if check returns nil.
func (g *gapStore) change(method, key string, check func(signup.User, bool) error, write func()) error {
	if g.method != method {
		g.mu.Lock()
		defer g.mu.Unlock()
		stored, ok := g.users[key]
		if err := check(stored, ok); err != nil {
			return err
		}
		write()
		return nil
	}
	g.mu.RLock()
	stored, ok := g.users[key]
	err := check(stored, ok)
	g.mu.RUnlock()
	if err != nil {
		return err
	}
	g.mu.Lock()
	write()
	g.mu.Unlock()
	return nil
}

func (g *gapStore) version() signup.Version {
	return signup.Version(strconv.FormatInt(g.versions.Add(1), 10))
}

func (g *gapStore) Create(_ context.Context, u *signup.User) error {
	key, stored := u.Key(), copyOf(*u)
	stored.Version = g.version()
	err := g.change("Create", key, func(holder signup.User, held bool) error {
		switch {
		case held && holder.ID == u.ID:
			return signup.ErrReplayed
		case held:
			return signup.ErrExists
		}
		return nil
	}, func() { g.users[key] = stored })
	if err == nil {
		u.Version = stored.Version
	}
	return err
}

func (g *gapStore) Get(_ context.Context, key string) (signup.User, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	u, ok := g.users[key]
	if !ok {
		return u, signup.ErrNotFound
	}
	return copyOf(u), nil
}

func (g *gapStore) Update(_ context.Context, u *signup.User) error {
	key, stored := u.Key(), copyOf(*u)
	stored.Version = g.version()
	err := g.change("Update", key, fits(*u), func() { g.users[key] = stored })
	if err == nil {
		u.Version = stored.Version
	}
	return err
}

func (g *gapStore) Delete(_ context.Context, u signup.User) error {
	key := u.Key()
	return g.change("Delete", key, fits(u), func() { delete(g.users, key) })
}

func fits(u signup.User) func(signup.User, bool) error {
	return func(stored signup.User, ok bool) error {
		switch {
		case !ok:
			return signup.ErrNotFound
		case stored.Version != u.Version || stored.ID != u.ID:
			return signup.ErrConflict
		}
		return nil
	}
}

// gapRules are the rules that find the gap of a method.
var gapRules = map[string][]string{
	"Create": {"OneWinner", "RepeatedCreateAtOnce"},
	"Update": {"OneUpdate", "OneEqualUpdate"},
	"Delete": {"OneDelete"},
}

// It measures how probably a rule finds a gap between a check and a write. With
// -count=5 there are 100 runs for each rule.
func TestRacesAreFound(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	const runs, least = 20, 19
	for method, names := range gapRules {
		for _, r := range rules {
			if !slices.Contains(names, r.name) {
				continue
			}
			t.Run(r.name, func(t *testing.T) {
				found := 0
				var spent time.Duration
				for range runs {
					start := time.Now()
					if r.check(t.Context(), newGapStore(method)) != nil {
						found++
					}
					spent += time.Since(start)
				}
				t.Logf("found the gap of %s in %d of %d runs, after %s on average", method, found, runs, spent/runs)
				if found < least {
					t.Errorf("found the gap of %s in %d of %d runs, want %d", method, found, runs, least)
				}
			})
		}
	}
}

// A store that has no gap passes the rules that look for one.
func TestNoRaceIsFound(t *testing.T) {
	for _, names := range gapRules {
		for _, r := range rules {
			if slices.Contains(names, r.name) {
				if err := r.check(t.Context(), newGapStore("")); err != nil {
					t.Errorf("%s: got %v, want nil", r.name, err)
				}
			}
		}
	}
}
