package storetest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// The stores that are wrong about keys, IDs, Versions and errors.
var wrongKeyStores = []wrongStore{
	{"has a unique ID", func() signup.Store {
		m := memstore.New()
		var ids sync.Map // the keys, by ID
		return fakestore.Store{
			Store: m,
			OnCreate: func(ctx context.Context, u *signup.User) error {
				if key, held := ids.LoadOrStore(u.ID, u.Key()); held && key != u.Key() {
					return signup.ErrExists
				}
				return m.Create(ctx, u)
			},
			OnDelete: func(ctx context.Context, u signup.User) error {
				err := m.Delete(ctx, u)
				if err == nil {
					ids.Delete(u.ID)
				}
				return err
			},
		}
	}, []string{"OneIDUnderTwoKeys"}, Options{}},
	{"takes one ID for one user", func() signup.Store {
		m := memstore.New()
		var ids sync.Map
		return fakestore.Store{
			Store: m,
			OnCreate: func(ctx context.Context, u *signup.User) error {
				if key, held := ids.LoadOrStore(u.ID, u.Key()); held && key != u.Key() {
					return signup.ErrReplayed
				}
				return m.Create(ctx, u)
			},
		}
	}, []string{"OneIDUnderTwoKeys"}, Options{}},
	{"deletes by ID", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{
			Store: m,
			OnDelete: func(ctx context.Context, u signup.User) error {
				if err := m.Delete(ctx, u); err != nil {
					return err
				}
				for v, err := range m.All(ctx) {
					if err == nil && v.ID == u.ID {
						_ = m.Delete(ctx, v)
					}
				}
				return nil
			},
		}
	}, []string{"OneIDUnderTwoKeys"}, Options{}},
	{"replaces the rule at Update", func() signup.Store {
		r := &ruleStore{Store: memstore.New()}
		return r
	}, []string{"RuleIsKept"}, Options{}},
	{"accepts a user without Version", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			if stored, err := m.Get(ctx, u.Key()); err == nil && v.Version == "" {
				v.Version = stored.Version
			}
			err := m.Update(ctx, &v)
			if err == nil {
				u.Version = v.Version
			}
			return err
		}}
	}, []string{"DecodedUser", "WrongVersion"}, Options{}},
	{"keeps the Version elsewhere", func() signup.Store {
		// By ID, so that a user that went through gob is as good as before.
		m := memstore.New()
		var last sync.Map // the Version that Create, Get or Update returned last, by ID
		return fakestore.Store{
			Store: m,
			OnGet: func(ctx context.Context, key string) (signup.User, error) {
				u, err := m.Get(ctx, key)
				if err == nil {
					last.Store(u.ID, u.Version)
				}
				return u, err
			},
			OnUpdate: func(ctx context.Context, u *signup.User) error {
				v := copyOf(*u)
				if version, ok := last.Load(u.ID); ok {
					v.Version = version.(signup.Version)
				}
				err := m.Update(ctx, &v)
				if err == nil {
					u.Version = v.Version
				}
				return err
			},
		}
	}, []string{"DecodedUser"}, Options{}},
	{"returns ErrConflict for a missing user", func() signup.Store {
		m := memstore.New()
		conflict := func(err error) error {
			if errors.Is(err, signup.ErrNotFound) {
				return signup.ErrConflict
			}
			return err
		}
		return fakestore.Store{
			Store:    m,
			OnUpdate: func(ctx context.Context, u *signup.User) error { return conflict(m.Update(ctx, u)) },
			OnDelete: func(ctx context.Context, u signup.User) error { return conflict(m.Delete(ctx, u)) },
		}
	}, []string{"UpdateOfMissing", "DeleteOfMissing", "UpdateKeepsKeyAndID"}, Options{}},
	{"returns both errors for a missing user", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			err := m.Update(ctx, u)
			if errors.Is(err, signup.ErrNotFound) {
				return fmt.Errorf("%w: %w", err, signup.ErrConflict)
			}
			return err
		}}
	}, []string{"UpdateOfMissing"}, Options{}},
	{"stores a missing user at Update", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			err := m.Update(ctx, u)
			if errors.Is(err, signup.ErrNotFound) {
				_ = m.Create(ctx, u)
			}
			return err
		}}
	}, []string{"UpdateOfMissing", "UpdateKeepsKeyAndID"}, Options{}},
	{"returns nil for a repeated Create", func() signup.Store {
		return onReplay(func(*signup.User, signup.User) error { return nil })
	}, []string{"RepeatedCreate", "RepeatedCreateAfterChange", "RepeatedCreateAtOnce"}, Options{}},
	{"sets the Version at a repeated Create", func() signup.Store {
		return onReplay(func(u *signup.User, stored signup.User) error {
			u.Version = stored.Version
			return signup.ErrReplayed
		})
	}, []string{"RepeatedCreate", "RepeatedCreateAfterChange", "RepeatedCreateAtOnce"}, Options{}},
	{"returns ErrExists for a repeated Create after a change", func() signup.Store {
		return onReplay(func(u *signup.User, stored signup.User) error {
			if differences(stored, *u) != "" {
				return signup.ErrExists
			}
			return signup.ErrReplayed
		})
	}, []string{"RepeatedCreate", "RepeatedCreateAfterChange"}, Options{}},
	{"writes the user again at a repeated Create", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			err := m.Create(ctx, u)
			if errors.Is(err, signup.ErrReplayed) {
				if stored, e := m.Get(ctx, u.Key()); e == nil {
					_ = m.Update(ctx, &stored)
				}
			}
			return err
		}}
	}, []string{"RepeatedCreate", "RepeatedCreateAfterChange"}, Options{}},
	{"makes the Version of the content", func() signup.Store {
		m := memstore.New()
		version := func(u signup.User) signup.Version {
			h := fnv.New64a()
			_, _ = h.Write([]byte(show(u)))
			return signup.Version(fmt.Sprint(h.Sum64()))
		}
		return reversioned(m, version)
	}, []string{"VersionsDiffer"}, Options{}},
	{"returns the zero user for a missing one", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnGet: func(ctx context.Context, key string) (signup.User, error) {
			u, err := m.Get(ctx, key)
			if errors.Is(err, signup.ErrNotFound) {
				return signup.User{}, nil
			}
			return u, err
		}}
	}, []string{"GetNothing", "Delete", "ReadYourWrites"}, Options{}},
	{"looks up keys without regard to case", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnGet: func(ctx context.Context, key string) (signup.User, error) {
			return m.Get(ctx, strings.ToLower(key))
		}}
	}, []string{"GetNothing"}, Options{}},
	{"stores without a key", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			if v.Key() == "" {
				v.SetKey("no key", "")
			}
			err := m.Create(ctx, &v)
			if err == nil {
				u.Version = v.Version
			}
			return err
		}}
	}, []string{"CreateNeedsKeyAndID"}, Options{}},
}

