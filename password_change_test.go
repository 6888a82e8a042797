package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
	"golang.org/x/text/unicode/norm"
)

const newPassword = "another correct horse"

// passwordCalls are the two calls that set a stored user's password to newPassword.
var passwordCalls = []struct {
	name string
	call func(ctx context.Context, a *signup.Accounts, email, password string) (signup.User, error)
}{
	{"SetPassword", func(ctx context.Context, a *signup.Accounts, email, password string) (signup.User, error) {
		return a.SetPassword(ctx, email, password)
	}},
	{"ChangePassword", func(ctx context.Context, a *signup.Accounts, email, password string) (signup.User, error) {
		return a.ChangePassword(ctx, email, goodPassword, password)
	}},
}

// hashBy returns a hash of password by h.
func hashBy(t testing.TB, h signup.Hasher, password string) signup.Hash {
	t.Helper()
	hash, err := h.Hash(password)
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	return hash
}

// createAda stores an active user with goodPassword and returns it as stored, with
// what change has changed.
func createAda(t testing.TB, store signup.Store, change func(*signup.User)) signup.User {
	t.Helper()
	u := signup.User{
		ID: "ada", Email: adaEmail, FirstName: "Ada", LastName: "Lovelace", Active: true,
		PasswordHash: hashBy(t, cheap, goodPassword), SecurityStamp: "stamp-1", Private: "private-1",
		CreatedAt: time.Date(2014, 1, 2, 3, 4, 5, 0, time.UTC), UpdatedAt: time.Date(2014, 1, 2, 3, 4, 5, 0, time.UTC),
		Profile: map[string]string{"company": "Analytical Engines"},
	}
	if change != nil {
		change(&u)
	}
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	return getUser(t, store, u.Key())
}

func getUser(t testing.TB, store signup.Store, key string) signup.User {
	t.Helper()
	u, err := store.Get(context.Background(), key)
	if err != nil {
		t.Fatalf("Get returned %v, want nil", err)
	}
	return u
}

// checkNoSecrets reports an error that shows a password, a hash or an address.
func checkNoSecrets(t testing.TB, err error) {
	t.Helper()
	t.Logf("%v %+v %#v", err, err, err) // to be searched for secrets
	if err == nil {
		return
	}
	for _, secret := range []string{"horse", "$2a$", "$hmac", "xample", "stamp-1", "private-1"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("got the error %q, want no %q in it", err, secret)
		}
	}
}

// A success changes the hash, the stamp and UpdatedAt, and nothing else.
func TestPasswordCalls(t *testing.T) {
	for _, c := range passwordCalls {
		t.Run(c.name, func(t *testing.T) {
			log := captureDefaultLog(t)
			a := newAccounts()
			before := createAda(t, a.Store, nil)
			start := time.Now().Truncate(time.Millisecond)
			u, err := c.call(t.Context(), a, "ADA@example.org", newPassword)
			if err != nil {
				t.Fatalf("got %v, want nil", err)
			}
			if stored := getUser(t, a.Store, before.Key()); !stored.Equal(u) || stored.Version != u.Version || u.Version == before.Version {
				t.Errorf("got %+v, version %q; want the user as stored, %+v, version %q", u, string(u.Version), stored, string(stored.Version))
			}
			if !u.CheckPassword(newPassword) || u.CheckPassword(goodPassword) || cheap.NeedsRehash(u.PasswordHash) {
				t.Error("got a hash of another password or Hasher, want one of the new password by the Hasher")
			}
			if u.SecurityStamp == before.SecurityStamp || len(u.SecurityStamp) < 22 {
				t.Errorf("got the stamp %q, want a new random one", u.SecurityStamp)
			}
			if u.UpdatedAt.Before(start) || u.UpdatedAt.After(time.Now()) || u.UpdatedAt.Nanosecond()%1e6 != 0 {
				t.Errorf("got UpdatedAt %s, want the present time, to the millisecond", u.UpdatedAt)
			}
			before.PasswordHash, before.SecurityStamp, before.UpdatedAt = u.PasswordHash, u.SecurityStamp, u.UpdatedAt
			if !u.Equal(before) {
				t.Errorf("got other changes than hash, stamp and UpdatedAt: %#v; want none", u)
			}
			if _, err := a.Authenticate(t.Context(), adaEmail, newPassword); err != nil {
				t.Errorf("Authenticate with the new password returned %v, want nil", err)
			}
			if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); !errors.Is(err, signup.ErrBadCredentials) {
				t.Errorf("Authenticate with the old password returned %v, want ErrBadCredentials", err)
			}
			if again := getUser(t, a.Store, u.Key()); again.SecurityStamp != u.SecurityStamp {
				t.Errorf("got the stamp %q after log-ins, want %q", again.SecurityStamp, u.SecurityStamp)
			}
			if text := log.String(); text != "" {
				t.Errorf("got the log %q, want none", text)
			}
		})
	}
}

