package signup_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

func secret(name string) signup.Secret {
	key := sha256.Sum256([]byte(name))
	return signup.NewSecret(key[:])
}

func tokenAccounts(secrets ...string) *signup.Accounts {
	a := newAccounts()
	for _, name := range secrets {
		a.Secrets = append(a.Secrets, secret(name))
	}
	return a
}

// userPurposes are those of tokens for users, each with a change as its use makes.
var userPurposes = map[signup.Purpose]func(*signup.User) error{
	signup.PurposeVerifyEmail: func(u *signup.User) error {
		u.EmailVerifiedAt = time.Now().UTC().Truncate(time.Millisecond)
		return nil
	},
	signup.PurposeResetPassword: newStamp,
	signup.PurposeChangeEmail:   newStamp,
	signup.PurposeUndoEmail:     newStamp,
	signup.PurposeLogIn:         signup.CountLinkLogIn,
}

func newStamp(u *signup.User) error {
	u.SecurityStamp = rand.Text()
	return nil
}

func stored(t testing.TB, a *signup.Accounts, email string) signup.User {
	t.Helper()
	name, _, _ := strings.Cut(email, "@")
	u := signup.User{ID: "id of " + name, Email: email, Active: true, SecurityStamp: "stamp of " + name}
	if err := a.Store.Create(t.Context(), &u); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	return u
}

func issued(t testing.TB, a *signup.Accounts, p signup.Purpose, u signup.User) string {
	t.Helper()
	text, _, err := a.NewToken(p, u, "", time.Hour)
	if err != nil {
		t.Fatalf("%s: newToken returned %v, want nil", p, err)
	}
	return text
}

func update(t testing.TB, a *signup.Accounts, key string, change func(*signup.User)) {
	t.Helper()
	u, err := a.Store.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get returned %v, want nil", err)
	}
	change(&u)
	if err := a.Store.Update(t.Context(), &u); err != nil {
		t.Fatalf("Update returned %v, want nil", err)
	}
}

// Every attack is refused with the same error, and changes nothing.
func TestTokenAttacks(t *testing.T) {
	for p, change := range userPurposes {
		for name, attack := range map[string]func(a *signup.Accounts, u signup.User, text string) string{
			"replay": func(a *signup.Accounts, _ signup.User, text string) string {
				if _, err := a.UseToken(t.Context(), text, p, change); err != nil {
					t.Errorf("%s: the first use returned %v, want nil", p, err)
				}
				return text
			},
			"superseded": func(a *signup.Accounts, u signup.User, text string) string {
				if _, err := a.UseToken(t.Context(), issued(t, a, p, u), p, change); err != nil {
					t.Errorf("%s: the use of another token returned %v, want nil", p, err)
				}
				return text
			},
			"new stamp": func(a *signup.Accounts, u signup.User, text string) string {
				update(t, a, u.Key(), func(u *signup.User) { u.SecurityStamp = "stamp-2" })
				return text
			},
			"no stamp": func(a *signup.Accounts, u signup.User, text string) string {
				update(t, a, u.Key(), func(u *signup.User) { u.SecurityStamp = "" })
				return text
			},
			"address in another spelling": func(a *signup.Accounts, u signup.User, text string) string {
				update(t, a, u.Key(), func(u *signup.User) { u.Email = "Ada@example.org" })
				return text
			},
			"inactive": func(a *signup.Accounts, u signup.User, text string) string {
				update(t, a, u.Key(), func(u *signup.User) { u.Active = false })
				return text
			},
			"placeholder": func(a *signup.Accounts, u signup.User, text string) string {
				update(t, a, u.Key(), func(u *signup.User) { u.Placeholder = true })
				return text
			},
			"deleted": func(a *signup.Accounts, u signup.User, text string) string {
				if err := a.Store.Delete(t.Context(), u); err != nil {
					t.Errorf("Delete returned %v, want nil", err)
				}
				return text
			},
			"registered anew": func(a *signup.Accounts, u signup.User, text string) string {
				v := u
				v.ID = "id-2"
				if err := errors.Join(a.Store.Delete(t.Context(), u), a.Store.Create(t.Context(), &v)); err != nil {
					t.Errorf("Delete and Create returned %v, want nil", err)
				}
				return text
			},
			"for an address without a user": func(a *signup.Accounts, u signup.User, _ string) string {
				return issued(t, a, signup.PurposeInvite, signup.User{Email: u.Email})
			},
			"of another program": func(_ *signup.Accounts, u signup.User, _ string) string {
				return issued(t, tokenAccounts("other"), p, u)
			},
			"made up": func(*signup.Accounts, signup.User, string) string { return rand.Text() + rand.Text() },
		} {
			a := tokenAccounts("first")
			u := stored(t, a, "ada@example.org")
			text := attack(a, u, issued(t, a, p, u))
			before, beforeErr := a.Store.Get(t.Context(), u.Key())
			if got, v, err := a.PeekToken(t.Context(), text); err != signup.ErrToken || got != "" || v.ID != "" || v.Email != "" {
				t.Errorf("%s, %s: PeekToken returned %q, %v, %v; want none, no user and ErrToken", p, name, got, v, err)
			}
			if v, err := a.UseToken(t.Context(), text, p, change); err != signup.ErrToken || v.ID != "" {
				t.Errorf("%s, %s: useToken returned %v, %v; want no user and ErrToken", p, name, v, err)
			}
			after, afterErr := a.Store.Get(t.Context(), u.Key())
			if after.Version != before.Version || !errors.Is(afterErr, beforeErr) {
				t.Errorf("%s, %s: the stored user was changed, want none changed", p, name)
			}
		}
	}
}

