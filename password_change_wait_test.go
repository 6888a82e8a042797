package signup_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// A change of the user while a call waits for its turn is kept, or ends the call.
func TestPasswordCallsSeeChangesDuringTheWait(t *testing.T) {
	const other = "a third correct horse"
	bad, notFound := signup.ErrBadCredentials, signup.ErrNotFound
	update := func(change func(*signup.User)) func(signup.Store, signup.User) error {
		return func(store signup.Store, u signup.User) error {
			change(&u)
			return store.Update(t.Context(), &u)
		}
	}
	remove := func(store signup.Store, u signup.User) error { return store.Delete(t.Context(), u) }
	replace := func(change func(*signup.User)) func(signup.Store, signup.User) error {
		return func(store signup.Store, u signup.User) error {
			if err := remove(store, u); err != nil {
				return err
			}
			change(&u)
			return store.Create(t.Context(), &u)
		}
	}
	for _, c := range []struct {
		name         string
		change       func(signup.Store, signup.User) error
		set, changed error // what SetPassword and ChangePassword return
	}{
		{"nothing", func(signup.Store, signup.User) error { return nil }, nil, nil},
		{"name", update(func(u *signup.User) { u.FirstName = "Augusta" }), nil, nil},
		{"spelling of the address", update(func(u *signup.User) { u.Email = "ada@example.org" }), nil, nil},
		{"profile", update(func(u *signup.User) { u.Profile = map[string]string{"company": "Difference Engines"} }), nil, nil},
		{"private", update(func(u *signup.User) { u.Private = "private-2" }), nil, nil},
		{"sessions ended", update(func(u *signup.User) { u.SecurityStamp = "stamp-2" }), nil, nil},
		{"rehash of the same password", update(func(u *signup.User) { u.PasswordHash = hashBy(t, cheap, goodPassword) }), nil, nil},
		{"password", update(func(u *signup.User) { u.PasswordHash = hashBy(t, cheap, other) }), nil, bad},
		{"password, to the new one", update(func(u *signup.User) { u.PasswordHash = hashBy(t, cheap, newPassword) }), nil, bad},
		{"password removed", update(func(u *signup.User) { u.PasswordHash = "" }), nil, bad},
		{"deactivated", update(func(u *signup.User) { u.Active = false }), nil, bad},
		{"placeholder", update(func(u *signup.User) { u.Placeholder = true }), notFound, bad},
		{"deleted", remove, notFound, bad},
		{"registered anew", replace(func(u *signup.User) { u.ID = "another" }), notFound, bad},
		{"registered anew, other password", replace(func(u *signup.User) {
			u.ID, u.PasswordHash = "another", hashBy(t, cheap, other)
		}), notFound, bad},
		{"restored under the same ID", replace(func(u *signup.User) { u.LastName = "King" }), nil, nil},
	} {
		for _, moment := range []string{"SetPassword, hash", "ChangePassword, check", "ChangePassword, hash", "ChangePassword, policy"} {
			t.Run(c.name+"/"+moment, func(t *testing.T) {
				store := memstore.New()
				before := createAda(t, store, nil)
				var changed signup.User
				did := false
				happen := func() {
					if did {
						return
					}
					did = true
					if err := c.change(store, before); err != nil {
						t.Errorf("the change returned %v, want nil", err)
					}
					changed, _ = store.Get(context.Background(), before.Key())
				}
				a := &signup.Accounts{Store: store, Hasher: cheap}
				want, call := c.changed, passwordCalls[1].call
				switch moment {
				case "SetPassword, hash":
					a.Hasher = &changingHasher{cheap, happen}
					want, call = c.set, passwordCalls[0].call
				case "ChangePassword, check":
					a.Hasher = &changingHasher{cheap, happen}
				case "ChangePassword, hash":
					a.Hasher = hashHook{cheap, happen}
				case "ChangePassword, policy":
					a.Policy = policyFunc(func(context.Context, string, signup.User) error { happen(); return nil })
				}
				u, err := call(t.Context(), a, adaEmail, newPassword)
				checkNoSecrets(t, err)
				if !errors.Is(err, want) || !did {
					t.Fatalf("got %v, %v; want the error %v after a change", u, err, want)
				}
				stored, _ := store.Get(t.Context(), before.Key())
				if want != nil {
					if !stored.Equal(changed) || stored.Version != changed.Version {
						t.Errorf("got %#v stored, want the user as the change left it, %#v", stored, changed)
					}
					return
				}
				if !stored.Equal(u) || stored.Version != u.Version || !stored.CheckPassword(newPassword) ||
					stored.SecurityStamp == before.SecurityStamp || stored.SecurityStamp == changed.SecurityStamp {
					t.Errorf("got %#v, and stored %#v; want the same, with the new password and another stamp", u, stored)
				}
				changed.PasswordHash, changed.SecurityStamp, changed.UpdatedAt = u.PasswordHash, u.SecurityStamp, u.UpdatedAt
				if !stored.Equal(changed) {
					t.Errorf("got %#v stored, want what the change in between has set, %#v", stored, changed)
				}
			})
		}
	}
}