func TestPasswordCallsNormalize(t *testing.T) {
	const composed = "caf\u00e9 correct horse"
	decomposed := norm.NFD.String(composed)
	for _, c := range passwordCalls {
		a := newAccounts()
		createAda(t, a.Store, nil)
		u, err := c.call(t.Context(), a, adaEmail, decomposed)
		if err != nil || !cheap.Verify(u.PasswordHash, composed) {
			t.Errorf("%s returned a hash of the form C: %t, %v; want true, nil", c.name, cheap.Verify(u.PasswordHash, composed), err)
		}
		for _, typed := range []string{composed, decomposed} {
			if _, err := a.Authenticate(t.Context(), adaEmail, typed); err != nil {
				t.Errorf("%s: Authenticate with %+q returned %v, want nil", c.name, typed, err)
			}
		}
		if _, err := a.ChangePassword(t.Context(), adaEmail, composed, decomposed); !isRefused(err, signup.CodeUnchanged) {
			t.Errorf("ChangePassword to the same text in form D returned %v, want the code %s", err, signup.CodeUnchanged)
		}
		if _, err := a.ChangePassword(t.Context(), adaEmail, decomposed, goodPassword); err != nil {
			t.Errorf("ChangePassword with the old password in form D returned %v, want nil", err)
		}
	}
}

// isRefused reports whether err refuses the password alone, with code.
func isRefused(err error, code string) bool {
	e, ok := errors.AsType[*signup.ValidationError](err)
	return ok && errors.Is(err, signup.ErrInvalid) && len(e.Fields) == 1 &&
		e.Fields[0].Field == signup.FieldPassword && e.Fields[0].Code == code && e.Fields[0].Message != ""
}

// A countingPolicy counts its calls. Its local rules are NIST's, and the other
// service knows "compromised correct horse" and fails for "unknown correct horse".
type countingPolicy struct {
	local, remote int
	down          error
}

func (p *countingPolicy) CheckLocal(ctx context.Context, password string, u signup.User) error {
	p.local++
	if password == u.Profile["company"] {
		return signup.FieldError{Field: signup.FieldPassword, Code: "company", Message: "No."}
	}
	return signup.NIST{}.CheckLocal(ctx, password, u)
}

func (p *countingPolicy) Check(_ context.Context, password string, _ signup.User) error {
	p.remote++
	switch password {
	case "compromised correct horse":
		return signup.FieldError{Field: signup.FieldPassword, Code: signup.CodeCompromised, Message: "No."}
	case "unknown correct horse":
		return p.down
	}
	return nil
}

