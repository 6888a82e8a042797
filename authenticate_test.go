package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
	"golang.org/x/text/unicode/norm"
)

// The cost of a log-in and of a sign-up, for every outcome. TestCheckWork counts
// the cost of the stored hashes.
func TestEqualWork(t *testing.T) {
	ctx := t.Context()
	hasher := &countingHasher{Bcrypt: signup.Bcrypt{Cost: 7}}
	store := memstore.New()
	var gets, creates, updates int
	a := &signup.Accounts{Hasher: hasher, Store: fakestore.Store{
		OnCreate: func(ctx context.Context, u *signup.User) error { creates++; return store.Create(ctx, u) },
		OnGet:    func(ctx context.Context, key string) (signup.User, error) { gets++; return store.Get(ctx, key) },
		OnUpdate: func(ctx context.Context, u *signup.User) error { updates++; return store.Update(ctx, u) },
	}}
	hashed := func(hasher signup.Hasher, password string) signup.Hash {
		h, err := hasher.Hash(password)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		return h
	}
	const (
		wrong    = "wrong horse battery"
		accented = "caf\u00e9 horse battery"
		werkzeug = "pbkdf2:sha256:1000$jkeQb18X$0858880d8d9b1e8a52b4ff10762fbf715982fd37cad2c51c834a1d49f2f31a6f"
	)
	idOf := func(email string) string { return "id-of-" + strings.TrimSuffix(email, "@example.org") }
	for _, u := range []struct {
		email  string
		hash   signup.Hash
		active bool
	}{
		{"ada@example.org", hashed(hasher, goodPassword), true},
		{"accented@example.org", hashed(hasher, accented), true},
		{"inactive@example.org", hashed(hasher, goodPassword), false},
		{"nohash@example.org", "", true},
		{"old@example.org", hashed(signup.Bcrypt{Cost: 4}, goodPassword), true},
		{"old-inactive@example.org", hashed(signup.Bcrypt{Cost: 4}, goodPassword), false},
		{"werkzeug@example.org", signup.Hash(werkzeug), true},
		{"costly@example.org", hashed(signup.Bcrypt{Cost: 8}, goodPassword), true},
		{"planted@example.org", signup.Hash("scrypt:1073741824:8:1$salt$" + strings.Repeat("00", 64)), true},
		{"plain@example.org", signup.Hash("plain$$" + goodPassword), true},
	} {
		user := signup.User{ID: idOf(u.email), Email: u.email, PasswordHash: u.hash, Active: u.active}
		if err := store.Create(ctx, &user); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
	}

	bad := signup.ErrBadCredentials
	for _, c := range []struct {
		name, email, password string
		want                  error
		hashes, verifies      int64 // of the Hasher's present cost
		gets, updates         int
	}{
		{"right", "ada@example.org", goodPassword, nil, 0, 1, 2, 0},
		{"wrong password", "ada@example.org", wrong, bad, 0, 1, 1, 0},
		{"no password", "ada@example.org", "", bad, 0, 1, 1, 0},
		{"long password", "ada@example.org", strings.Repeat("x", 100), bad, 0, 1, 1, 0},
		{"password not UTF-8", "ada@example.org", "\xff", bad, 0, 1, 1, 0},
		{"far too long password", "ada@example.org", strings.Repeat("x", 4097), bad, 1, 0, 1, 0},
		{"right, in form D", "accented@example.org", norm.NFD.String(accented), nil, 0, 1, 2, 0},
		{"inactive", "inactive@example.org", goodPassword, bad, 0, 1, 1, 0},
		{"inactive, wrong password", "inactive@example.org", wrong, bad, 0, 1, 1, 0},
		{"unknown", "nobody@example.org", goodPassword, bad, 1, 0, 1, 0},
		{"unknown, no password", "nobody@example.org", "", bad, 1, 0, 1, 0},
		{"unknown, long password", "nobody@example.org", strings.Repeat("x", 100), bad, 1, 0, 1, 0},
		{"unknown, password in form D", "nobody@example.org", norm.NFD.String(accented), bad, 2, 0, 1, 0},
		// The client can see that it is no address, so the Store needn't be called.
		{"not an address", "nobody", goodPassword, bad, 1, 0, 0, 0},
		{"no address", "", goodPassword, bad, 1, 0, 0, 0},
		{"user without hash", "nohash@example.org", goodPassword, bad, 1, 0, 1, 0},
		// The rest of one hash is computed by bcrypt itself: see TestCheckWork.
		{"old hash, wrong password", "old@example.org", wrong, bad, 0, 0, 1, 0},
		{"old hash", "old@example.org", goodPassword, nil, 1, 0, 1, 1},
		{"old hash, replaced", "old@example.org", goodPassword, nil, 0, 1, 2, 0},
		{"old hash, inactive", "old-inactive@example.org", goodPassword, bad, 0, 0, 1, 0},
		{"old hash, inactive, wrong password", "old-inactive@example.org", wrong, bad, 0, 0, 1, 0},
		{"Werkzeug's, wrong password", "werkzeug@example.org", wrong, bad, 0, 0, 1, 0},
		{"Werkzeug's", "werkzeug@example.org", goodPassword, nil, 1, 0, 1, 1},
		{"planted hash, too costly", "planted@example.org", goodPassword, bad, 1, 0, 1, 0},
		{"the password itself as hash", "plain@example.org", goodPassword, bad, 1, 0, 1, 0},
		// A costlier hash takes its own time, and from then on every refusal does.
		{"costlier hash, wrong password", "costly@example.org", wrong, bad, 0, 0, 1, 0},
		{"costlier hash", "costly@example.org", goodPassword, nil, 1, 0, 1, 1},
	} {
		hasher.hashes.Store(0)
		hasher.verifies.Store(0)
		gets, creates, updates = 0, 0, 0
		u, err := a.Authenticate(ctx, c.email, c.password)
		t.Logf("Authenticate returned %v %+v %#v, %v %#v", u, u, u, err, err) // to be searched for secrets
		if !errors.Is(err, c.want) || (err == nil) != (u.ID == idOf(c.email)) {
			t.Errorf("%s: Authenticate returned %v, %v; want the user only without an error, and the error %v", c.name, u, err, c.want)
		}
		if hashes, verifies := hasher.hashes.Load(), hasher.verifies.Load(); hashes != c.hashes || verifies != c.verifies {
			t.Errorf("%s: got %d hashes, %d verifies; want %d, %d", c.name, hashes, verifies, c.hashes, c.verifies)
		}
		if gets != c.gets || updates != c.updates || creates != 0 {
			t.Errorf("%s: got %d gets, %d updates, %d creates; want %d, %d, 0", c.name, gets, updates, creates, c.gets, c.updates)
		}
	}

	for _, c := range []struct {
		name, email, password string
		want                  error
		hashes                int64
		creates               int
	}{
		{"new", "new@example.org", goodPassword, nil, 1, 1},
		{"taken", "ada@example.org", goodPassword, signup.ErrExists, 1, 1},
		{"taken, by an inactive user", "inactive@example.org", goodPassword, signup.ErrExists, 1, 1},
		{"taken, in other letters", "ADA@EXAMPLE.ORG", goodPassword, signup.ErrExists, 1, 1},
		// The error is in the request, and reveals nothing about any user.
		{"new, weak password", "weak@example.org", "weak", signup.ErrInvalid, 0, 0},
		{"taken, weak password", "ada@example.org", "weak", signup.ErrInvalid, 0, 0},
		{"not an address", "nobody", goodPassword, signup.ErrInvalid, 0, 0},
	} {
		hasher.hashes.Store(0)
		hasher.verifies.Store(0)
		gets, creates, updates = 0, 0, 0
		u, err := a.Register(ctx, signup.Registration{Email: c.email, Password: c.password})
		t.Logf("Register returned %v %+v %#v, %v %#v", u, u, u, err, err) // to be searched for secrets
		if !errors.Is(err, c.want) {
			t.Errorf("sign-up, %s: Register returned %v, want %v", c.name, err, c.want)
		}
		if hashes := hasher.hashes.Load(); hashes != c.hashes || hasher.verifies.Load() != 0 {
			t.Errorf("sign-up, %s: got %d hashes, %d verifies; want %d, 0", c.name, hashes, hasher.verifies.Load(), c.hashes)
		}
		wantGets := 0
		if c.want == signup.ErrExists {
			wantGets = 1 // whether the address is only held
		}
		if creates != c.creates || gets != wantGets || updates != 0 {
			t.Errorf("sign-up, %s: got %d creates, %d gets, %d updates; want %d, %d, 0", c.name, creates, gets, updates, c.creates, wantGets)
		}
	}
}