// A token does nothing for another purpose, and nothing to another user.
func TestTokenOtherPurposeOrUser(t *testing.T) {
	a := tokenAccounts("first")
	ada, bob := stored(t, a, "ada@example.org"), stored(t, a, "bob@example.org")
	for p := range userPurposes {
		text := issued(t, a, p, bob)
		for q, change := range userPurposes {
			if q == p {
				continue
			}
			if _, err := a.UseToken(t.Context(), text, q, change); err != signup.ErrToken {
				t.Errorf("%s for %s: useToken returned %v, want ErrToken", p, q, err)
			}
		}
		if got, u, err := a.PeekToken(t.Context(), text); err != nil || got != p || u.ID != bob.ID {
			t.Errorf("%s: PeekToken returned %q, %v, %v; want the purpose and bob", p, got, u, err)
		}
	}
	if _, err := a.UseToken(t.Context(), issued(t, a, signup.PurposeResetPassword, bob), signup.PurposeResetPassword, newStamp); err != nil {
		t.Errorf("useToken returned %v, want nil", err)
	}
	if u, _ := a.Store.Get(t.Context(), ada.Key()); u.Version != ada.Version {
		t.Error("a token for bob changed ada, want ada as before")
	}
}

// What doesn't concern a token leaves it valid, and so does PeekToken.
func TestTokenStaysValid(t *testing.T) {
	for p, change := range userPurposes {
		a := tokenAccounts("first")
		u := stored(t, a, "ada@example.org")
		text := issued(t, a, p, u)
		update(t, a, u.Key(), func(u *signup.User) { u.PasswordHash = "$2a$04$rehashed" })
		update(t, a, u.Key(), func(u *signup.User) {
			u.FirstName, u.LastName, u.Profile, u.UpdatedAt = "Ada", "Byron", map[string]string{"company": "abc"}, time.Unix(0, 0)
		})
		before, _ := a.Store.Get(t.Context(), u.Key())
		for range 3 {
			if got, v, err := a.PeekToken(t.Context(), text); err != nil || got != p || !v.Equal(before) {
				t.Errorf("%s: PeekToken returned %q, %v, %v; want the purpose and the user as stored", p, got, v, err)
			}
		}
		// In another process, the secret was rotated.
		rotated := &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: []signup.Secret{secret("new"), secret("first")}}
		got, err := rotated.UseToken(t.Context(), text, p, change)
		if err != nil || time.Since(got.UpdatedAt) > time.Minute || got.FirstName != "Ada" {
			t.Errorf("%s: useToken returned %v, %v; want the user as changed", p, got, err)
		}
		if after, _ := a.Store.Get(t.Context(), u.Key()); !after.Equal(got) || after.Version != got.Version {
			t.Errorf("%s: useToken returned another user than the Store has, want the same", p)
		}
	}
}

