package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// cut returns the first bytes of text, at most n.
func cut(text string, n int) string { return text[:min(len(text), n)] }

// onBoth returns a store that changes each user in the given way at Create and
// Update.
func onBoth(change func(u *signup.User)) func() signup.Store {
	return func() signup.Store { return onWrites(change, change) }
}

// The stores that keep ordinary users, and lose something of unusual ones.
var wrongValueStores = []wrongStore{
	{"cuts values in Profile", onBoth(func(u *signup.User) {
		for name, value := range u.Profile {
			u.Profile[name] = cut(value, 600)
		}
	}), []string{"Profile"}, Options{}},
	{"cuts names in Profile", onBoth(func(u *signup.User) {
		for name, value := range maps.Clone(u.Profile) {
			delete(u.Profile, name)
			u.Profile[cut(name, 63)] = value
		}
	}), []string{"Profile"}, Options{}},
	{"keeps four entries of Profile", onBoth(func(u *signup.User) {
		for i, name := range slices.Sorted(maps.Keys(u.Profile)) {
			if i >= 4 {
				delete(u.Profile, name)
			}
		}
	}), []string{"Profile"}, Options{}},
	{"keeps four entries of Profile at Update", func() signup.Store {
		return onWrites(nil, func(u *signup.User) {
			for i, name := range slices.Sorted(maps.Keys(u.Profile)) {
				if i >= 4 {
					delete(u.Profile, name)
				}
			}
		})
	}, []string{"Profile"}, Options{}},
	{"lower-cases names in Profile", onBoth(func(u *signup.User) {
		for name, value := range maps.Clone(u.Profile) {
			delete(u.Profile, name)
			u.Profile[strings.ToLower(name)] = value
		}
	}), []string{"Profile"}, Options{}},
	{"drops empty values in Profile", onBoth(func(u *signup.User) {
		maps.DeleteFunc(u.Profile, func(_, value string) bool { return value == "" })
	}), []string{"Profile"}, Options{}},
	{"cuts FirstName", onBoth(func(u *signup.User) { u.FirstName = cut(u.FirstName, 600) }), []string{"RoundTripOfText"}, Options{}},
	{"cuts LastName", onBoth(func(u *signup.User) { u.LastName = cut(u.LastName, 600) }), []string{"RoundTripOfText"}, Options{}},
	{"cuts SecurityStamp", onBoth(func(u *signup.User) { u.SecurityStamp = cut(u.SecurityStamp, 600) }), []string{"RoundTripOfText"}, Options{}},
	{"cuts IDs", onBoth(func(u *signup.User) { u.ID = cut(u.ID, 30) }), []string{"RoundTrip", "Duplicate"}, Options{}},
	{"cuts the rule's name", onBoth(func(u *signup.User) {
		if key := u.Key(); key != "" {
			u.SetKey(key, cut(u.KeyRule(), 40))
		}
	}), []string{"RuleIsKept"}, Options{}},
	{"leaves a Version at Create", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			err := m.Create(ctx, &v)
			if u.Version == "" {
				u.Version = v.Version
			}
			return err
		}}
	}, []string{"CreateSetsVersion"}, Options{}},
	{"refuses a new user with a Version", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			if _, err := m.Get(ctx, u.Key()); errors.Is(err, signup.ErrNotFound) && u.Version != "" {
				return signup.ErrInvalid
			}
			return m.Create(ctx, u)
		}}
	}, []string{"CreateSetsVersion"}, Options{}},
	{"refuses a new user with a Version of its own", func() signup.Store {
		m := memstore.New()
		var own sync.Map // the Versions that Create has set
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			_, err := m.Get(ctx, u.Key())
			if _, ok := own.Load(u.Version); ok && errors.Is(err, signup.ErrNotFound) {
				return signup.ErrConflict
			}
			if err = m.Create(ctx, u); err == nil {
				own.Store(u.Version, true)
			}
			return err
		}}
	}, []string{"CreateSetsVersion"}, Options{}},
	{"replaces a holder without a hash", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			if stored, err := m.Get(ctx, u.Key()); err == nil && stored.PasswordHash == "" && stored.ID != u.ID {
				_ = m.Delete(ctx, stored)
			}
			return m.Create(ctx, u)
		}}
	}, []string{"Duplicate"}, Options{}},
}