// onReplay returns a store that does the given thing at a repeated Create.
func onReplay(replay func(u *signup.User, stored signup.User) error) signup.Store {
	m := memstore.New()
	return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
		err := m.Create(ctx, u)
		if !errors.Is(err, signup.ErrReplayed) {
			return err
		}
		stored, err := m.Get(ctx, u.Key())
		if err != nil {
			return err
		}
		return replay(u, stored)
	}}
}

// reversioned returns a store whose Versions are those that version returns.
func reversioned(m *memstore.Store, version func(signup.User) signup.Version) signup.Store {
	return fakestore.Store{
		Store: m,
		OnCreate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			err := m.Create(ctx, &v)
			if err == nil {
				u.Version = version(v)
			}
			return err
		},
		OnGet: func(ctx context.Context, key string) (signup.User, error) {
			u, err := m.Get(ctx, key)
			u.Version = version(u)
			return u, err
		},
		OnUpdate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			if stored, err := m.Get(ctx, u.Key()); err == nil && u.Version == version(stored) {
				v.Version = stored.Version
			}
			err := m.Update(ctx, &v)
			if err == nil {
				u.Version = version(v)
			}
			return err
		},
		OnDelete: func(ctx context.Context, u signup.User) error {
			v := copyOf(u)
			if stored, err := m.Get(ctx, u.Key()); err == nil && u.Version == version(stored) {
				v.Version = stored.Version
			}
			return m.Delete(ctx, v)
		},
	}
}

// A ruleStore stores the rule that the user of an Update has.
type ruleStore struct {
	*memstore.Store
	replaced sync.Map // the rules, by key
}

func (r *ruleStore) Update(ctx context.Context, u *signup.User) error {
	err := r.Store.Update(ctx, u)
	if err == nil {
		r.replaced.Store(u.Key(), u.KeyRule())
	}
	return err
}

func (r *ruleStore) Get(ctx context.Context, key string) (signup.User, error) {
	u, err := r.Store.Get(ctx, key)
	if rule, ok := r.replaced.Load(key); ok && err == nil {
		u.SetKey(key, rule.(string))
	}
	return u, err
}