// A hashHook calls before at each Hash.
type hashHook struct {
	signup.Bcrypt
	before func()
}

func (h hashHook) Hash(password string) (signup.Hash, error) {
	h.before()
	return h.Bcrypt.Hash(password)
}

// A user that is changed at each attempt costs one hash and a limited number of
// Updates. The old password is checked again only if the hash has changed.
func TestPasswordCallsEnd(t *testing.T) {
	rehash := func(store signup.Store, key string) error {
		u, err := store.Get(t.Context(), key)
		if err == nil {
			u.PasswordHash = hashBy(t, cheap, goodPassword)
			err = store.Update(t.Context(), &u)
		}
		return err
	}
	for _, c := range passwordCalls {
		for _, f := range []struct {
			name   string
			update func(store signup.Store, u *signup.User, n int) error // the n-th Update
			checks int64
		}{
			{"conflict without end", func(signup.Store, *signup.User, int) error { return signup.ErrConflict }, 1},
			{"no user, says Update", func(signup.Store, *signup.User, int) error { return signup.ErrNotFound }, 1},
			{"one rehash, and conflicts", func(store signup.Store, u *signup.User, n int) error {
				if n == 1 {
					if err := rehash(store, u.Key()); err != nil {
						return err
					}
				}
				return signup.ErrConflict
			}, 2},
			{"rehash without end", func(store signup.Store, u *signup.User, _ int) error {
				if err := rehash(store, u.Key()); err != nil {
					return err
				}
				return store.Update(t.Context(), u)
			}, 17},
		} {
			t.Run(c.name+", "+f.name, func(t *testing.T) {
				store := memstore.New()
				before := createAda(t, store, nil)
				hasher := &countingHasher{Bcrypt: cheap}
				updates := 0
				a := &signup.Accounts{Hasher: hasher, Store: fakestore.Store{Store: store, OnUpdate: func(_ context.Context, u *signup.User) error {
					updates++
					return f.update(store, u, updates)
				}}}
				_, err := c.call(t.Context(), a, adaEmail, newPassword)
				if !errors.Is(err, signup.ErrBusy) || updates < 3 || updates > 16 {
					t.Errorf("got %v after %d Updates, want ErrBusy after 3 to 16", err, updates)
				}
				checks := f.checks
				if c.name == "SetPassword" {
					checks = 0
				}
				if hashes, verifies := hasher.hashes.Load(), hasher.verifies.Load(); hashes != 1 || verifies != checks {
					t.Errorf("got %d hashes, %d verifies; want 1, %d", hashes, verifies, checks)
				}
				if u := getUser(t, store, before.Key()); !u.CheckPassword(goodPassword) || u.SecurityStamp != before.SecurityStamp {
					t.Error("got another password or stamp, want them as before")
				}
			})
		}
	}
}

