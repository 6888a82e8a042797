package signup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

const uuid = "8e03978e-40d5-43e8-bc93-6894a57f9324"

func keyed() signup.Registration {
	return signup.Registration{
		Email: "Ada@Example.org", Password: goodPassword, FirstName: "Ada", LastName: "Lovelace",
		Profile: map[string]string{"company": "Analytical Engines"}, IdempotencyKey: uuid,
	}
}

// Each case sets what happens between a registration and its replay, and how the
// replay differs.
func TestIdempotencyKey(t *testing.T) {
	var none, exists, reused, guessed = []error(nil), []error{signup.ErrExists},
		[]error{signup.ErrIdempotencyKeyReused}, []error{signup.ErrIdempotencyKeyReused, signup.ErrBadCredentials}
	nothing := func(*testing.T, signup.Store, signup.User) {}
	change := func(f func(*signup.User)) func(*testing.T, signup.Store, signup.User) {
		return func(t *testing.T, s signup.Store, u signup.User) {
			time.Sleep(time.Millisecond)
			u.UpdatedAt = time.Now()
			f(&u)
			if err := s.Update(t.Context(), &u); err != nil {
				t.Fatalf("Update returned %v, want nil", err)
			}
		}
	}
	later := func(d time.Duration) func(*testing.T, signup.Store, signup.User) {
		return func(*testing.T, signup.Store, signup.User) { time.Sleep(d) }
	}
	for _, c := range []struct {
		name      string
		meanwhile func(*testing.T, signup.Store, signup.User)
		ask       func(*signup.Registration)
		want      []error
		same      bool // the same user is returned
	}{
		{"the same", nothing, func(*signup.Registration) {}, none, true},
		{"23 h 59 min later", later(24*time.Hour - time.Minute), func(*signup.Registration) {}, none, true},
		{"24 h later", later(24 * time.Hour), func(*signup.Registration) {}, exists, false},
		{"another password, 24 h later", later(24 * time.Hour), func(r *signup.Registration) { r.Password += "!" }, exists, false},
		{"another password", nothing, func(r *signup.Registration) { r.Password += "!" }, guessed, false},
		{"another first name", nothing, func(r *signup.Registration) { r.FirstName = "Augusta" }, reused, false},
		{"another last name", nothing, func(r *signup.Registration) { r.LastName = "King" }, reused, false},
		{"another company", nothing, func(r *signup.Registration) { r.Profile = nil }, reused, false},
		{"another spelling of the address", nothing, func(r *signup.Registration) { r.Email = "ada@example.org" }, reused, false},
		{"what isn't declared", nothing, func(r *signup.Registration) { r.Profile["admin"] = "yes" }, none, true},
		{"another key", nothing, func(r *signup.Registration) { r.IdempotencyKey = uuid + "0" }, exists, false},
		{"no key", nothing, func(r *signup.Registration) { r.IdempotencyKey = "" }, exists, false},
		{"another address", nothing, func(r *signup.Registration) { r.Email = "b@example.org" }, none, false},
		{"after another change", change(func(u *signup.User) { u.FirstName = "Augusta" }), func(*signup.Registration) {}, none, true},
		{"after being deactivated", change(func(u *signup.User) { u.Active = false }), func(*signup.Registration) {}, exists, false},
		{"of a placeholder", change(func(u *signup.User) { u.Placeholder = true }), func(*signup.Registration) {}, exists, false},
		{"created in the far future", change(func(u *signup.User) { u.CreatedAt = u.CreatedAt.Add(48 * time.Hour) }), func(*signup.Registration) {}, exists, false},
		{"created years ahead", change(func(u *signup.User) { u.CreatedAt = u.CreatedAt.AddDate(1000, 0, 0) }), func(*signup.Registration) {}, exists, false},
		{"created 25 h ahead", change(func(u *signup.User) { u.CreatedAt = u.CreatedAt.Add(25 * time.Hour) }), func(*signup.Registration) {}, exists, false},
		{"of an unknown time of creation", change(func(u *signup.User) { u.CreatedAt = time.Time{} }), func(*signup.Registration) {}, exists, false},
		{"after being deactivated, with a wrong password", change(func(u *signup.User) { u.Active = false }), func(r *signup.Registration) { r.Password += "!" }, exists, false},
		{"of a user without a hash", change(func(u *signup.User) { u.PasswordHash = "" }), func(*signup.Registration) {}, guessed, false},
		{"after a change of password", change(func(u *signup.User) {
			u.PasswordHash, _ = cheap.Hash("another horse battery")
		}), func(*signup.Registration) {}, guessed, false},
		{"after a deletion", func(t *testing.T, s signup.Store, u signup.User) {
			if err := s.Delete(t.Context(), u); err != nil {
				t.Fatalf("Delete returned %v, want nil", err)
			}
		}, func(*signup.Registration) {}, none, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hasher := &countingHasher{Bcrypt: cheap}
				store := memstore.New()
				process := func() *signup.Accounts {
					return &signup.Accounts{Store: store, Hasher: hasher, Fields: []signup.ProfileField{{Name: "company"}}}
				}
				first, err := process().Register(t.Context(), keyed())
				if err != nil || len(first.ID) != 26 || strings.Contains(first.ID, uuid) {
					t.Fatalf("Register returned %v, %v; want an ID of 26 characters without the key, nil", first, err)
				}
				c.meanwhile(t, store, first)
				before, _ := store.Get(t.Context(), first.Key())
				r := keyed()
				c.ask(&r)
				hasher.hashes.Store(0)
				hasher.verifies.Store(0)

				again, err := process().Register(t.Context(), r)

				t.Logf("Register returned %v", err) // to be searched for secrets
				for _, want := range []error{signup.ErrExists, signup.ErrIdempotencyKeyReused, signup.ErrBadCredentials} {
					if is := errors.Is(err, want); is != contains(c.want, want) {
						t.Errorf("errors.Is(%v, %v) = %t, want %t", err, want, is, contains(c.want, want))
					}
				}
				if (err == nil) != (c.want == nil) || (again.ID == first.ID && again.Equal(before)) != c.same {
					t.Errorf("Register returned %v, %v, the same user: %t; want the errors %v, %t", again, err, again.ID == first.ID && again.Equal(before), c.want, c.same)
				}
				if n := hasher.hashes.Load() + hasher.verifies.Load(); n != 1 {
					t.Errorf("got %d hashes, want 1", n)
				}
				if after, err := store.Get(t.Context(), first.Key()); before.ID != "" && (err != nil || !after.Equal(before) || c.same && after.Version != again.Version) {
					t.Errorf("Get returned %v, version %q, %v; want the unchanged user %v, nil, and the version that Register returned", after, string(after.Version), err, before)
				}
			})
		})
	}
}