// The cost of each outcome, in hashes and calls, and what becomes of the user.
func TestPasswordCallsWork(t *testing.T) {
	const (
		ada      = adaEmail
		unknown  = "unknown@example.org"
		inactive = "inactive@example.org"
		none     = "none@example.org"
		held     = "held@example.org"
		stale    = "stale@example.org"
	)
	down := errors.New("range service is down")
	bad, notFound, invalid := signup.ErrBadCredentials, signup.ErrNotFound, signup.ErrInvalid
	long := strings.Repeat("correct horse ", 300) // 4200 bytes
	type work struct{ hashes, verifies, gets, updates, local, remote int }
	refused, unknownWork := work{0, 1, 1, 0, 0, 0}, work{1, 0, 1, 0, 0, 0}
	for _, c := range []struct {
		name, email, old, new string // no old password: SetPassword
		want                  error
		code                  string
		work                  work
	}{
		{"set", ada, "", newPassword, nil, "", work{1, 0, 1, 1, 1, 1}},
		{"set to the same", ada, "", goodPassword, nil, "", work{1, 0, 1, 1, 1, 1}},
		{"set, none before", none, "", newPassword, nil, "", work{1, 0, 1, 1, 1, 1}},
		{"set, inactive", inactive, "", newPassword, nil, "", work{1, 0, 1, 1, 1, 1}},
		{"set, unknown", unknown, "", newPassword, notFound, "", work{0, 0, 1, 0, 0, 0}},
		{"set, placeholder", held, "", newPassword, notFound, "", work{0, 0, 1, 0, 0, 0}},
		{"set, not an address", "nobody", "", newPassword, notFound, "", work{}},
		{"set, no address", "", "", newPassword, notFound, "", work{}},
		{"set, empty", ada, "", "", invalid, signup.CodeRequired, work{}},
		{"set, too long", ada, "", long, invalid, signup.CodeTooManyBytes, work{}},
		{"set, not UTF-8", ada, "", "correct horse \xff battery", invalid, signup.CodeNotUTF8, work{}},
		{"set, short", ada, "", "correct horse", invalid, signup.CodeTooShort, work{0, 0, 1, 0, 1, 0}},
		{"set, own name", ada, "", "Ada Lovelace 1815", invalid, signup.CodeOwnNamePadded, work{0, 0, 1, 0, 1, 0}},
		{"set, own address", ada, "", "ada@example.org", invalid, signup.CodeOwnName, work{0, 0, 1, 0, 1, 0}},
		{"set, own profile", ada, "", "Analytical Engines", invalid, "company", work{0, 0, 1, 0, 1, 0}},
		{"set, compromised", ada, "", "compromised correct horse", invalid, signup.CodeCompromised, work{0, 0, 1, 0, 1, 1}},
		{"set, not checked", ada, "", "unknown correct horse", down, "", work{0, 0, 1, 0, 1, 1}},

		{"change", ada, goodPassword, newPassword, nil, "", work{1, 1, 2, 1, 1, 1}},
		{"change, costlier hash", stale, goodPassword, newPassword, nil, "", work{1, 0, 2, 1, 1, 1}},
		{"change, wrong", ada, "wrong correct horse", newPassword, bad, "", refused},
		{"change, far too long", ada, long, newPassword, bad, "", unknownWork},
		{"change, not UTF-8", ada, "correct horse \xff", newPassword, bad, "", refused},
		{"change, inactive", inactive, goodPassword, newPassword, bad, "", refused},
		{"change, inactive, wrong", inactive, "wrong correct horse", newPassword, bad, "", refused},
		{"change, placeholder", held, goodPassword, newPassword, bad, "", refused},
		{"change, none before", none, goodPassword, newPassword, bad, "", unknownWork},
		{"change, unknown", unknown, goodPassword, newPassword, bad, "", unknownWork},
		{"change, not an address", "nobody", goodPassword, newPassword, bad, "", work{hashes: 1}},
		{"change, wrong, short", ada, "wrong correct horse", "correct horse", bad, "", refused},
		{"change, wrong, own name", ada, "wrong correct horse", "Ada Lovelace 1815", bad, "", refused},
		{"change, unknown, compromised", unknown, goodPassword, "compromised correct horse", bad, "", unknownWork},
		// The error is in the request, and reveals nothing about any user.
		{"change, the same", ada, goodPassword, goodPassword, invalid, signup.CodeUnchanged, work{}},
		{"change, wrong, the same", ada, "wrong correct horse", "wrong correct horse", invalid, signup.CodeUnchanged, work{}},
		{"change, unknown, the same", unknown, goodPassword, goodPassword, invalid, signup.CodeUnchanged, work{}},
		{"change, empty", ada, goodPassword, "", invalid, signup.CodeRequired, work{}},
		{"change, wrong, too long", ada, "wrong correct horse", long, invalid, signup.CodeTooManyBytes, work{}},
		{"change, both too long", ada, long, long, invalid, signup.CodeTooManyBytes, work{}},
		{"change, unknown, not UTF-8", unknown, goodPassword, "correct horse \xff", invalid, signup.CodeNotUTF8, work{}},
		{"change, short", ada, goodPassword, "correct horse", invalid, signup.CodeTooShort, work{0, 1, 2, 0, 1, 0}},
		{"change, own name", ada, goodPassword, "Ada Lovelace 1815", invalid, signup.CodeOwnNamePadded, work{0, 1, 2, 0, 1, 0}},
		{"change, own profile", ada, goodPassword, "Analytical Engines", invalid, "company", work{0, 1, 2, 0, 1, 0}},
		{"change, compromised", ada, goodPassword, "compromised correct horse", invalid, signup.CodeCompromised, work{0, 1, 2, 0, 1, 1}},
		{"change, not checked", ada, goodPassword, "unknown correct horse", down, "", work{0, 1, 2, 0, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := captureDefaultLog(t)
			store := memstore.New()
			createAda(t, store, nil)
			createAda(t, store, func(u *signup.User) { u.Email, u.Active = inactive, false })
			createAda(t, store, func(u *signup.User) { u.Email, u.PasswordHash = none, "" })
			createAda(t, store, func(u *signup.User) { u.Email, u.Placeholder = held, true })
			createAda(t, store, func(u *signup.User) {
				u.Email, u.PasswordHash = stale, hashBy(t, signup.Bcrypt{Cost: 6}, goodPassword)
			})
			var got work
			hasher := &countingHasher{Bcrypt: cheap}
			policy := &countingPolicy{down: down}
			a := &signup.Accounts{
				Hasher: hasher, Policy: policy,
				Fields: []signup.ProfileField{{Name: "company"}, {Name: "locale", Required: true}}, // which no user has
				Store: fakestore.Store{
					OnGet:    func(ctx context.Context, key string) (signup.User, error) { got.gets++; return store.Get(ctx, key) },
					OnUpdate: func(ctx context.Context, u *signup.User) error { got.updates++; return store.Update(ctx, u) },
				},
			}
			// What a hash of the Hasher takes is measured before.
			if _, err := a.Authenticate(t.Context(), ada, goodPassword); err != nil {
				t.Fatalf("Authenticate returned %v, want nil", err)
			}
			key, _ := signup.CanonicalEmail(c.email)
			before, beforeErr := store.Get(t.Context(), key)
			got = work{}
			hasher.hashes.Store(0)
			hasher.verifies.Store(0)

			var u signup.User
			var err error
			if strings.HasPrefix(c.name, "set") {
				u, err = a.SetPassword(t.Context(), c.email, c.new)
			} else {
				u, err = a.ChangePassword(t.Context(), c.email, c.old, c.new)
			}
			checkNoSecrets(t, err)
			if !errors.Is(err, c.want) || c.code != "" && !isRefused(err, c.code) || err != nil && u.ID != "" {
				t.Errorf("got %v, %v; want the error %v with the code %q, and no user with it", u, err, c.want, c.code)
			}
			if c.want == bad && err != bad {
				t.Errorf("got %#v, want ErrBadCredentials itself for every reason", err)
			}
			got.hashes, got.verifies = int(hasher.hashes.Load()), int(hasher.verifies.Load())
			got.local, got.remote = policy.local, policy.remote
			if got != c.work {
				t.Errorf("got the work %+v, want %+v", got, c.work)
			}
			after, afterErr := store.Get(t.Context(), key)
			switch {
			case c.want != nil && (after.Version != before.Version || !errors.Is(afterErr, beforeErr)):
				t.Errorf("got %v, %v after the refusal; want the user as before, %v, %v", after, afterErr, before, beforeErr)
			case c.want == nil && (after.SecurityStamp == before.SecurityStamp || !after.CheckPassword(c.new) || after.Active != before.Active):
				t.Errorf("got %#v after the change; want another stamp, the new password, and Active as before", after)
			}
			if text := log.String(); text != "" {
				t.Errorf("got the log %q, want none", text)
			}
		})
	}
}

