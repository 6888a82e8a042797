package signup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A later is what happens to a user between the mail and the use of its token.
type later struct {
	name string
	// happen changes the user in the Store.
	happen func(t testing.TB, a *signup.Accounts, u signup.User)
	// verify and reset are whether VerifyEmail and ResetPassword succeed then.
	verify, reset bool
}

// byUpdate returns the change of a later that is one Update.
func byUpdate(change func(*signup.User)) func(testing.TB, *signup.Accounts, signup.User) {
	return func(t testing.TB, a *signup.Accounts, u signup.User) { update(t, a, u.Key(), change) }
}

var laters = []later{
	{"nothing", func(testing.TB, *signup.Accounts, signup.User) {}, true, true},
	{"a rehash", byUpdate(func(u *signup.User) { u.PasswordHash += "x" }), true, true},
	{"other names and Profile", byUpdate(func(u *signup.User) { u.FirstName, u.Profile = "Augusta", map[string]string{"company": "abc"} }), true, true},
	{"a change of Private", byUpdate(func(u *signup.User) { u.Private += "x" }), true, true},
	{"the password removed", byUpdate(func(u *signup.User) { u.PasswordHash = "" }), true, true},
	{"the address verified", byUpdate(func(u *signup.User) { u.EmailVerifiedAt = now() }), true, true},
	{"a new stamp", byUpdate(func(u *signup.User) { u.SecurityStamp = "stamp-2" }), false, false},
	{"a new stamp and the address verified", byUpdate(func(u *signup.User) { u.SecurityStamp, u.EmailVerifiedAt = "stamp-2", now() }), false, false},
	{"the stamp removed", byUpdate(func(u *signup.User) { u.SecurityStamp = "" }), false, false},
	{"the address spelled in another way", byUpdate(func(u *signup.User) { u.Email = "ada@example.org" }), false, false},
	{"that, verified", byUpdate(func(u *signup.User) { u.Email, u.EmailVerifiedAt = "ada@example.org", now() }), false, false},
	{"deactivated", byUpdate(func(u *signup.User) { u.Active = false }), false, false},
	{"deactivated when verified", byUpdate(func(u *signup.User) { u.Active, u.EmailVerifiedAt = false, now() }), false, false},
	{"made a placeholder", byUpdate(func(u *signup.User) { u.Placeholder = true }), false, false},
	{"deleted", func(t testing.TB, a *signup.Accounts, u signup.User) { remove(t, a, u) }, false, false},
	{"registered anew", func(t testing.TB, a *signup.Accounts, u signup.User) {
		remove(t, a, u)
		u.ID = "ada-2"
		if err := a.Store.Create(t.Context(), &u); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
	}, false, false},
	{"registered anew and verified", func(t testing.TB, a *signup.Accounts, u signup.User) {
		remove(t, a, u)
		u.ID, u.EmailVerifiedAt = "ada-2", now()
		if err := a.Store.Create(t.Context(), &u); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
	}, false, false},
	{"moved to another address", func(t testing.TB, a *signup.Accounts, u signup.User) {
		remove(t, a, u)
		u.Email = "lovelace@example.org"
		if err := a.Store.Create(t.Context(), &u); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
	}, false, false},
	{"a password set by the application", func(t testing.TB, a *signup.Accounts, _ signup.User) {
		if _, err := a.SetPassword(t.Context(), adaEmail, "yet another correct horse"); err != nil {
			t.Fatalf("SetPassword returned %v, want nil", err)
		}
	}, false, false},
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func remove(t testing.TB, a *signup.Accounts, u signup.User) {
	t.Helper()
	if err := a.Store.Delete(t.Context(), u); err != nil {
		t.Fatalf("Delete returned %v, want nil", err)
	}
}

// snapshot returns all users of a memstore, by ID.
func snapshot(t testing.TB, store signup.Store) map[string]signup.User {
	t.Helper()
	users := map[string]signup.User{}
	for u, err := range store.(*memstore.Store).All(t.Context()) {
		if err != nil {
			t.Fatalf("All returned %v, want nil", err)
		}
		users[u.ID] = u
	}
	return users
}

// A token takes effect or is refused by what happened to the user since the mail was
// sent. A refusal changes nothing, hashes nothing and sends nothing.
func TestMailedTokenLater(t *testing.T) {
	for _, l := range laters {
		for _, c := range sendCalls {
			a, o := mailAccounts()
			hasher := &countingHasher{Bcrypt: cheap}
			a.Hasher = hasher
			token := c.mailed(t, a, o.withUser(t, a))
			l.happen(t, a, getUser(t, a.Store, "ada@example.org"))
			before, hashes := snapshot(t, a.Store), hasher.hashes.Load()
			u, err := c.use(t.Context(), a, token)
			want := l.verify && c.purpose == signup.PurposeVerifyEmail || l.reset && c.purpose == signup.PurposeResetPassword
			if !want {
				if err != signup.ErrToken || u.ID != "" {
					t.Errorf("%s after %s returned %v, %v; want no user and ErrToken", c.purpose, l.name, u, err)
				}
				after := snapshot(t, a.Store)
				for id, v := range before {
					if after[id].Version != v.Version || len(after) != len(before) {
						t.Errorf("%s after %s changed a user, want no change", c.purpose, l.name)
					}
				}
				if n := hasher.hashes.Load() - hashes; n != 0 || len(o.take()) != 0 {
					t.Errorf("%s after %s made %d hashes, or sent a mail; want none", c.purpose, l.name, n)
				}
				continue
			}
			if err != nil || u.EmailVerifiedAt.IsZero() || !u.Equal(getUser(t, a.Store, u.Key())) {
				t.Errorf("%s after %s returned %v, verified at %s, %v; want the user as stored, verified, and nil", c.purpose, l.name, u, u.EmailVerifiedAt, err)
			}
		}
	}
}

// withUser stores a user for adaEmail in a.
func (o *outbox) withUser(t testing.TB, a *signup.Accounts) *outbox {
	createAda(t, a.Store, nil)
	return o
}

// Every attack is refused with the same error, and changes nothing.
func TestMailedTokenAttacks(t *testing.T) {
	for _, c := range sendCalls {
		a, o := mailAccounts()
		hasher := &countingHasher{Bcrypt: cheap}
		a.Hasher = hasher
		u := createAda(t, a.Store, nil)
		bob := stored(t, a, "bob@example.org")
		token := c.mailed(t, a, o)
		attacks := map[string]string{
			"empty": "", "made up": rand.Text() + rand.Text(), "cut": token[:len(token)-1], "longer": token + "A", "padded": token + "=",
			"with a space": " " + token, "with a line break": token + "\n", "twice": token + token, "very long": string(make([]byte, 1<<20)),
			"for an address without a user": issued(t, a, signup.PurposeInvite, signup.User{Email: u.Email}),
			"for registration":              issued(t, a, signup.PurposeRegister, signup.User{Email: u.Email}),
			"of another program":            issued(t, tokenAccounts("other"), c.purpose, u),
		}
		for p := range userPurposes {
			if p != c.purpose {
				attacks["for "+string(p)] = issued(t, a, p, u)
			}
		}
		for i := range token { // each character replaced by another one
			b := []byte(token)
			b[i] = map[bool]byte{true: 'B', false: 'A'}[b[i] == 'A']
			attacks["changed at "+string(rune('0'+i/100))+string(rune('0'+i/10%10))+string(rune('0'+i%10))] = string(b)
		}
		before := snapshot(t, a.Store)
		for name, text := range attacks {
			if v, err := c.use(t.Context(), a, text); err != signup.ErrToken || v.ID != "" {
				t.Errorf("%s with a token that is %s returned %v, %v; want no user and ErrToken", c.purpose, name, v, err)
			}
		}
		for id, v := range snapshot(t, a.Store) {
			if before[id].Version != v.Version {
				t.Errorf("%s: user %q was changed, want no change", c.purpose, id)
			}
		}
		if n := hasher.hashes.Load(); n != 0 {
			t.Errorf("%s: got %d hashes for refused tokens, want 0", c.purpose, n)
		}
		if _, err := c.use(t.Context(), a, token); err != nil {
			t.Errorf("%s after all attacks returned %v, want nil", c.purpose, err)
		}
		if v := getUser(t, a.Store, bob.Key()); v.Version != bob.Version {
			t.Errorf("%s changed another user, want no change", c.purpose)
		}
	}
}

// A token that was sealed by an older secret works while that secret is listed.
func TestMailedTokenSecrets(t *testing.T) {
	for _, c := range sendCalls {
		for name, s := range map[string]struct {
			secrets []string
			want    error
		}{
			"rotated": {[]string{"second", "first"}, nil}, "removed": {[]string{"second"}, signup.ErrToken},
		} {
			a, o := mailAccounts()
			token := c.mailed(t, a, o.withUser(t, a))
			b := tokenAccounts(s.secrets...)
			b.Store, b.Send = a.Store, o.send
			if _, err := c.use(t.Context(), b, token); err != s.want {
				t.Errorf("%s with the secret %s returned %v, want %v", c.purpose, name, err, s.want)
			}
		}
	}
}

// Programs that scan mail may look at a token any number of times.
func TestMailedTokenPeeked(t *testing.T) {
	for _, c := range sendCalls {
		a, o := mailAccounts()
		token := c.mailed(t, a, o.withUser(t, a))
		before := getUser(t, a.Store, "ada@example.org")
		for range 100 {
			if p, u, err := a.PeekToken(t.Context(), token); err != nil || p != c.purpose || !u.Equal(before) {
				t.Fatalf("PeekToken returned %q, %v, %v; want %s and the user", p, u, err, c.purpose)
			}
		}
		if after := getUser(t, a.Store, before.Key()); after.Version != before.Version || len(o.take()) != 0 {
			t.Errorf("%s: PeekToken changed the user or sent a mail, want neither", c.purpose)
		}
		if _, err := c.use(t.Context(), a, token); err != nil {
			t.Errorf("%s after PeekToken returned %v, want nil", c.purpose, err)
		}
		if _, _, err := a.PeekToken(t.Context(), token); err != signup.ErrToken {
			t.Errorf("%s: after the use, PeekToken returned %v, want ErrToken", c.purpose, err)
		}
	}
}

// The Store may fail at each of its calls. The error is returned, and a repetition
// succeeds or finds that the first call did.
func TestMailedTokenStoreFails(t *testing.T) {
	for _, c := range sendCalls {
		for _, failure := range []error{signup.ErrBusy, errors.New("connection refused"), context.DeadlineExceeded} {
			for n := 1; n < 10; n++ {
				for _, made := range []bool{false, true} { // whether a failing Update has stored the user
					a, o := mailAccounts()
					token := c.mailed(t, a, o.withUser(t, a))
					memory := a.Store
					failing, calls := failAt(memory, n, made, failure)
					a.Store = failing
					_, err := c.use(t.Context(), a, token)
					if *calls < n {
						if err != nil {
							t.Errorf("%s returned %v without a failure, want nil", c.purpose, err)
						}
						n = 10
						break
					}
					checkNoSecrets(t, err)
					if !errors.Is(err, failure) || len(o.take()) != 0 {
						t.Errorf("%s, failing at call %d, returned %v or sent a mail; want %v and none", c.purpose, n, err, failure)
					}
					_, err = c.use(t.Context(), a, token)
					wasReset := made && c.purpose == signup.PurposeResetPassword && getUser(t, memory, "ada@example.org").CheckPassword(newPassword)
					if err != nil && (err != signup.ErrToken || !wasReset) {
						t.Errorf("%s again, after a failure at call %d, returned %v; want nil, or ErrToken after a reset", c.purpose, n, err)
					}
				}
			}
		}
	}
}
