package storetest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// onWrites returns a store that changes each user in the given way before it
// stores it.
func onWrites(onCreate, onUpdate func(u *signup.User)) signup.Store {
	m := memstore.New()
	changed := func(change func(u *signup.User), write func(context.Context, *signup.User) error) func(context.Context, *signup.User) error {
		if change == nil {
			return write
		}
		return func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			change(&v)
			err := write(ctx, &v)
			u.Version = v.Version
			return err
		}
	}
	return fakestore.Store{Store: m, OnCreate: changed(onCreate, m.Create), OnUpdate: changed(onUpdate, m.Update)}
}

// onGet returns a store that changes each user in the given way before Get
// returns it.
func onGet(change func(u *signup.User)) signup.Store {
	m := memstore.New()
	return fakestore.Store{Store: m, OnGet: func(ctx context.Context, key string) (signup.User, error) {
		u, err := m.Get(ctx, key)
		if err == nil {
			change(&u)
		}
		return u, err
	}}
}

// hiding returns a store whose Get hides some users.
func hiding(hidden func(u signup.User) bool) signup.Store {
	m := memstore.New()
	return fakestore.Store{Store: m, OnGet: func(ctx context.Context, key string) (signup.User, error) {
		u, err := m.Get(ctx, key)
		if err == nil && hidden(u) {
			return signup.User{}, signup.ErrNotFound
		}
		return u, err
	}}
}

// onTimes returns a store that changes each time in the given way at Create and
// Update.
func onTimes(change func(time.Time) time.Time) func() signup.Store {
	return onBoth(func(u *signup.User) {
		for _, at := range []*time.Time{&u.CreatedAt, &u.UpdatedAt, &u.EmailVerifiedAt} {
			*at = change(*at)
		}
	})
}

// dropping returns three wrong stores for each field of User: one drops it at
// Create, one at Update, and one keeps the old value at Update.
func dropping() []wrongStore {
	var list []wrongStore
	for _, f := range dataFields() {
		drop := func(u *signup.User) { reflect.ValueOf(u).Elem().FieldByIndex(f.Index).SetZero() }
		list = append(list,
			wrongStore{"drops " + f.Name + " at Create", func() signup.Store { return onWrites(drop, nil) },
				[]string{"EveryField", "EachField"}, Options{}},
			wrongStore{"drops " + f.Name + " at Update", func() signup.Store { return onWrites(nil, drop) },
				[]string{"EveryField", "EachField"}, Options{}},
			wrongStore{"keeps the old " + f.Name + " at Update", func() signup.Store {
				m := memstore.New()
				return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
					stored, err := m.Get(ctx, u.Key())
					if err != nil {
						return err
					}
					v := copyOf(*u)
					reflect.ValueOf(&v).Elem().FieldByIndex(f.Index).Set(reflect.ValueOf(stored).FieldByIndex(f.Index))
					err = m.Update(ctx, &v)
					u.Version = v.Version
					return err
				}}
			}, []string{"EveryField", "EachField"}, Options{}},
		)
	}
	return list
}

// A docStore keeps a member of a newer program beside each user. If wrong is
// set, an Update loses it.
type docStore struct {
	*memstore.Store
	mu      sync.Mutex
	unknown map[string]bool // by key
	wrong   bool
}

func newDocStore(wrong bool) *docStore {
	return &docStore{Store: memstore.New(), unknown: map[string]bool{}, wrong: wrong}
}

func (d *docStore) Update(ctx context.Context, u *signup.User) error {
	err := d.Store.Update(ctx, u)
	if err == nil && d.wrong {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.unknown, u.Key())
	}
	return err
}

var docOptions = Options{
	AddUnknown: func(ctx context.Context, store signup.Store, key string) error {
		d := store.(*docStore)
		u, err := d.Get(ctx, key)
		if err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.unknown[key] = true
		return d.Store.Update(ctx, &u) // which changes the Version
	},
	HasUnknown: func(_ context.Context, store signup.Store, key string) (bool, error) {
		d := store.(*docStore)
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.unknown[key], nil
	},
}

