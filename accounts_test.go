package signup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"golang.org/x/text/unicode/norm"
)

// A countingHasher counts what calls cost: each Hash, and each Verify of what it
// makes today, is one hash.
type countingHasher struct {
	signup.Bcrypt
	hashes, verifies atomic.Int64
}

func (c *countingHasher) Hash(password string) (signup.Hash, error) {
	c.hashes.Add(1)
	return c.Bcrypt.Hash(password)
}

func (c *countingHasher) Verify(h signup.Hash, password string) bool {
	if !c.NeedsRehash(h) {
		c.verifies.Add(1)
	}
	return c.Bcrypt.Verify(h, password)
}

// A fakeStore is a memstore but for the methods that are set.
type fakeStore struct {
	signup.Store
	create func(context.Context, *signup.User) error
	get    func(context.Context, string) (signup.User, error)
	update func(context.Context, *signup.User) error
}

func (s fakeStore) Create(ctx context.Context, u *signup.User) error {
	if s.create != nil {
		return s.create(ctx, u)
	}
	return s.Store.Create(ctx, u)
}

func (s fakeStore) Get(ctx context.Context, key string) (signup.User, error) {
	if s.get != nil {
		return s.get(ctx, key)
	}
	return s.Store.Get(ctx, key)
}

func (s fakeStore) Update(ctx context.Context, u *signup.User) error {
	if s.update != nil {
		return s.update(ctx, u)
	}
	return s.Store.Update(ctx, u)
}

func newAccounts() *signup.Accounts {
	return &signup.Accounts{Store: memstore.New(), Hasher: cheap}
}

const goodPassword = "correct horse battery"

