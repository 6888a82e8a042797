package signup_test

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// withoutTag is a rule under which "+tag" makes no other account, and one
// domain is refused.
func withoutTag(email string) (string, error) {
	key, err := signup.CanonicalEmail(email)
	if err != nil {
		return "", err
	}
	local, domain, _ := strings.Cut(key, "@")
	local, _, _ = strings.Cut(local, "+")
	if domain == "refused.example" {
		return "half a key", errors.New("refused")
	}
	if domain == "none.example" {
		return "", nil
	}
	return local + "@" + domain, nil
}

func listing(emails ...string) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for _, email := range emails {
			if !yield(signup.User{Email: email}, nil) {
				return
			}
		}
	}
}

func storeOf(t *testing.T, emails ...string) *memstore.Store {
	t.Helper()
	store := memstore.New()
	for _, email := range emails {
		if err := store.Create(t.Context(), &signup.User{ID: "id of " + email, Email: email}); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
	}
	return store
}

func TestEmailCollisions(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   func(string) (string, error)
		emails []string
		want   []signup.EmailCollision
	}{
		{"nobody", withoutTag, nil, nil},
		{"none", withoutTag, []string{"a@example.org", "b@example.org", "a@example.com"}, nil},
		{"under today's rule", signup.CanonicalEmail, []string{"a@example.org", "A+x@example.org", "b@refused.example"}, nil},
		{"two", withoutTag, []string{"Ada@example.org", "b@example.org", "ADA+tag@example.org"},
			[]signup.EmailCollision{{Key: "ada@example.org", Keys: []string{"ada@example.org", "ada+tag@example.org"}}}},
		{"nobody has the shared key", withoutTag, []string{"a+2@example.org", "a+1@example.org"},
			[]signup.EmailCollision{{Key: "a@example.org", Keys: []string{"a+2@example.org", "a+1@example.org"}}}},
		{"three, and two, in the order of the second", withoutTag,
			[]string{"a@example.org", "b@example.org", "b+1@example.org", "a+1@example.org", "a+2@example.org"},
			[]signup.EmailCollision{
				{Key: "b@example.org", Keys: []string{"b@example.org", "b+1@example.org"}},
				{Key: "a@example.org", Keys: []string{"a@example.org", "a+1@example.org", "a+2@example.org"}},
			}},
		{"the refused come last", withoutTag,
			[]string{"z@refused.example", "a@example.org", "y@none.example", "a+1@example.org", "x@refused.example"},
			[]signup.EmailCollision{
				{Key: "a@example.org", Keys: []string{"a@example.org", "a+1@example.org"}},
				{Key: "", Keys: []string{"z@refused.example", "y@none.example", "x@refused.example"}},
			}},
		{"one refused", withoutTag, []string{"z@refused.example"}, []signup.EmailCollision{{Keys: []string{"z@refused.example"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := signup.EmailCollisions(listing(c.emails...), c.rule)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
			// The store lists them in no order.
			got, err = signup.EmailCollisions(storeOf(t, c.emails...).All(t.Context()), c.rule)
			if err != nil || !reflect.DeepEqual(inOrder(got), inOrder(c.want)) {
				t.Errorf("of a store: %q, %v; want %q", got, err, c.want)
			}
			for i, collision := range got {
				if collision.Key == "" && i != len(got)-1 {
					t.Errorf("of a store: got %q, want the refused addresses last", got)
				}
			}
		})
	}
}

func inOrder(collisions []signup.EmailCollision) map[string][]string {
	m := make(map[string][]string)
	for _, c := range collisions {
		m[c.Key] = slices.Sorted(slices.Values(c.Keys))
	}
	return m
}

// The keys returned are those by which the store finds the users, not those that
// CanonicalEmail returns for their addresses today.
func TestEmailCollisionsKeys(t *testing.T) {
	store := memstore.New()
	for _, key := range []string{"old key 1", "old key 2"} {
		u := signup.User{ID: key, Email: "Ada@example.org"}
		u.SetKey(key, "old rule")
		if err := store.Create(t.Context(), &u); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
	}
	got, err := signup.EmailCollisions(store.All(t.Context()), signup.CanonicalEmail)
	if err != nil || len(got) != 1 || got[0].Key != "ada@example.org" {
		t.Fatalf("EmailCollisions returned %q, %v; want one collision of ada@example.org, nil", got, err)
	}
	for _, key := range got[0].Keys {
		if _, err := store.Get(t.Context(), key); err != nil {
			t.Errorf("Get of the key %q returned %v, want nil", key, err)
		}
	}
}

func TestEmailCollisionsError(t *testing.T) {
	down := errors.New("the store is down")
	calls := 0
	got, err := signup.EmailCollisions(func(yield func(signup.User, error) bool) {
		calls++
		_ = yield(signup.User{Email: "a@example.org"}, nil) &&
			yield(signup.User{Email: "a+1@example.org"}, nil) &&
			yield(signup.User{}, down) &&
			yield(signup.User{Email: "a+2@example.org"}, errors.New("went on"))
	}, withoutTag)
	if got != nil || !errors.Is(err, down) || calls != 1 {
		t.Errorf("EmailCollisions returned %q, %v after %d users; want nil, %v, 1", got, err, calls, down)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err = signup.EmailCollisions(storeOf(t, "a@example.org", "a+1@example.org").All(ctx), withoutTag)
	if got != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: EmailCollisions returned %q, %v; want nil, context.Canceled", got, err)
	}
}

func TestMemstoreAll(t *testing.T) {
	emails := []string{"a@example.org", "B@example.org", "c@example.org", "d@example.org"}
	keys := []string{"a@example.org", "b@example.org", "c@example.org", "d@example.org"}

	t.Run("everybody", func(t *testing.T) {
		store := storeOf(t, emails...)
		all := store.All(t.Context())
		for range 2 { // it can be ranged over again
			var got []string
			for u, err := range all {
				if err != nil {
					t.Fatalf("All yielded %v, want nil", err)
				}
				stored, err := store.Get(t.Context(), u.Key())
				if err != nil || !stored.Equal(u) || stored.Version != u.Version {
					t.Errorf("All yielded %v, Get returned %v, %v; want the same user and version, nil", u, stored, err)
				}
				got = append(got, u.Key())
			}
			if slices.Sort(got); !slices.Equal(got, keys) {
				t.Errorf("All yielded the keys %q, want %q", got, keys)
			}
		}
	})
	t.Run("nobody", func(t *testing.T) {
		for u, err := range memstore.New().All(t.Context()) {
			t.Errorf("All yielded %v, %v; want no user", u, err)
		}
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		yields := 0
		for u, err := range storeOf(t, emails...).All(ctx) {
			yields++
			if !errors.Is(err, context.Canceled) || u.Key() != "" {
				t.Errorf("All yielded %v, %v; want the zero User, context.Canceled", u, err)
			}
		}
		if yields != 1 {
			t.Errorf("All yielded %d times, want once", yields)
		}
	})
	t.Run("cancelled on the way", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		users, failures := 0, 0
		for _, err := range storeOf(t, emails...).All(ctx) {
			if err == nil {
				users++
			} else if failures++; !errors.Is(err, context.Canceled) {
				t.Errorf("All yielded %v, want context.Canceled", err)
			}
			cancel()
		}
		if users != 1 || failures != 1 {
			t.Errorf("All yielded %d users, %d errors; want 1, 1", users, failures)
		}
	})
	t.Run("broken off", func(t *testing.T) {
		store := storeOf(t, emails...)
		yields := 0
		for _, err := range store.All(t.Context()) {
			if yields++; err != nil {
				t.Errorf("All yielded %v, want nil", err)
			}
			break
		}
		if yields != 1 {
			t.Errorf("All yielded %d times, want once", yields)
		}
		// No lock is left behind.
		if err := store.Create(t.Context(), &signup.User{ID: "new", Email: "new@example.org"}); err != nil {
			t.Errorf("Create returned %v, want nil", err)
		}
	})
	t.Run("changed meanwhile", func(t *testing.T) {
		store := storeOf(t, emails...)
		yields := 0
		for u, err := range store.All(t.Context()) {
			if yields++; err != nil {
				t.Fatalf("All yielded %v, want nil", err)
			}
			for _, key := range keys {
				other, err := store.Get(t.Context(), key)
				if key == u.Key() || errors.Is(err, signup.ErrNotFound) {
					continue
				}
				if err := store.Delete(t.Context(), other); err != nil {
					t.Errorf("Delete returned %v, want nil", err)
				}
			}
		}
		if yields != 1 {
			t.Errorf("All yielded %d users, want 1: all others were deleted", yields)
		}
	})
	t.Run("what it gives is a copy", func(t *testing.T) {
		store := memstore.New()
		u := signup.User{ID: "id", Email: "a@example.org", PasswordHash: signup.Hash("hash"), Profile: map[string]string{"company": "x"}}
		if err := store.Create(t.Context(), &u); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
		for u := range store.All(t.Context()) {
			u.Profile["company"] = "y"
		}
		if stored, err := store.Get(t.Context(), "a@example.org"); err != nil || !stored.Equal(u) {
			t.Errorf("Get returned %v, %v; want the unchanged user %v, nil", stored, err, u)
		}
	})
}