func TestRehash(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	var updated error
	a := &signup.Accounts{Hasher: signup.Bcrypt{Cost: 5}, Store: fakestore.Store{Store: store, OnUpdate: func(ctx context.Context, u *signup.User) error {
		if updated == nil {
			return store.Update(ctx, u)
		}
		return updated
	}}}
	old := signup.User{ID: "id-1", Email: "ada@example.org", Active: true}
	old.PasswordHash, _ = cheap.Hash("test")
	if err := store.Create(ctx, &old); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}

	updated = errors.New("store is down")
	u, err := a.Authenticate(ctx, old.Email, "test")
	if err != nil || !u.Equal(old) || u.Version != old.Version {
		t.Errorf("with a failing rehash: Authenticate returned %v, version %q, %v; want %v, version %q, nil", u, string(u.Version), err, old, string(old.Version))
	}

	updated = nil
	u, err = a.Authenticate(ctx, old.Email, "test")
	if err != nil || a.Hasher.NeedsRehash(u.PasswordHash) || !u.CheckPassword("test") || u.Version == old.Version {
		t.Errorf("Authenticate returned %v, version %q, a hash that needs a rehash: %t, %v; want a current hash of the password, a version other than %q, nil", u, string(u.Version), a.Hasher.NeedsRehash(u.PasswordHash), err, string(old.Version))
	}
	if stored, err := store.Get(ctx, old.Email); err != nil || !stored.Equal(u) || stored.Version != u.Version {
		t.Errorf("Get returned %v, version %q, %v; want %v, version %q, nil", stored, string(stored.Version), err, u, string(u.Version))
	}
}

// A rehash never undoes a change of password that was made in between, and the old
// password doesn't log in any more.
func TestRehashLosesToChange(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	old := signup.User{ID: "id-1", Email: "ada@example.org", Active: true}
	old.PasswordHash, _ = cheap.Hash("test")
	if err := store.Create(ctx, &old); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	a := &signup.Accounts{Hasher: signup.Bcrypt{Cost: 5}, Store: fakestore.Store{Store: store, OnGet: func(ctx context.Context, key string) (signup.User, error) {
		read, err := store.Get(ctx, key)
		changed := read
		changed.PasswordHash, _ = cheap.Hash("changed")
		if err := store.Update(ctx, &changed); err != nil {
			t.Errorf("Update returned %v, want nil", err)
		}
		return read, err
	}}}
	if _, err := a.Authenticate(ctx, old.Email, "test"); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("Authenticate returned %v, want ErrBadCredentials", err)
	}
	if stored, err := store.Get(ctx, old.Email); err != nil || !stored.CheckPassword("changed") {
		t.Errorf("Get returned a user with the changed password: %t, %v; want true, nil", stored.CheckPassword("changed"), err)
	}
}