func TestRegister(t *testing.T) {
	ctx := t.Context()
	a := newAccounts()
	a.Fields = []signup.ProfileField{{Name: "company"}, {Name: "locale"}}
	profile := map[string]string{"company": "Analytical Engines", "locale": "", "admin": "yes"}
	before := time.Now().Truncate(time.Millisecond)
	u, err := a.Register(ctx, signup.Registration{
		Email: "Ada@Example.org", Password: goodPassword, FirstName: "Ada", LastName: "Lovelace", Profile: profile,
	})
	if err != nil {
		t.Fatal(err)
	}
	if u.Email != "Ada@Example.org" || u.Key() != "ada@example.org" || u.FirstName != "Ada" || u.LastName != "Lovelace" ||
		!u.Active || len(u.ID) < 22 || strings.Contains(u.ID, "ada") || u.Version == "" ||
		!reflect.DeepEqual(u.Profile, map[string]string{"company": "Analytical Engines"}) {
		t.Errorf("registered %#v", u)
	}
	if u.CreatedAt.Before(before) || u.CreatedAt.After(time.Now()) || u.CreatedAt.Location() != time.UTC ||
		u.CreatedAt.Nanosecond()%1e6 != 0 || u.UpdatedAt != u.CreatedAt {
		t.Errorf("created at %s, updated at %s", u.CreatedAt, u.UpdatedAt)
	}
	if !u.CheckPassword(goodPassword) || u.CheckPassword(goodPassword+"!") {
		t.Error("the hash is of another password")
	}
	profile["company"] = "X"
	stored, err := a.Store.Get(ctx, "ada@example.org")
	if err != nil || !stored.Equal(u) || stored.Profile["company"] != "Analytical Engines" {
		t.Errorf("stored is %v, %v", stored, err)
	}
	other, err := a.Register(ctx, signup.Registration{Email: "b@example.org", Password: goodPassword})
	if err != nil || other.ID == u.ID {
		t.Errorf("the next ID is %s, %v", other.ID, err)
	}
	_, err = a.Register(ctx, signup.Registration{Email: "ADA@example.org", Password: goodPassword})
	if !errors.Is(err, signup.ErrExists) {
		t.Errorf("a duplicate: %v", err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	a := newAccounts()
	long := strings.Repeat("x", 1025)
	a.Fields = []signup.ProfileField{
		{Name: "company", Required: true},
		{Name: "locale", Validate: func(_ context.Context, v string) error {
			switch v {
			case "en":
				return nil
			case "xx":
				return fmt.Errorf("wrapped: %w", signup.FieldError{Code: "unknown", Message: "No such language."})
			}
			return errors.New("inner text")
		}},
	}
	company := map[string]string{"company": "x"}
	for _, c := range []struct {
		name string
		r    signup.Registration
		want string
	}{
		{"nothing", signup.Registration{}, "email_address: required, password: required, company: required"},
		{"no password", signup.Registration{Email: "a@b.co", Profile: company}, "password: required"},
		{"bad address", signup.Registration{Email: "nobody", Password: goodPassword, Profile: company}, "email_address: invalid"},
		{"long address", signup.Registration{Email: long, Password: goodPassword, Profile: company}, "email_address: too_long"},
		{"short password", signup.Registration{Email: "a@b.co", Password: "test", Profile: company}, "password: too_short"},
		{"password not UTF-8", signup.Registration{Email: "a@b.co", Password: goodPassword + "\xff", Profile: company}, "password: invalid"},
		{"far too long password", signup.Registration{Email: "a@b.co", Password: strings.Repeat("x", 4097), Profile: company}, "password: too_long"},
		{"own address", signup.Registration{Email: "ada.lovelace@example.org", Password: "ADA.LOVELACE@example.org", Profile: company}, "password: guessable"},
		{"names", signup.Registration{Email: "a@b.co", Password: goodPassword, Profile: company,
			FirstName: "Ada\r\nBcc: x@example.org", LastName: strings.Repeat("ü", 256)}, "first_name: invalid, last_name: too_long"},
		{"name not UTF-8", signup.Registration{Email: "a@b.co", Password: goodPassword, Profile: company, FirstName: "\xff"}, "first_name: invalid"},
		{"declared", signup.Registration{Email: "a@b.co", Password: goodPassword,
			Profile: map[string]string{"company": long, "locale": "de"}}, "company: too_long, locale: invalid"},
		{"declared, in its own words", signup.Registration{Email: "a@b.co", Password: goodPassword,
			Profile: map[string]string{"company": "x", "locale": "xx"}}, "locale: unknown"},
		{"in order", signup.Registration{Email: "nobody", Password: "test", FirstName: "\x00"},
			"email_address: invalid, password: too_short, first_name: invalid, company: required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := a.Register(t.Context(), c.r)
			t.Logf("%v %#v", err, err) // to be searched for secrets
			if !errors.Is(err, signup.ErrInvalid) || !reflect.DeepEqual(u, signup.User{}) {
				t.Fatalf("%v, %v", u, err)
			}
			if want := "signup: invalid " + c.want; err.Error() != want {
				t.Errorf("%q, want %q", err, want)
			}
			var v *signup.ValidationError
			if !errors.As(err, &v) || len(v.Fields) == 0 {
				t.Fatalf("%T", err)
			}
			if text := fmt.Sprintf("%+v %#v %#v", err, err, v.Fields); strings.Contains(text, v.Fields[0].Message) {
				t.Errorf("what was typed may be in %s", text)
			}
			for _, f := range v.Fields {
				if f.Message == "" || strings.Contains(f.Message, "inner text") ||
					c.r.Password != "" && strings.Contains(f.Message, c.r.Password) {
					t.Errorf("the message of %s is %q", f.Field, f.Message)
				}
			}
		})
	}
}

type policyFunc func(ctx context.Context, password string, u signup.User) error

func (f policyFunc) Check(ctx context.Context, password string, u signup.User) error {
	return f(ctx, password, u)
}

func TestRegisterPolicyErrors(t *testing.T) {
	inner := errors.New("inner")
	// What is wrong with the rest is told even so.
	a := newAccounts()
	a.Policy = policyFunc(func(context.Context, string, signup.User) error { return inner })
	if _, err := a.Register(t.Context(), signup.Registration{Email: "nobody", Password: goodPassword}); !errors.Is(err, signup.ErrInvalid) || errors.Is(err, inner) {
		t.Errorf("another field is invalid: %v", err)
	}
	for _, c := range []struct {
		name     string
		err      error
		is       error
		contains string
	}{
		{"a FieldError", signup.FieldError{Field: "password", Code: "own", Message: "m"}, signup.ErrInvalid, "password: own"},
		{"an ErrInvalid", fmt.Errorf("x: %w", signup.ErrInvalid), signup.ErrInvalid, "password: invalid"},
		{"a failure", inner, inner, "password policy: inner"},
	} {
		a := newAccounts()
		a.Policy = policyFunc(func(_ context.Context, password string, u signup.User) error {
			if password != "test" || u.Key() != "a@b.co" || u.FirstName != "Ada" {
				t.Errorf("the policy was asked about %v", u)
			}
			return c.err
		})
		_, err := a.Register(t.Context(), signup.Registration{Email: "a@b.co", Password: "test", FirstName: "Ada"})
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.contains) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// What a log-in and a sign-up cost, whatever becomes of them. The cost of the
// stored hashes is counted in TestCheckWork.
func TestEqualWork(t *testing.T) {
	ctx := t.Context()
	hasher := &countingHasher{Bcrypt: signup.Bcrypt{Cost: 5}}
	store := memstore.New()
	var gets, creates, updates int
	a := &signup.Accounts{Hasher: hasher, Store: fakeStore{
		create: func(ctx context.Context, u *signup.User) error { creates++; return store.Create(ctx, u) },
		get:    func(ctx context.Context, key string) (signup.User, error) { gets++; return store.Get(ctx, key) },
		update: func(ctx context.Context, u *signup.User) error { updates++; return store.Update(ctx, u) },
	}}
	hashed := func(hasher signup.Hasher, password string) signup.Hash {
		h, err := hasher.Hash(password)
		if err != nil {
			t.Fatal(err)
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
		{"costly@example.org", hashed(signup.Bcrypt{Cost: 6}, goodPassword), true},
		{"planted@example.org", signup.Hash("scrypt:1073741824:8:1$salt$" + strings.Repeat("00", 64)), true},
		{"plain@example.org", signup.Hash("plain$$" + goodPassword), true},
	} {
		user := signup.User{ID: idOf(u.email), Email: u.email, PasswordHash: u.hash, Active: u.active}
		if err := store.Create(ctx, &user); err != nil {
			t.Fatal(err)
		}
	}

	bad := signup.ErrBadCredentials
	for _, c := range []struct {
		name, email, password string
		want                  error
		hashes, verifies      int64 // of the Hasher's present cost
		gets, updates         int
	}{
		{"right", "ada@example.org", goodPassword, nil, 0, 1, 1, 0},
		{"wrong password", "ada@example.org", wrong, bad, 0, 1, 1, 0},
		{"no password", "ada@example.org", "", bad, 0, 1, 1, 0},
		{"long password", "ada@example.org", strings.Repeat("x", 100), bad, 0, 1, 1, 0},
		{"password not UTF-8", "ada@example.org", "\xff", bad, 0, 1, 1, 0},
		{"far too long password", "ada@example.org", strings.Repeat("x", 4097), bad, 1, 0, 1, 0},
		{"right, in form D", "accented@example.org", norm.NFD.String(accented), nil, 0, 1, 1, 0},
		{"inactive", "inactive@example.org", goodPassword, bad, 0, 1, 1, 0},
		{"inactive, wrong password", "inactive@example.org", wrong, bad, 0, 1, 1, 0},
		{"unknown", "nobody@example.org", goodPassword, bad, 1, 0, 1, 0},
		{"unknown, no password", "nobody@example.org", "", bad, 1, 0, 1, 0},
		{"unknown, long password", "nobody@example.org", strings.Repeat("x", 100), bad, 1, 0, 1, 0},
		{"unknown, password in form D", "nobody@example.org", norm.NFD.String(accented), bad, 1, 0, 1, 0},
		// Anybody can see that it is none, so the Store needn't be asked.
		{"not an address", "nobody", goodPassword, bad, 1, 0, 0, 0},
		{"no address", "", goodPassword, bad, 1, 0, 0, 0},
		{"user without hash", "nohash@example.org", goodPassword, bad, 1, 0, 1, 0},
		// What is missing to one hash is bcrypt's own: see TestCheckWork.
		{"old hash, wrong password", "old@example.org", wrong, bad, 0, 0, 1, 0},
		{"old hash", "old@example.org", goodPassword, nil, 1, 0, 1, 1},
		{"old hash, replaced", "old@example.org", goodPassword, nil, 0, 1, 1, 0},
		{"old hash, inactive", "old-inactive@example.org", goodPassword, bad, 0, 0, 1, 0},
		{"old hash, inactive, wrong password", "old-inactive@example.org", wrong, bad, 0, 0, 1, 0},
		{"Werkzeug's, wrong password", "werkzeug@example.org", wrong, bad, 0, 0, 1, 0},
		{"Werkzeug's", "werkzeug@example.org", goodPassword, nil, 1, 0, 1, 1},
		// A costlier hash takes its own time; nothing is added to it.
		{"costlier hash, wrong password", "costly@example.org", wrong, bad, 0, 0, 1, 0},
		{"costlier hash", "costly@example.org", goodPassword, nil, 1, 0, 1, 1},
		{"planted hash, too costly", "planted@example.org", goodPassword, bad, 1, 0, 1, 0},
		{"the password itself as hash", "plain@example.org", goodPassword, bad, 1, 0, 1, 0},
	} {
		hasher.hashes.Store(0)
		hasher.verifies.Store(0)
		gets, creates, updates = 0, 0, 0
		u, err := a.Authenticate(ctx, c.email, c.password)
		t.Logf("%v %+v %#v %v %#v", u, u, u, err, err) // to be searched for secrets
		if !errors.Is(err, c.want) || (err == nil) != (u.ID == idOf(c.email)) {
			t.Errorf("%s: %v, %v", c.name, u, err)
		}
		if hashes, verifies := hasher.hashes.Load(), hasher.verifies.Load(); hashes != c.hashes || verifies != c.verifies {
			t.Errorf("%s: %d hashes, %d verifies; want %d, %d", c.name, hashes, verifies, c.hashes, c.verifies)
		}
		if gets != c.gets || updates != c.updates || creates != 0 {
			t.Errorf("%s: %d gets, %d updates, %d creates; want %d, %d, 0", c.name, gets, updates, creates, c.gets, c.updates)
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
		// What is wrong is in the request, and says nothing of any user.
		{"new, weak password", "weak@example.org", "weak", signup.ErrInvalid, 0, 0},
		{"taken, weak password", "ada@example.org", "weak", signup.ErrInvalid, 0, 0},
		{"not an address", "nobody", goodPassword, signup.ErrInvalid, 0, 0},
	} {
		hasher.hashes.Store(0)
		hasher.verifies.Store(0)
		gets, creates, updates = 0, 0, 0
		u, err := a.Register(ctx, signup.Registration{Email: c.email, Password: c.password})
		t.Logf("%v %+v %#v %v %#v", u, u, u, err, err) // to be searched for secrets
		if !errors.Is(err, c.want) {
			t.Errorf("sign-up, %s: %v", c.name, err)
		}
		if hashes := hasher.hashes.Load(); hashes != c.hashes || hasher.verifies.Load() != 0 {
			t.Errorf("sign-up, %s: %d hashes, %d verifies; want %d, 0", c.name, hashes, hasher.verifies.Load(), c.hashes)
		}
		if creates != c.creates || gets != 0 || updates != 0 {
			t.Errorf("sign-up, %s: %d creates, %d gets, %d updates; want %d, 0, 0", c.name, creates, gets, updates, c.creates)
		}
	}
}

func TestRehash(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	var updated error
	a := &signup.Accounts{Hasher: signup.Bcrypt{Cost: 5}, Store: fakeStore{Store: store, update: func(ctx context.Context, u *signup.User) error {
		if updated == nil {
			return store.Update(ctx, u)
		}
		return updated
	}}}
	old := signup.User{ID: "id-1", Email: "ada@example.org", Active: true}
	old.PasswordHash, _ = cheap.Hash("test")
	if err := store.Create(ctx, &old); err != nil {
		t.Fatal(err)
	}

	updated = errors.New("store is down")
	u, err := a.Authenticate(ctx, old.Email, "test")
	if err != nil || !u.Equal(old) || u.Version != old.Version {
		t.Errorf("with a failing rehash: %v, %v", u, err)
	}

	updated = nil
	u, err = a.Authenticate(ctx, old.Email, "test")
	if err != nil || a.Hasher.NeedsRehash(u.PasswordHash) || !u.CheckPassword("test") || u.Version == old.Version {
		t.Errorf("%v, %v", u, err)
	}
	if stored, err := store.Get(ctx, old.Email); err != nil || !stored.Equal(u) || stored.Version != u.Version {
		t.Errorf("stored is %v, %v", stored, err)
	}
}

// A rehash never undoes a change of password that came between.
func TestRehashLosesToChange(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	old := signup.User{ID: "id-1", Email: "ada@example.org", Active: true}
	old.PasswordHash, _ = cheap.Hash("test")
	if err := store.Create(ctx, &old); err != nil {
		t.Fatal(err)
	}
	a := &signup.Accounts{Hasher: signup.Bcrypt{Cost: 5}, Store: fakeStore{Store: store, get: func(ctx context.Context, key string) (signup.User, error) {
		read, err := store.Get(ctx, key)
		changed := read
		changed.PasswordHash, _ = cheap.Hash("changed")
		if err := store.Update(ctx, &changed); err != nil {
			t.Error(err)
		}
		return read, err
	}}}
	if _, err := a.Authenticate(ctx, old.Email, "test"); err != nil {
		t.Error(err)
	}
	if stored, err := store.Get(ctx, old.Email); err != nil || !stored.CheckPassword("changed") {
		t.Errorf("the change of password is lost; %v", err)
	}
}

// A password is counted in characters and kept whole, however many bytes it
// takes, and is the same from every keyboard.
func TestPasswordText(t *testing.T) {
	long := strings.Repeat("𝔸", 63)
	for _, c := range []struct {
		name, password string
		same, others   []string
	}{
		{"64 code points of four bytes", long + "🔑", nil, []string{long + "🔒", long, long + "🔑🔑"}},
		{"composed", "Çà et là, le naïf œuvre", []string{norm.NFD.String("Çà et là, le naïf œuvre")}, []string{"Ca et la, le naif œuvre"}},
		{"decomposed", norm.NFD.String("Çà et là, le naïf œuvre"), []string{"Çà et là, le naïf œuvre"}, nil},
		{"Hangul", "비밀번호는아주길어야한다고들었다", []string{norm.NFD.String("비밀번호는아주길어야한다고들었다")}, nil},
		// NFC, not NFKC: what looks alike may stay apart.
		{"ligature", "a ﬁne and long password", nil, []string{"a fine and long password"}},
		{"space", "  a password with spaces  ", nil, []string{"a password with spaces", "  a password with spaces"}},
	} {
		for _, hasher := range []signup.Hasher{cheap, cheapArgon2id} {
			a := &signup.Accounts{Store: memstore.New(), Hasher: hasher}
			if _, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: c.password}); err != nil {
				t.Errorf("%s, %T: %v", c.name, hasher, err)
				continue
			}
			for _, same := range append(c.same, c.password) {
				if _, err := a.Authenticate(t.Context(), "ada@example.org", same); err != nil {
					t.Errorf("%s, %T: log-in with %+q: %v", c.name, hasher, same, err)
				}
			}
			for _, other := range c.others {
				if _, err := a.Authenticate(t.Context(), "ada@example.org", other); !errors.Is(err, signup.ErrBadCredentials) {
					t.Errorf("%s, %T: log-in with %+q: %v", c.name, hasher, other, err)
				}
			}
		}
	}
}

// Who is turned away costs nothing: neither policy nor Store is asked.
func TestBusyBeforeAnyWork(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	var once sync.Once
	a := &signup.Accounts{
		Hasher:     hookedHasher{hook: func() { once.Do(func() { close(started); <-finish }) }},
		HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Nanosecond},
	}
	store := memstore.New()
	a.Store = fakeStore{
		create: func(ctx context.Context, u *signup.User) error {
			if u.Email != "a@b.co" {
				t.Errorf("%s is created", u.ID)
			}
			return store.Create(ctx, u)
		},
		get: func(context.Context, string) (signup.User, error) {
			t.Error("a user is read")
			return signup.User{}, signup.ErrNotFound
		},
	}
	a.Policy = policyFunc(func(_ context.Context, _ string, u signup.User) error {
		if u.Email != "a@b.co" {
			t.Error("the policy is asked")
		}
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := a.Register(t.Context(), signup.Registration{Email: "a@b.co", Password: goodPassword}); err != nil {
			t.Error(err)
		}
	})
	<-started
	if _, err := a.Register(t.Context(), signup.Registration{Email: "b@b.co", Password: "x"}); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("Register: %v", err)
	}
	if _, err := a.Authenticate(t.Context(), "b@b.co", "x"); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("Authenticate: %v", err)
	}
	close(finish)
	wg.Wait()
}