func TestKeyRule(t *testing.T) {
	ctx := t.Context()
	if signup.EmailRule == "" || (signup.User{}).KeyRule() != signup.EmailRule || (signup.User{Email: "a@b.example"}).KeyRule() != signup.EmailRule {
		t.Errorf("a new user has the key rule %q, want %q, which is not empty", (signup.User{}).KeyRule(), signup.EmailRule)
	}
	a := newAccounts()
	u, err := a.Register(ctx, signup.Registration{Email: "Ada@example.org", Password: goodPassword})
	if err != nil || u.KeyRule() != signup.EmailRule || u.Key() != "ada@example.org" {
		t.Errorf("Register returned a user with the key %q, rule %q, %v; want ada@example.org, %q, nil", u.Key(), u.KeyRule(), err, signup.EmailRule)
	}

	const key = "ada lovelace at example.org"
	old := signup.User{ID: "id", Email: "Ada@Example.org"}
	old.SetKey(key, "old-rule")
	store := memstore.New()
	if err := store.Create(ctx, &old); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	if _, err := store.Get(ctx, "ada@example.org"); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("Get of a key that the store would have to make returned %v, want ErrNotFound", err)
	}
	check := func(what string, u signup.User, err error) {
		t.Helper()
		if err != nil || u.Key() != key || u.KeyRule() != "old-rule" {
			t.Errorf("%s: got the key %q, rule %q, %v; want %q, old-rule, nil", what, u.Key(), u.KeyRule(), err, key)
		}
	}
	read, err := store.Get(ctx, key)
	check("Get", read, err)
	read.FirstName = "Ada"
	check("Update", read, store.Update(ctx, &read))
	read, err = store.Get(ctx, key)
	check("Get after Update", read, err)
	for u, err := range store.All(ctx) {
		check("All", u, err)
	}

	moved := read
	moved.Email = "ADA@example.com"
	if moved.Key() != "ada@example.com" || moved.KeyRule() != signup.EmailRule {
		t.Errorf("with another address: got the key %q, rule %q; want ada@example.com, %q", moved.Key(), moved.KeyRule(), signup.EmailRule)
	}
	if err := store.Update(ctx, &moved); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("Update with another key returned %v, want ErrNotFound", err)
	}
	moved.Email = read.Email
	check("of the address that it had", moved, nil)
}