func TestPasswordCallsWhileTheStoreFails(t *testing.T) {
	down := errors.New("store is down")
	for _, c := range passwordCalls {
		for _, f := range []struct {
			name         string
			get          int // the Get that fails, from 1 on
			update       error
			want         error
			changes      bool // the error of Update comes after the change
			repeatChange error
		}{
			{"first Get", 1, nil, down, false, nil},
			{"Get after a conflict", 3, signup.ErrConflict, down, false, nil},
			{"Update", 0, down, down, false, nil},
			{"Update, busy", 0, signup.ErrBusy, signup.ErrBusy, false, nil},
			{"Update, lost response", 0, down, down, true, signup.ErrBadCredentials},
			{"Update, lost response and repeated request", 0, signup.ErrConflict, nil, true, signup.ErrBadCredentials},
		} {
			t.Run(c.name+", "+f.name, func(t *testing.T) {
				store := memstore.New()
				before := createAda(t, store, nil)
				gets, updates := 0, 0
				failing := true
				a := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{
					OnGet: func(ctx context.Context, key string) (signup.User, error) {
						if gets++; failing && (gets == f.get || f.get == 3 && updates > 0) {
							return signup.User{}, down
						}
						return store.Get(ctx, key)
					},
					OnUpdate: func(ctx context.Context, u *signup.User) error {
						if updates++; updates > 1 || f.update == nil {
							return store.Update(ctx, u)
						}
						if f.changes {
							v := *u
							if err := store.Update(ctx, &v); err != nil {
								t.Errorf("Update returned %v, want nil", err)
							}
						}
						return f.update
					},
				}}
				u, err := c.call(t.Context(), a, adaEmail, newPassword)
				checkNoSecrets(t, err)
				if !errors.Is(err, f.want) || f.want == down && (errors.Is(err, signup.ErrBadCredentials) || errors.Is(err, signup.ErrNotFound)) {
					t.Fatalf("got %v, %v; want %v", u, err, f.want)
				}
				stored := getUser(t, store, before.Key())
				if f.want == nil && (stored.Version != u.Version || updates != 2) {
					t.Errorf("got version %q after %d Updates, want the stored one, %q, after 2", string(u.Version), updates, string(stored.Version))
				}
				if stored.CheckPassword(newPassword) != f.changes || (stored.SecurityStamp != before.SecurityStamp) != f.changes {
					t.Errorf("got %#v stored; want the new password and stamp: %t", stored, f.changes)
				}
				// The remedy after an unknown outcome is to repeat the call.
				failing = false
				want := f.repeatChange
				if c.name == "SetPassword" {
					want = nil
				}
				if _, err := c.call(t.Context(), a, adaEmail, newPassword); !errors.Is(err, want) {
					t.Errorf("the repeated call returned %v, want %v", err, want)
				}
				if _, err := a.Authenticate(t.Context(), adaEmail, newPassword); err != nil {
					t.Errorf("Authenticate with the new password returned %v, want nil", err)
				}
			})
		}
	}
}

func TestPasswordCallsWithoutContext(t *testing.T) {
	for _, c := range passwordCalls {
		for _, moment := range []string{"before", "policy", "hash"} {
			t.Run(c.name+", "+moment, func(t *testing.T) {
				store := memstore.New()
				before := createAda(t, store, nil)
				ctx, cancel := context.WithCancel(t.Context())
				hashed := false
				a := &signup.Accounts{Store: store, Hasher: hashHook{cheap, func() {
					hashed = moment != "before"
					if moment == "hash" {
						cancel()
					}
				}}}
				a.Policy = policyFunc(func(context.Context, string, signup.User) error {
					hashed = false
					if moment == "policy" {
						cancel()
						return signup.ErrInvalid // which may be due to that
					}
					return nil
				})
				if moment == "before" {
					cancel()
				}
				_, err := c.call(ctx, a, adaEmail, newPassword)
				checkNoSecrets(t, err)
				if !errors.Is(err, context.Canceled) || errors.Is(err, signup.ErrInvalid) || hashed != (moment == "hash") {
					t.Errorf("got %v, hashed: %t; want Canceled, hashed: %t", err, hashed, moment == "hash")
				}
				if u := getUser(t, store, before.Key()); u.Version != before.Version {
					t.Errorf("got %#v stored, want no change", u)
				}
			})
		}
	}
}