// A sleepyHasher takes the time that a hash of bcrypt's cost 12 is assumed to take.
type sleepyHasher struct{ plainHasher }

const asleep = 60 * time.Microsecond << 12

func (sleepyHasher) Hash(password string) (signup.Hash, error) {
	time.Sleep(asleep)
	return signup.Hash("plain:"), nil
}

// A hundred who sign up in a loop, and wait when they are told that it is busy,
// all get on.
func TestRegisterIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, atOnce, long = 100, 2, time.Hour
		a := &signup.Accounts{Store: memstore.New(), Hasher: sleepyHasher{}, HashLimits: signup.HashLimits{MaxConcurrent: atOnce}}
		ctx, cancel := context.WithTimeout(t.Context(), long)
		defer cancel()
		var done [callers]int
		for i := range callers {
			go func() {
				for ctx.Err() == nil {
					r := signup.Registration{Email: fmt.Sprintf("user%d.%d@example.org", i, done[i]), Password: goodPassword}
					switch _, err := a.Register(ctx, r); {
					case err == nil:
						done[i]++
					case errors.Is(err, signup.ErrBusy):
						time.Sleep(rand.N(4 * time.Second))
					case ctx.Err() == nil:
						t.Error(err)
					}
				}
			}()
		}
		time.Sleep(long + time.Minute)
		synctest.Wait()
		sum, least, most := 0, done[0], done[0]
		for _, n := range done {
			sum, least, most = sum+n, min(least, n), max(most, n)
		}
		mean := sum / callers
		t.Logf("each of %d got %d to %d sign-ups, %d in the mean", callers, least, most, mean)
		if capacity := int(long / asleep * atOnce); sum < capacity*9/10 {
			t.Errorf("%d sign-ups of %d", sum, capacity)
		}
		if least < mean*3/4 || most > mean*5/4 {
			t.Errorf("from %d to %d sign-ups, %d in the mean", least, most, mean)
		}
	})
}