func contains(errs []error, err error) bool {
	for _, e := range errs {
		if e == err {
			return true
		}
	}
	return false
}

// After a failure that leaves the outcome open, the same request settles it.
func TestIdempotencyKeyAfterFailure(t *testing.T) {
	down := errors.New("store is down")
	for _, stored := range []bool{true, false} {
		t.Run(fmt.Sprintf("stored: %t", stored), func(t *testing.T) {
			store := memstore.New()
			broken := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: store, OnCreate: func(ctx context.Context, u *signup.User) error {
				if stored {
					if err := store.Create(ctx, u); err != nil && !errors.Is(err, signup.ErrReplayed) {
						t.Errorf("Create returned %v, want nil or ErrReplayed", err)
					}
				}
				return down
			}}}
			if _, err := broken.Register(t.Context(), keyed()); !errors.Is(err, down) {
				t.Fatalf("Register returned %v, want %v", err, down)
			}
			if stored { // the user that was read may not be durable yet: only a write shows that
				if _, err := broken.Register(t.Context(), keyed()); !errors.Is(err, down) {
					t.Errorf("Register returned %v, want %v", err, down)
				}
			}
			for range 2 {
				u, err := (&signup.Accounts{Hasher: cheap, Store: store}).Register(t.Context(), keyed())
				if err != nil || !u.CheckPassword(goodPassword) || u.Version == "" {
					t.Errorf("Register returned %v, version %q, the password fits: %t, %v; want a version, true, nil", u, string(u.Version), u.CheckPassword(goodPassword), err)
				}
			}
		})
	}
	t.Run("of Get", func(t *testing.T) {
		a := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{
			OnGet: func(context.Context, string) (signup.User, error) { return signup.User{}, down },
		}}
		if _, err := a.Register(t.Context(), keyed()); !errors.Is(err, down) {
			t.Errorf("Register returned %v, want %v", err, down)
		}
	})
}