// A user stored before there were stamps has a token like any other, and a reset sets
// a stamp.
func TestTokenWithoutStamp(t *testing.T) {
	a := tokenAccounts("first")
	u := stored(t, a, "ada@example.org")
	update(t, a, u.Key(), func(u *signup.User) { u.SecurityStamp = "" })
	u, _ = a.Store.Get(t.Context(), u.Key())
	text := issued(t, a, signup.PurposeResetPassword, u)
	if got, err := a.UseToken(t.Context(), text, signup.PurposeResetPassword, newStamp); err != nil || got.SecurityStamp == "" {
		t.Errorf("useToken returned %v, %v; want a user with a stamp", got, err)
	}
	if _, err := a.UseToken(t.Context(), text, signup.PurposeResetPassword, newStamp); err != signup.ErrToken {
		t.Errorf("the second use returned %v, want ErrToken", err)
	}
}

// A token for an address without a user is valid until there is one.
func TestTokenForNewUser(t *testing.T) {
	for _, p := range []signup.Purpose{signup.PurposeInvite, signup.PurposeRegister} {
		a := tokenAccounts("first")
		text, _, err := a.NewToken(p, signup.User{Email: "Ada@example.org"}, "Ada@example.org", time.Hour)
		if err != nil {
			t.Fatalf("%s: newToken returned %v, want nil", p, err)
		}
		if got, u, err := a.PeekToken(t.Context(), text); err != nil || got != p || u.ID != "" || u.Email != "ada@example.org" {
			t.Errorf("%s: PeekToken returned %q, %v, %v; want the purpose and a user with only the address", p, got, u, err)
		}
		if _, extra, err := a.FindByToken(t.Context(), text, p); err != nil || extra != "Ada@example.org" {
			t.Errorf("%s: findByToken returned %v or another text, want the text of the token", p, err)
		}
		if _, err := a.UseToken(t.Context(), text, p, newStamp); err != signup.ErrToken {
			t.Errorf("%s: useToken returned %v, want ErrToken, as there is nothing to change", p, err)
		}
		stored(t, a, "ada@example.org")
		if _, _, err := a.PeekToken(t.Context(), text); err != signup.ErrToken {
			t.Errorf("%s: PeekToken returned %v after the registration, want ErrToken", p, err)
		}
	}
}

func TestTokenNotIssued(t *testing.T) {
	a := tokenAccounts("first")
	u := stored(t, a, "ada@example.org")
	inactive, held := u, u
	inactive.Active, held.Placeholder = false, true
	absent := signup.User{Email: "bob@example.org", Active: true}
	for _, c := range []struct {
		name string
		p    signup.Purpose
		u    signup.User
		life time.Duration
	}{
		{"unknown purpose", "reset", u, time.Hour}, {"no purpose", "", u, time.Hour},
		{"no life", signup.PurposeResetPassword, u, 0}, {"ended life", signup.PurposeResetPassword, u, -time.Hour},
		{"less than a second", signup.PurposeResetPassword, u, time.Second - 1},
		{"more than a day", signup.PurposeResetPassword, u, 24*time.Hour + 1}, {"years", signup.PurposeUndoEmail, u, 1 << 62},
		{"inactive", signup.PurposeVerifyEmail, inactive, time.Hour}, {"placeholder", signup.PurposeVerifyEmail, held, time.Hour},
		{"no user", signup.PurposeResetPassword, absent, time.Hour}, {"no user to log in", signup.PurposeLogIn, absent, time.Hour},
		{"user invited", signup.PurposeInvite, u, time.Hour}, {"no address", signup.PurposeInvite, signup.User{}, time.Hour},
		{"not an address", signup.PurposeInvite, signup.User{Email: "ada"}, time.Hour},
	} {
		if text, _, err := a.NewToken(c.p, c.u, "", c.life); err == nil || text != "" || errors.Is(err, signup.ErrToken) {
			t.Errorf("%s: newToken returned a text of %d bytes and %v, want an error", c.name, len(text), err)
		}
	}
	if _, expires, err := a.NewToken(signup.PurposeUndoEmail, u, "", 7*24*time.Hour); err != nil || time.Until(expires) < 7*24*time.Hour-time.Minute {
		t.Errorf("newToken returned %v, %v; want a week and nil", expires, err)
	}
}

func TestTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(700 * time.Millisecond)
		a := tokenAccounts("first")
		u := stored(t, a, "ada@example.org")
		begin := time.Now()
		text, expires, err := a.NewToken(signup.PurposeResetPassword, u, "", time.Hour)
		if want := begin.Add(time.Hour - 700*time.Millisecond); err != nil || !expires.Equal(want) {
			t.Fatalf("newToken returned %v, %v; want %v, nil", expires, err, want)
		}
		time.Sleep(time.Until(expires) - 1)
		if _, _, err := a.PeekToken(t.Context(), text); err != nil {
			t.Errorf("a nanosecond before the end, PeekToken returned %v, want nil", err)
		}
		// A change that takes until the token has expired isn't repeated.
		store := a.Store
		a = &signup.Accounts{Secrets: a.Secrets, Hasher: cheap, Store: fakestore.Store{Store: store, OnUpdate: func(context.Context, *signup.User) error {
			time.Sleep(time.Nanosecond)
			return signup.ErrConflict
		}}}
		if _, err := a.UseToken(t.Context(), text, signup.PurposeResetPassword, newStamp); err != signup.ErrToken {
			t.Errorf("at the end, useToken returned %v, want ErrToken", err)
		}
		if _, _, err := a.PeekToken(t.Context(), text); err != signup.ErrToken {
			t.Errorf("at the end, PeekToken returned %v, want ErrToken", err)
		}
	})
}

// Of 1000 concurrent uses of one token, one takes effect, while other changes of the
// user go on.
func TestTokenUsedConcurrently(t *testing.T) {
	const uses = 1000
	for p, change := range userPurposes {
		for _, changes := range []int{0, 3} {
			a := tokenAccounts("first")
			u := stored(t, a, "ada@example.org")
			text := issued(t, a, p, u)
			var used, refused atomic.Int64
			var wg sync.WaitGroup
			begin := make(chan struct{})
			for range uses {
				wg.Go(func() {
					<-begin
					switch _, err := a.UseToken(t.Context(), text, p, func(u *signup.User) error {
						u.LastName += "x"
						return change(u)
					}); {
					case err == nil:
						used.Add(1)
					case err == signup.ErrToken:
						refused.Add(1)
					default:
						t.Errorf("%s: useToken returned %v, want nil or ErrToken", p, err)
					}
				})
			}
			for range changes {
				wg.Go(func() {
					<-begin
					for { // until it is changed once
						v, _ := a.Store.Get(t.Context(), u.Key())
						v.FirstName += "y"
						if a.Store.Update(t.Context(), &v) == nil {
							return
						}
					}
				})
			}
			close(begin)
			wg.Wait()
			if used.Load() != 1 || refused.Load() != uses-1 {
				t.Errorf("%s: got %d uses and %d ErrToken, want 1 and %d", p, used.Load(), refused.Load(), uses-1)
			}
			t.Logf("%s, with %d other changes: %d of %d uses at once took effect", p, changes, used.Load(), uses)
			if v, _ := a.Store.Get(t.Context(), u.Key()); v.LastName != "x" || len(v.FirstName) != changes {
				t.Errorf("%s: the token took effect %d times, and %d of %d other changes are kept; want once, and all",
					p, len(v.LastName), len(v.FirstName), changes)
			}
		}
	}
}

// useToken tries again after conflicts, a bounded number of times, each time with the
// user as stored, and returns other errors of the Store.
func TestTokenConflicts(t *testing.T) {
	failed := errors.New("connection reset")
	for _, c := range []struct {
		conflicts int
		then      error // of Update
		want      error
		changes   int
	}{
		{0, nil, nil, 1}, {1, nil, nil, 2}, {9, nil, nil, 10}, {10, nil, signup.ErrBusy, 10}, {1000, nil, signup.ErrBusy, 10},
		{0, failed, failed, 1}, {2, failed, failed, 3}, {0, signup.ErrBusy, signup.ErrBusy, 1}, {0, context.Canceled, context.Canceled, 1},
		{1, signup.ErrNotFound, signup.ErrToken, 2},
	} {
		a := tokenAccounts("first")
		u := stored(t, a, "ada@example.org")
		memory := a.Store
		calls, changes := 0, 0
		a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
			if calls++; calls <= c.conflicts {
				update(t, &signup.Accounts{Store: memory}, u.Key(), func(u *signup.User) { u.FirstName = fmt.Sprint(calls) })
				return memory.Update(ctx, u)
			}
			if c.then != nil {
				return c.then
			}
			return memory.Update(ctx, u)
		}}
		got, err := a.UseToken(t.Context(), issued(t, a, signup.PurposeResetPassword, u), signup.PurposeResetPassword, func(u *signup.User) error {
			changes++
			return newStamp(u)
		})
		if !errors.Is(err, c.want) || changes != c.changes || err == nil && c.conflicts > 0 && got.FirstName != fmt.Sprint(c.conflicts) {
			t.Errorf("%d conflicts, then %v: useToken returned %v after %d changes, want %v after %d, and nothing lost", c.conflicts, c.then, err, changes, c.want, c.changes)
		}
	}
}