func TestStoreFailures(t *testing.T) {
	down := errors.New("store is down")
	a := newAccounts()
	a.Store = fakeStore{
		create: func(context.Context, *signup.User) error { return down },
		get:    func(context.Context, string) (signup.User, error) { return signup.User{}, down },
	}
	if _, err := a.Register(t.Context(), signup.Registration{Email: "a@b.co", Password: goodPassword}); !errors.Is(err, down) {
		t.Errorf("Register: %v", err)
	}
	if _, err := a.Authenticate(t.Context(), "a@b.co", goodPassword); !errors.Is(err, down) || errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("Authenticate: %v", err)
	}
}

type idleHasher struct{ signup.Bcrypt }

func (idleHasher) Work() signup.Work { return signup.Work{} }

func TestMisconfiguredAccounts(t *testing.T) {
	field := func(names ...string) (fields []signup.ProfileField) {
		for _, name := range names {
			fields = append(fields, signup.ProfileField{Name: name})
		}
		return fields
	}
	for _, c := range []struct {
		want string
		a    *signup.Accounts
	}{
		{"Store is nil", &signup.Accounts{}},
		{"does no work", &signup.Accounts{Store: memstore.New(), Hasher: idleHasher{}}},
		{"MaxConcurrent is negative", &signup.Accounts{Store: memstore.New(), HashLimits: signup.HashLimits{MaxConcurrent: -1}}},
		{"MaxWait is negative", &signup.Accounts{Store: memstore.New(), HashLimits: signup.HashLimits{MaxWait: -1}}},
		{"MaxStoredWork is less than one hash", &signup.Accounts{Store: memstore.New(), HashLimits: signup.HashLimits{MaxStoredWork: signup.Work{Rounds: 1<<12 - 1}}}},
		{"MaxStoredWork is less than one hash", &signup.Accounts{
			Store: memstore.New(), Hasher: signup.Argon2id{}, HashLimits: signup.HashLimits{MaxStoredWork: signup.Work{Memory: 19<<20 - 1}},
		}},
		{"MaxMemory is less than one hash", &signup.Accounts{
			Store: memstore.New(), Hasher: signup.Argon2id{Memory: 64 << 10}, HashLimits: signup.HashLimits{MaxMemory: 64<<20 - 1},
		}},
		{`Fields[0]: ""`, &signup.Accounts{Store: memstore.New(), Fields: field("")}},
		{`Fields[1]: "a.b"`, &signup.Accounts{Store: memstore.New(), Fields: field("a", "a.b")}},
		{`Fields[0]: "1a"`, &signup.Accounts{Store: memstore.New(), Fields: field("1a")}},
		{`Fields[0]: the name "password" is taken`, &signup.Accounts{Store: memstore.New(), Fields: field("password")}},
		{`Fields[1]: the name "a" is taken`, &signup.Accounts{Store: memstore.New(), Fields: field("a", "a")}},
	} {
		_, err := c.a.Register(t.Context(), signup.Registration{Email: "a@b.co", Password: goodPassword})
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, signup.ErrInvalid) {
			t.Errorf("Register: %v, want %q in it", err, c.want)
		}
		if _, err := c.a.Authenticate(t.Context(), "a@b.co", goodPassword); err == nil || errors.Is(err, signup.ErrBadCredentials) {
			t.Errorf("Authenticate: %v", err)
		}
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), c.want) {
					t.Errorf("NewHandler panics with %v, want %q in it", v, c.want)
				}
			}()
			signup.NewHandler(c.a, nil)
		}()
	}
}