// Of any number of concurrent requests with one key, all equal ones return the
// same user.
func TestIdempotencyKeyAtOnce(t *testing.T) {
	store := memstore.New()
	var wg sync.WaitGroup
	users, errs := make([]signup.User, 60), make([]error, 60)
	for i := range users {
		wg.Go(func() {
			r := keyed()
			r.Password = fmt.Sprintf("the password of %d", i%2)
			users[i], errs[i] = (&signup.Accounts{Store: store, Hasher: cheap}).Register(t.Context(), r)
		})
	}
	wg.Wait()
	stored, err := store.Get(t.Context(), "ada@example.org")
	if err != nil {
		t.Fatalf("Get returned %v, want nil", err)
	}
	for i := range users {
		if stored.CheckPassword(fmt.Sprintf("the password of %d", i%2)) {
			if errs[i] != nil || users[i].Version == "" || !users[i].Equal(stored) {
				t.Errorf("Register %d returned %v, version %q, %v; want %v, a version, nil", i, users[i], string(users[i].Version), errs[i], stored)
			}
		} else if !errors.Is(errs[i], signup.ErrIdempotencyKeyReused) || !errors.Is(errs[i], signup.ErrBadCredentials) {
			t.Errorf("Register %d returned %v, want ErrIdempotencyKeyReused with ErrBadCredentials", i, errs[i])
		}
	}
}

func TestRegisterRefusesIdempotencyKey(t *testing.T) {
	r := keyed()
	for _, r.IdempotencyKey = range []string{"x", strings.Repeat("x", 15), strings.Repeat("x", 256), uuid + "\n", uuid + "é"} {
		_, err := newAccounts().Register(t.Context(), r)
		if !errors.Is(err, signup.ErrInvalid) || err.Error() != "signup: invalid Idempotency-Key: idempotency_key" {
			t.Errorf("Register with the key %q returned %v, want signup: invalid Idempotency-Key: idempotency_key", r.IdempotencyKey, err)
		}
	}
}