// A use that would leave its token valid, or that makes another user, is an error, and
// so is what the change returns.
func TestTokenWrongChange(t *testing.T) {
	refused := errors.New("refused")
	for name, change := range map[string]func(*signup.User) error{
		"no change":       func(*signup.User) error { return nil },
		"another field":   func(u *signup.User) error { u.FirstName = "Ada"; return nil },
		"another ID":      func(u *signup.User) error { u.ID = "id-2"; return newStamp(u) },
		"another address": func(u *signup.User) error { u.Email = "bob@example.org"; return newStamp(u) },
		"refused":         func(u *signup.User) error { _ = newStamp(u); u.Profile["a"] = "b"; return refused },
	} {
		a := tokenAccounts("first")
		u := stored(t, a, "ada@example.org")
		update(t, a, u.Key(), func(u *signup.User) { u.Profile = map[string]string{"a": "a"} })
		u, _ = a.Store.Get(t.Context(), u.Key())
		_, err := a.UseToken(t.Context(), issued(t, a, signup.PurposeResetPassword, u), signup.PurposeResetPassword, change)
		if err == nil || errors.Is(err, signup.ErrToken) || name == "refused" && err != refused {
			t.Errorf("%s: useToken returned %v, want an error", name, err)
		}
		if v, _ := a.Store.Get(t.Context(), u.Key()); v.Version != u.Version || v.Profile["a"] != "a" {
			t.Errorf("%s: the stored user was changed, want it as before", name)
		}
	}
}

// Errors of the Store and of the context are returned, not hidden as ErrToken.
func TestTokenStoreFails(t *testing.T) {
	a := tokenAccounts("first")
	text := issued(t, a, signup.PurposeResetPassword, stored(t, a, "ada@example.org"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := a.PeekToken(ctx, text); !errors.Is(err, context.Canceled) {
		t.Errorf("PeekToken returned %v, want context.Canceled", err)
	}
	for _, failure := range []error{signup.ErrBusy, errors.New("connection refused")} {
		a := &signup.Accounts{Secrets: a.Secrets, Hasher: cheap, Store: fakestore.Store{Store: memstore.New(), OnGet: func(context.Context, string) (signup.User, error) {
			return signup.User{}, failure
		}}}
		if _, _, err := a.PeekToken(t.Context(), text); !errors.Is(err, failure) || errors.Is(err, signup.ErrToken) {
			t.Errorf("PeekToken returned %v, want %v", err, failure)
		}
		if _, err := a.UseToken(t.Context(), text, signup.PurposeResetPassword, newStamp); !errors.Is(err, failure) {
			t.Errorf("useToken returned %v, want %v", err, failure)
		}
	}
	// What a Store returns with ErrNotFound is no user.
	odd := &signup.Accounts{Secrets: a.Secrets, Hasher: cheap, Store: fakestore.Store{Store: memstore.New(), OnGet: func(ctx context.Context, key string) (signup.User, error) {
		u, _ := a.Store.Get(ctx, key)
		return u, signup.ErrNotFound
	}}}
	if _, _, err := odd.PeekToken(t.Context(), text); !errors.Is(err, signup.ErrToken) {
		t.Errorf("PeekToken returned %v, want ErrToken", err)
	}
}

// Purposes are compared whole.
func TestTokenFindNeedsPurpose(t *testing.T) {
	a := tokenAccounts("first")
	text := issued(t, a, signup.PurposeLogIn, stored(t, a, "ada@example.org"))
	for _, allowed := range [][]signup.Purpose{nil, {""}, {"log"}, {"log_in "}, {signup.PurposeInvite, signup.PurposeRegister}} {
		if _, _, err := a.FindByToken(t.Context(), text, allowed...); err != signup.ErrToken {
			t.Errorf("with %q, findByToken returned %v, want ErrToken", allowed, err)
		}
	}
	allowed := []signup.Purpose{signup.PurposeInvite, signup.PurposeLogIn}
	if _, _, err := a.FindByToken(t.Context(), text, allowed...); err != nil {
		t.Errorf("with its purpose, findByToken returned %v, want nil", err)
	}
}