// A refused change of a password takes the work of a refused log-in.
func TestChangePasswordWorksLikeALogin(t *testing.T) {
	store := memstore.New()
	createAda(t, store, nil)
	createAda(t, store, func(u *signup.User) { u.Email, u.Active = "inactive@example.org", false })
	createAda(t, store, func(u *signup.User) { u.Email, u.PasswordHash = "none@example.org", "" })
	createAda(t, store, func(u *signup.User) {
		u.Email, u.PasswordHash = "old@example.org", hashBy(t, signup.Bcrypt{Cost: 5}, goodPassword)
	})
	hasher := &countingHasher{Bcrypt: signup.Bcrypt{Cost: 7}}
	gets, others := 0, 0
	a := &signup.Accounts{Hasher: hasher, Store: fakestore.Store{
		OnGet:    func(ctx context.Context, key string) (signup.User, error) { gets++; return store.Get(ctx, key) },
		OnUpdate: func(ctx context.Context, u *signup.User) error { others++; return store.Update(ctx, u) },
	}, Policy: policyFunc(func(context.Context, string, signup.User) error { others++; return nil })}
	type work struct{ hashes, verifies, gets, others int }
	count := func(call func() error) work {
		hasher.hashes.Store(0)
		hasher.verifies.Store(0)
		gets, others = 0, 0
		if err := call(); err != signup.ErrBadCredentials {
			t.Errorf("got %v, want ErrBadCredentials", err)
		}
		return work{int(hasher.hashes.Load()), int(hasher.verifies.Load()), gets, others}
	}
	_, _ = a.Authenticate(t.Context(), adaEmail, "wrong correct horse") // what a hash takes is measured before
	for _, email := range []string{adaEmail, "inactive@example.org", "none@example.org", "old@example.org", "unknown@example.org", "nobody", ""} {
		for _, password := range []string{"wrong correct horse", "", "\xff", norm.NFD.String("caf\u00e9 horse"), strings.Repeat("x", 4097)} {
			login := count(func() error { _, err := a.Authenticate(t.Context(), email, password); return err })
			change := count(func() error {
				_, err := a.ChangePassword(t.Context(), email, password, newPassword)
				return err
			})
			if login != change || change.others != 0 {
				t.Errorf("%s, %+.20q: got the work %+v, want that of a log-in, %+v, and no other calls", email, password, change, login)
			}
		}
	}
}