// The stores that don't keep what they are given.
var wrongFieldStores = []wrongStore{
	{"loses unknown members", func() signup.Store { return newDocStore(true) }, []string{"UnknownMembers"}, docOptions},
	{"sets UpdatedAt", func() signup.Store {
		now := func(u *signup.User) { u.UpdatedAt = time.Now() }
		return onWrites(now, now)
	}, []string{"RoundTrip", "Times", "EveryField", "Update"}, Options{}},
	{"sets UpdatedAt if it isn't later", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			if stored, err := m.Get(ctx, u.Key()); err == nil && !v.UpdatedAt.After(stored.UpdatedAt) {
				v.UpdatedAt = time.Now()
			}
			err := m.Update(ctx, &v)
			u.Version = v.Version
			return err
		}}
	}, []string{"Times"}, Options{}},
	{"cuts times to seconds", func() signup.Store {
		cut := func(u *signup.User) {
			for _, at := range []*time.Time{&u.CreatedAt, &u.UpdatedAt, &u.EmailVerifiedAt} {
				*at = at.Truncate(time.Second)
			}
		}
		return onWrites(cut, cut)
	}, []string{"RoundTrip", "Times", "EveryField", "EachField"}, Options{}},
	{"rounds times", func() signup.Store {
		round := func(u *signup.User) { u.UpdatedAt = u.UpdatedAt.Round(time.Millisecond) }
		return onWrites(round, round)
	}, []string{"Times"}, Options{}},
	{"returns local times", func() signup.Store {
		east := time.FixedZone("east", 3600)
		return onGet(func(u *signup.User) { u.EmailVerifiedAt = u.EmailVerifiedAt.In(east) })
	}, []string{"RoundTrip", "Times", "EveryField"}, Options{}},
	{"keeps the zero time as 1970", func() signup.Store {
		return onGet(func(u *signup.User) {
			if u.EmailVerifiedAt.IsZero() {
				u.EmailVerifiedAt = time.Unix(0, 0).UTC()
			}
		})
	}, []string{"RoundTripOfLittle", "Times", "EachField"}, Options{}},
	{"keeps a time after the year 9999 as none", onTimes(func(at time.Time) time.Time {
		if at.UTC().Year() > 9999 {
			return time.Time{}
		}
		return at
	}), []string{"TimesOutOfRange"}, Options{}},
	{"keeps a time before the year 1 as none", onTimes(func(at time.Time) time.Time {
		if at.UTC().Year() < 1 {
			return time.Time{}
		}
		return at
	}), []string{"TimesOutOfRange"}, Options{}},
	{"limits the years where the caller is", onTimes(func(at time.Time) time.Time {
		if year := at.Year(); year < 1 || year > 9999 {
			return at.AddDate(1e5, 0, 0) // which the store refuses
		}
		if year := at.UTC().Year(); year < 1 || year > 9999 {
			return time.Time{}
		}
		return at
	}), []string{"Times", "TimesOutOfRange"}, Options{}},
	{"limits the years at Create only", func() signup.Store {
		return onWrites(nil, func(u *signup.User) {
			for _, at := range []*time.Time{&u.CreatedAt, &u.UpdatedAt, &u.EmailVerifiedAt} {
				if year := at.UTC().Year(); year < 1 || year > 9999 {
					*at = time.Time{}
				}
			}
		})
	}, []string{"TimesOutOfRange"}, Options{}},
	{"hides placeholders", func() signup.Store {
		return hiding(func(u signup.User) bool { return u.Placeholder })
	}, []string{"InactiveAndPlaceholder", "OneIDUnderTwoKeys", "EveryField", "EachField"}, Options{}},
	{"hides inactive users", func() signup.Store {
		return hiding(func(u signup.User) bool { return !u.Active })
	}, []string{"InactiveAndPlaceholder", "RoundTrip"}, Options{}},
	{"replaces placeholders at Create", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			if stored, err := m.Get(ctx, u.Key()); err == nil && stored.Placeholder && stored.ID != u.ID {
				_ = m.Delete(ctx, stored)
			}
			return m.Create(ctx, u)
		}}
	}, []string{"InactiveAndPlaceholder", "OneIDUnderTwoKeys"}, Options{}},
	{"cuts Private", func() signup.Store {
		cut := func(u *signup.User) { u.Private = u.Private[:min(len(u.Private), signup.MaxPrivate-1)] }
		return onWrites(cut, cut)
	}, []string{"Private", "PrivateTooLong"}, Options{}},
	{"keeps Private up to its first NUL", func() signup.Store {
		cut := func(u *signup.User) {
			before, _, _ := strings.Cut(string(u.Private), "\x00")
			u.Private = signup.Private(before)
		}
		return onWrites(cut, cut)
	}, []string{"Private"}, Options{}},
	{"keeps Private as text", func() signup.Store {
		valid := func(u *signup.User) { u.Private = signup.Private(strings.ToValidUTF8(string(u.Private), "\ufffd")) }
		return onWrites(valid, valid)
	}, []string{"Private"}, Options{}},
	{"writes no Private that is equal except for case", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			if stored, err := m.Get(ctx, u.Key()); err == nil && strings.EqualFold(string(stored.Private), string(u.Private)) {
				v.Private = stored.Private
			}
			err := m.Update(ctx, &v)
			u.Version = v.Version
			return err
		}}
	}, []string{"Private"}, Options{}},
	{"accepts a Private that is too long", func() signup.Store {
		cut := func(u *signup.User) { u.Private = u.Private[:min(len(u.Private), signup.MaxPrivate)] }
		return onWrites(cut, cut)
	}, []string{"PrivateTooLong", "FailureChangesNothing"}, Options{}},
	{"trims texts", func() signup.Store {
		trim := func(u *signup.User) { u.LastName = strings.TrimSpace(u.LastName) }
		return onWrites(trim, trim)
	}, []string{"RoundTripOfText"}, Options{}},
	{"replaces what isn't UTF-8", func() signup.Store {
		valid := func(u *signup.User) { u.SecurityStamp = strings.ToValidUTF8(u.SecurityStamp, "\ufffd") }
		return onWrites(valid, valid)
	}, []string{"RoundTripOfText"}, Options{}},
	{"stores redacted hashes", func() signup.Store {
		redact := func(u *signup.User) { u.PasswordHash = signup.Hash(fmt.Sprint(u.PasswordHash)) }
		return onWrites(redact, redact)
	}, []string{"RoundTrip", "EveryField", "EachField", "Update"}, Options{}},
	{"merges the Profile", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnUpdate: func(ctx context.Context, u *signup.User) error {
			v := copyOf(*u)
			if stored, err := m.Get(ctx, u.Key()); err == nil {
				for name, value := range v.Profile {
					stored.Profile[name] = value
				}
				v.Profile = stored.Profile
			}
			err := m.Update(ctx, &v)
			u.Version = v.Version
			return err
		}}
	}, []string{"Update", "EachField"}, Options{}},
	{"sets the caller's times to UTC", func() signup.Store {
		m := memstore.New()
		return fakestore.Store{Store: m, OnCreate: func(ctx context.Context, u *signup.User) error {
			u.UpdatedAt = u.UpdatedAt.UTC().Truncate(time.Millisecond)
			return m.Create(ctx, u)
		}}
	}, []string{"ArgumentsUnchanged"}, Options{}},
}