// A call whose context ends while it waits in the queue changes nothing.
func TestPasswordCallsLeaveTheQueue(t *testing.T) {
	for _, c := range passwordCalls {
		synctest.Test(t, func(t *testing.T) {
			store := memstore.New()
			before := createAda(t, store, nil)
			finish := make(chan struct{})
			var once sync.Once
			a := &signup.Accounts{Store: store, HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Hour}}
			a.Hasher = hashHook{cheap, func() { once.Do(func() { <-finish }) }}
			var wg sync.WaitGroup
			wg.Go(func() {
				_, _ = a.Register(t.Context(), signup.Registration{Email: "b@example.org", Password: goodPassword})
			})
			synctest.Wait()
			ctx, cancel := context.WithCancel(t.Context())
			wg.Go(func() {
				if _, err := c.call(ctx, a, adaEmail, newPassword); !errors.Is(err, context.Canceled) {
					t.Errorf("%s returned %v, want Canceled", c.name, err)
				}
			})
			synctest.Wait()
			if waiting := a.HashStats().Waiting; waiting != 1 {
				t.Errorf("%s: got %d calls in the queue, want 1", c.name, waiting)
			}
			cancel()
			close(finish)
			wg.Wait()
			if u := getUser(t, store, before.Key()); u.Version != before.Version {
				t.Errorf("%s: got %#v stored, want no change", c.name, u)
			}
		})
	}
}

// A call that returns ErrBusy costs nothing.
func TestPasswordCallsBusyBeforeAnyWork(t *testing.T) {
	for _, c := range passwordCalls {
		started, finish := make(chan struct{}), make(chan struct{})
		var once sync.Once
		store := memstore.New()
		a := &signup.Accounts{
			Hasher:     hashHook{cheap, func() { once.Do(func() { close(started); <-finish }) }},
			HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Nanosecond},
			Store: fakestore.Store{Store: store, OnGet: func(context.Context, string) (signup.User, error) {
				t.Errorf("%s called Get, want no call while there is no capacity", c.name)
				return signup.User{}, signup.ErrNotFound
			}},
		}
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword}) })
		<-started
		for _, password := range []string{newPassword, "", goodPassword} {
			if _, err := c.call(t.Context(), a, adaEmail, password); !errors.Is(err, signup.ErrBusy) {
				t.Errorf("%s returned %v, want ErrBusy", c.name, err)
			}
		}
		close(finish)
		wg.Wait()
	}
}

func TestPasswordCallsOfMisconfiguredAccounts(t *testing.T) {
	for _, c := range passwordCalls {
		if _, err := c.call(t.Context(), &signup.Accounts{}, adaEmail, newPassword); err == nil || errors.Is(err, signup.ErrBadCredentials) || errors.Is(err, signup.ErrInvalid) {
			t.Errorf("%s without a Store returned %v, want an error that is neither ErrBadCredentials nor ErrInvalid", c.name, err)
		}
	}
}

// What the Hasher returns ends the call.
func TestPasswordCallsWhileTheHasherFails(t *testing.T) {
	for _, c := range passwordCalls {
		store := memstore.New()
		before := createAda(t, store, nil)
		a := &signup.Accounts{Store: store, Hasher: failingHasher{cheap}}
		if _, err := c.call(t.Context(), a, adaEmail, newPassword); !errors.Is(err, errHasher) {
			t.Errorf("%s returned %v, want %v", c.name, err, errHasher)
		}
		if u := getUser(t, store, before.Key()); u.Version != before.Version {
			t.Errorf("%s: got %#v stored, want no change", c.name, u)
		}
	}
}

var errHasher = errors.New("the pepper is missing")

type failingHasher struct{ signup.Bcrypt }

func (failingHasher) Hash(string) (signup.Hash, error) { return "", errHasher }