// 10,000 sign-ups at once for 100 addresses: 100 winners, whose passwords are
// those that log in. One that is refused as busy is tried again.
func TestCrowd(t *testing.T) {
	ctx := t.Context()
	const callers, addresses = 10_000, 100
	a := newAccounts()
	var wg sync.WaitGroup
	var busy atomic.Int64
	winners := make([]atomic.Int64, addresses) // the caller that won, from 1 on
	for i := range callers {
		wg.Go(func() {
			r := signup.Registration{
				Email:    fmt.Sprintf("user%d@example.org", i%addresses),
				Password: fmt.Sprintf("the password of %d", i),
			}
			if i/addresses%2 == 1 {
				r.Email = strings.ToUpper(r.Email)
			}
			for {
				switch _, err := a.Register(ctx, r); {
				case errors.Is(err, signup.ErrBusy):
					busy.Add(1)
					time.Sleep(rand.N(2 * time.Second))
					continue
				case err == nil:
					if !winners[i%addresses].CompareAndSwap(0, int64(i+1)) {
						t.Errorf("%s was registered twice", r.Email)
					}
				case !errors.Is(err, signup.ErrExists):
					t.Errorf("%s: %v", r.Email, err)
				}
				return
			}
		})
	}
	wg.Wait()
	for n := range winners {
		winner := winners[n].Load() - 1
		if winner < 0 {
			t.Errorf("nobody won user%d", n)
			continue
		}
		if _, err := a.Authenticate(ctx, fmt.Sprintf("user%d@example.org", n), fmt.Sprintf("the password of %d", winner)); err != nil {
			t.Errorf("the winner of user%d can't log in: %v", n, err)
		}
	}
	t.Logf("%d sign-ups, %d winners; refused as busy and tried again: %d times", callers, addresses, busy.Load())
}