func TestHandlerIdempotencyKey(t *testing.T) {
	const body = `{"email_address": "ada@example.org", "password": "correct horse battery"}`
	ask := func(h http.Handler, body string, header ...string) *http.Response {
		r := signUp(strings.NewReader(body))
		r.Header["Idempotency-Key"] = header
		return send(h, r)
	}
	for _, c := range []struct {
		name   string
		header []string
		status int // of the second request
	}{
		{"none", nil, 409},
		{"bare", []string{uuid}, 200},
		{"quoted", []string{`"` + uuid + `"`}, 200},
		{"of 16 characters", []string{strings.Repeat("x", 16)}, 200},
		{"xid", []string{"9m4e2mr0ui3e8a215n4g"}, 200},
		{"nanoid", []string{"V1StGXR8_Z5jdHi6B-myT"}, 200},
		{"ULID", []string{"01ARZ3NDEKTSV4RRFFQ69G5FAV"}, 200},
		{"KSUID, quoted", []string{`"0ujtsYcgvSTl8PAuAdqWYSMnLOv"`}, 200},
		{"64 bits in hexadecimal", []string{"1f3870be274f6c49"}, 200},
		{"of 255 characters, quoted", []string{`"` + strings.Repeat("x", 255) + `"`}, 200},
		{"in Base64", []string{"q83vEjRWeJCrze8SNFZ4kA=="}, 200},
		{"empty", []string{""}, 400},
		{"quotes alone", []string{`""`}, 400},
		{"too short", []string{strings.Repeat("x", 15)}, 400},
		{"too short, quoted", []string{`"` + strings.Repeat("x", 15) + `"`}, 400},
		{"too long", []string{strings.Repeat("x", 256)}, 400},
		{"half quoted", []string{`"` + uuid}, 400},
		{"two", []string{uuid, uuid}, 400},
		{"two in one line", []string{uuid + ", " + uuid}, 400},
		{"with parameters", []string{`"` + uuid + `";a=1`}, 400},
		{"control character", []string{uuid + "\x01"}, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			firstStatus := 200
			if c.status == 400 {
				firstStatus = 400
			}
			logger, logged := newLog(t)
			h := signup.NewHandler(newAccounts(), &signup.HandlerOptions{Logger: logger})
			first := checkPlain(t, ask(h, body, c.header...), firstStatus)
			second := checkPlain(t, ask(h, body, c.header...), c.status)
			switch c.status {
			case 200:
				if first.Message != second.Message {
					t.Errorf("got the message %q, then %q; want the same message twice", first.Message, second.Message)
				}
				if n := strings.Count(logged.String(), "sign-up succeeded"); n != 1 || !strings.Contains(logged.String(), "sign-up replayed") {
					t.Errorf("logged \"sign-up succeeded\" %d times, \"sign-up replayed\": %t; want once, true:\n%s", n, strings.Contains(logged.String(), "sign-up replayed"), logged)
				}
			case 400:
				if codes(second.Errors) != "Idempotency-Key: idempotency_key" {
					t.Errorf("got the errors %q, want Idempotency-Key: idempotency_key", codes(second.Errors))
				}
			}
		})
	}

	h := signup.NewHandler(newAccounts(), nil)
	checkPlain(t, ask(h, body, uuid), 200)
	other := strings.ReplaceAll(body, "correct", "another")
	if ans := checkPlain(t, ask(h, other, uuid), 422); !strings.Contains(ans.Message, "Idempotency-Key") {
		t.Errorf("got the message %q, want Idempotency-Key in it", ans.Message)
	}
	r := signUp(strings.NewReader(other))
	r.Header.Set("Idempotency-Key", uuid)
	r.Header.Set("Accept", "application/problem+json")
	checkProblem(t, send(h, r), 422)
}

// A replay succeeds even if the policy fails or refuses the password today.
func TestIdempotencyKeyBeforePolicy(t *testing.T) {
	a := newAccounts()
	if _, err := a.Register(t.Context(), keyed()); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	for _, policy := range []error{errors.New("the range service is down"), signup.FieldError{Field: "password", Code: "compromised"}} {
		later := &signup.Accounts{Store: a.Store, Hasher: cheap, Policy: policyFunc(func(context.Context, string, signup.User) error { return policy })}
		if _, err := later.Register(t.Context(), keyed()); err != nil {
			t.Errorf("Register returned %v, want nil", err)
		}
		r := keyed()
		r.Email = "b@example.org"
		if _, err := later.Register(t.Context(), r); !errors.Is(err, policy) && !errors.Is(err, signup.ErrInvalid) {
			t.Errorf("with another address: Register returned %v, want %v or ErrInvalid", err, policy)
		}
	}
}

// If Create returns ErrReplayed and the user has been deleted since, Register
// returns no user.
func TestIdempotencyKeyOfDeleted(t *testing.T) {
	store := memstore.New()
	a := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: store, OnCreate: func(ctx context.Context, u *signup.User) error {
		return signup.ErrReplayed // as if another with the key had been faster, and then deleted
	}}}
	u, err := a.Register(t.Context(), keyed())
	if err == nil || errors.Is(err, signup.ErrExists) || u.ID != "" {
		t.Errorf("Register returned %v, %v; want no user, and an error other than ErrExists", u, err)
	}
}
