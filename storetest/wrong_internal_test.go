package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// mapStore is a store written without reading the contract.
type mapStore struct {
	mu    sync.Mutex
	users map[string]signup.User
}

func (m *mapStore) get(key string) (signup.User, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.users[key]
	return u, ok
}

func (m *mapStore) put(u signup.User) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.users[u.Key()] = u
}

// distance is long enough for another caller to come between, also on a busy
// machine.
const distance = 20 * time.Millisecond

// A wrongStore breaks the contract in one way.
type wrongStore struct {
	name    string
	make    func() signup.Store
	caught  []string // by these rules at least
	options Options
}

// The stores that break the rules of Create, Update, Delete and their use.
var wrongStores = []wrongStore{
	{"check, then put", func() signup.Store {
		m := &mapStore{users: map[string]signup.User{}}
		return fakestore.Store{
			OnCreate: func(_ context.Context, u *signup.User) error {
				if _, ok := m.get(u.Key()); ok {
					return signup.ErrExists
				}
				time.Sleep(distance)
				u.Version = "1"
				m.put(*u)
				return nil
			},
			OnGet: func(_ context.Context, key string) (signup.User, error) {
				u, ok := m.get(key)
				if !ok {
					return u, signup.ErrNotFound
				}
				return u, nil
			},
			OnUpdate: func(_ context.Context, u *signup.User) error {
				if old, ok := m.get(u.Key()); !ok || old.Version != u.Version {
					return signup.ErrConflict
				}
				time.Sleep(distance)
				u.Version += "1"
				m.put(*u)
				return nil
			},
			OnDelete: func(context.Context, signup.User) error { return nil },
		}
	}, []string{"OneWinner", "OneUpdate", "OneEqualUpdate", "NoAliasing", "RepeatedCreate", "Delete", "CreateNeedsKeyAndID"}, Options{}},
	{"shares its map and hash with the caller", func() signup.Store {
		m := memstore.New()
		var shared sync.Map // of signup.User, by key
		return fakestore.Store{
			Store: m,
			OnCreate: func(ctx context.Context, u *signup.User) error {
				shared.LoadOrStore(u.Key(), *u)
				return m.Create(ctx, u)
			},
			OnGet: func(ctx context.Context, key string) (signup.User, error) {
				u, err := m.Get(ctx, key)
				if s, ok := shared.Load(key); ok {
					u.PasswordHash, u.Profile = s.(signup.User).PasswordHash, s.(signup.User).Profile
				}
				return u, err
			},
		}
	}, []string{"NoAliasing"}, Options{}},
	{"last write wins", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			for {
				stored, err := m.Get(ctx, u.Key())
				if err != nil {
					return err
				}
				v := *u
				v.ID, v.Version = stored.ID, stored.Version
				if err := m.Update(ctx, &v); !errors.Is(err, signup.ErrConflict) {
					u.Version = v.Version
					return err
				}
			}
		}}
	}, []string{"LostUpdate", "OneUpdate", "OneEqualUpdate", "WrongVersion", "DeleteOfSuccessor"}, Options{}},
	{"compares updates by their content", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			err := m.Update(ctx, u)
			if err != nil {
				if stored, e := m.Get(ctx, u.Key()); e == nil && stored.Equal(*u) {
					u.Version = stored.Version
					return nil
				}
			}
			return err
		}}
	}, []string{"OneEqualUpdate"}, Options{}},
	{"looks up by the address as typed", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{
			Store: m,
			OnCreate: func(ctx context.Context, u *signup.User) error {
				v := *u
				v.SetKey(u.Email, signup.EmailRule)
				err := m.Create(ctx, &v)
				u.Version = v.Version
				return err
			},
		}
	}, []string{"DuplicateInOtherSpelling", "KeyIsKept", "RoundTrip", "RuleIsKept"}, Options{}},
	{"computes the key itself", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{
			Store: m,
			OnCreate: func(ctx context.Context, u *signup.User) error {
				v := *u
				v.SetKey("", signup.EmailRule)
				err := m.Create(ctx, &v)
				u.Version = v.Version
				return err
			},
		}
	}, []string{"KeyIsKept"}, Options{}},
	{"forgets the key's rule", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnGet: func(ctx context.Context, key string) (signup.User, error) {
			u, err := m.Get(ctx, key)
			u.SetKey(u.Key(), signup.EmailRule)
			return u, err
		}}
	}, []string{"KeyIsKept"}, Options{}},
	{"takes a repeated Create for a duplicate", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			if _, err := m.Get(ctx, u.Key()); err == nil {
				return signup.ErrExists
			}
			return m.Create(ctx, u)
		}}
	}, []string{"RepeatedCreate", "RepeatedCreateAfterChange", "RepeatedCreateAtOnce"}, Options{}},
	{"overwrites on a repeated Create", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			if stored, err := m.Get(ctx, u.Key()); err == nil && stored.ID == u.ID {
				v := *u
				v.Version = stored.Version
				err := m.Update(ctx, &v)
				u.Version = v.Version
				return err
			}
			return m.Create(ctx, u)
		}}
	}, []string{"RepeatedCreate", "RepeatedCreateAfterChange"}, Options{}},
	{"drops the profile", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			v := *u
			v.Profile = nil
			err := m.Create(ctx, &v)
			u.Version = v.Version
			return err
		}}
	}, []string{"RoundTrip", "NoAliasing"}, Options{}},
	{"never looks at the context", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{
			OnCreate: func(ctx context.Context, u *signup.User) error { return m.Create(context.WithoutCancel(ctx), u) },
			OnGet: func(ctx context.Context, key string) (signup.User, error) {
				return m.Get(context.WithoutCancel(ctx), key)
			},
			OnUpdate: func(ctx context.Context, u *signup.User) error { return m.Update(context.WithoutCancel(ctx), u) },
			OnDelete: func(ctx context.Context, u signup.User) error { return m.Delete(context.WithoutCancel(ctx), u) },
		}
	}, []string{"DoneContext"}, Options{}},
	{"deletes whatever the version", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnDelete: func(ctx context.Context, u signup.User) error {
			stored, err := m.Get(ctx, u.Key())
			if err != nil {
				return err
			}
			return m.Delete(ctx, stored)
		}}
	}, []string{"DeleteOfChanged", "DeleteOfSuccessor", "WrongVersion", "UpdateKeepsKeyAndID"}, Options{}},
	{"deletes silently what isn't there", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnDelete: func(ctx context.Context, u signup.User) error {
			if _, err := m.Get(ctx, u.Key()); err != nil {
				return ctx.Err()
			}
			return m.Delete(ctx, u)
		}}
	}, []string{"DeleteOfMissing"}, Options{}},
	{"reads what was a moment ago", func() signup.Store {
		m := memstore.New()
		var mu sync.Mutex
		seen := map[string]signup.User{}
		return fakestore.Store{Store: m, OnGet: func(ctx context.Context, key string) (signup.User, error) {
			u, err := m.Get(ctx, key)
			mu.Lock()
			defer mu.Unlock()
			old, ok := seen[key]
			if err == nil {
				seen[key] = u
			}
			if ok {
				return old, nil
			}
			return u, err
		}}
	}, []string{"ReadYourWrites", "Update"}, Options{}},
	{"sets the version before it knows", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			u.Version = "mine"
			return m.Create(ctx, u)
		}}
	}, []string{"FailureChangesNothing"}, Options{}},
}
