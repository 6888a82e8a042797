package signup_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

func invitation(t testing.TB, a *signup.Accounts, o *outbox) string {
	t.Helper()
	if err := a.Invite(t.Context(), adaEmail, 0); err != nil {
		t.Fatalf("Invite returned %v, want nil", err)
	}
	return o.token(t, signup.PurposeInvite)
}

// An invited person becomes a user with a verified address, with each EmailVerification.
func TestInvite(t *testing.T) {
	for _, mode := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeLogIn, signup.VerifyBeforeRegistration} {
		synctest.Test(t, func(t *testing.T) {
			a, o := mailAccounts()
			a.EmailVerification = mode
			if err := a.Invite(t.Context(), " "+adaEmail, 0); err != nil {
				t.Fatalf("Invite returned %v, want nil", err)
			}
			mails := o.take()
			if len(mails) != 1 {
				t.Fatalf("got %d mails, want 1", len(mails))
			}
			m, expires := mails[0], time.Now().UTC().Add(7*24*time.Hour)
			if m.To != adaEmail || m.Purpose != signup.PurposeInvite || m.Code != "" || m.Notice != "" || m.User.ID != "" || !m.Expires.Equal(expires) {
				t.Errorf("got the mail %v until %s, with a code: %t; want one for invite, without user and code, until %s", m, m.Expires, m.Code != "", expires)
			}
			if n := len(snapshot(t, a.Store)); n != 0 {
				t.Errorf("got %d users after Invite, want none", n)
			}
			if p, u, err := a.PeekToken(t.Context(), m.Token); err != nil || p != signup.PurposeInvite || u.ID != "" || u.Email != "ada@example.org" {
				t.Errorf("PeekToken returned %q, %v, %v; want invite, a user with the address alone, and nil", p, u, err)
			}
			time.Sleep(6 * 24 * time.Hour)
			r := signup.Registration{Email: "bob@example.org", IdempotencyKey: "x", Password: goodPassword, FirstName: "Ada"}
			u, err := a.CompleteRegistration(t.Context(), m.Token, r)
			if err != nil || u.Email != adaEmail || !u.Active || u.FirstName != "Ada" || !u.EmailVerifiedAt.Equal(now()) {
				t.Fatalf("CompleteRegistration returned %v, %v, verified at %s; want the invited user, verified now, and nil", u, err, u.EmailVerifiedAt)
			}
			if _, err := a.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{}); err != nil {
				t.Errorf("LogIn returned %v, want nil", err)
			}
			if mails := o.take(); len(mails) != 0 {
				t.Errorf("got the mails %v after the registration, want none", mails)
			}
		})
	}
}

// A repetition within a day returns the user again. Any other use is refused.
func TestInvitationAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, o := mailAccounts()
		token, other := invitation(t, a, o), invitation(t, a, o)
		r := signup.Registration{Password: goodPassword}
		first, err := a.CompleteRegistration(t.Context(), token, r)
		if err != nil {
			t.Fatalf("CompleteRegistration returned %v, want nil", err)
		}
		for _, c := range []struct {
			name, token, password string
			wait                  time.Duration
			want                  error
		}{
			{"again", token, goodPassword, 0, nil},
			{"another password", token, newPassword, 0, signup.ErrToken},
			{"another invitation", other, goodPassword, 0, signup.ErrToken},
			{"for a log-in", issued(t, a, signup.PurposeLogIn, first), goodPassword, 0, signup.ErrToken},
			{"for a reset", issued(t, a, signup.PurposeResetPassword, first), goodPassword, 0, signup.ErrToken},
			{"for a verification of the user", issued(t, a, signup.PurposeVerifyEmail, first), goodPassword, 0, signup.ErrToken},
			{"a day later", token, goodPassword, 24 * time.Hour, signup.ErrToken},
		} {
			time.Sleep(c.wait)
			u, err := a.CompleteRegistration(t.Context(), c.token, signup.Registration{Password: c.password})
			if err != c.want || err == nil && !u.Equal(first) || err != nil && u.ID != "" {
				t.Errorf("%s: CompleteRegistration returned %v, %v; want %v", c.name, u, err, c.want)
			}
		}
		if u := getUser(t, a.Store, "ada@example.org"); !u.Equal(first) {
			t.Errorf("got %v stored, want the user as registered", u)
		}
	})
}

func TestInviteRefused(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"user": nil, "inactive": func(u *signup.User) { u.Active = false }, "placeholder": func(u *signup.User) { u.Placeholder = true },
	} {
		a, o := mailAccounts()
		createAda(t, a.Store, change)
		if err := a.Invite(t.Context(), "ADA@example.org", 0); !errors.Is(err, signup.ErrExists) || len(o.take()) != 0 {
			t.Errorf("%s: Invite returned %v or sent a mail, want ErrExists and none", name, err)
		}
	}
	a, o := mailAccounts()
	for _, email := range []string{"", "ada", "ada@example.org\nbob@example.org"} {
		var invalid *signup.ValidationError
		if err := a.Invite(t.Context(), email, 0); !errors.As(err, &invalid) {
			t.Errorf("Invite(%q) returned %v, want a *ValidationError", email, err)
		}
	}
	for life, ok := range map[time.Duration]bool{
		-time.Hour: false, time.Second - 1: false, time.Second: true, 30 * 24 * time.Hour: true, 30*24*time.Hour + 1: false,
	} {
		err := a.Invite(t.Context(), adaEmail, life)
		if n := len(o.take()); (err == nil) != ok || (n == 1) != ok {
			t.Errorf("Invite for %s returned %v and sent %d mails, want success: %t", life, err, n, ok)
		}
	}
	o.fail = func(context.Context) error { return &mailboxError{"mailbox full"} }
	err := a.Invite(t.Context(), adaEmail, 0)
	var mailbox *mailboxError
	if !errors.As(err, &mailbox) {
		t.Errorf("with a failing Send, Invite returned %v, want its error", err)
	}
	checkNoSecrets(t, err)
	a.Store = fakestore.Store{Store: memstore.New(), OnGet: func(context.Context, string) (signup.User, error) { return signup.User{}, signup.ErrBusy }}
	if err := a.Invite(t.Context(), adaEmail, 0); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("with a busy Store, Invite returned %v, want ErrBusy", err)
	}
	for name, b := range map[string]*signup.Accounts{
		"Send": tokenAccounts("first"), "Secrets": {Store: memstore.New(), Send: o.send},
	} {
		if err := b.Invite(t.Context(), adaEmail, 0); !errors.Is(err, signup.ErrNotConfigured) {
			t.Errorf("without %s, Invite returned %v, want ErrNotConfigured", name, err)
		}
	}
}

// An invitation that isn't valid is refused without a hash.
func TestInvitationAttacks(t *testing.T) {
	for name, attack := range map[string]func(t *testing.T, a *signup.Accounts, token string) string{
		"address taken since": func(t *testing.T, a *signup.Accounts, token string) string { createAda(t, a.Store, nil); return token },
		"of another program": func(t *testing.T, _ *signup.Accounts, _ string) string {
			return issued(t, tokenAccounts("other"), signup.PurposeInvite, signup.User{Email: adaEmail})
		},
		"changed": func(_ *testing.T, _ *signup.Accounts, token string) string { return token[:len(token)-2] + "AA" },
		"expired": func(_ *testing.T, _ *signup.Accounts, token string) string {
			time.Sleep(7 * 24 * time.Hour)
			return token
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, o := mailAccounts()
			hasher := &countingHasher{Bcrypt: cheap}
			a.Hasher = hasher
			token := attack(t, a, invitation(t, a, o))
			before := len(snapshot(t, a.Store))
			u, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: newPassword})
			if err != signup.ErrToken || u.ID != "" || hasher.hashes.Load()+hasher.verifies.Load() != 0 || len(snapshot(t, a.Store)) != before {
				t.Errorf("%s: got %v, %v after %d hashes and %d checks; want no user and ErrToken after none", name, u, err, hasher.hashes.Load(), hasher.verifies.Load())
			}
		})
	}
	a, o := mailAccounts()
	token := invitation(t, a, o)
	if _, err := a.VerifyEmail(t.Context(), token); err != signup.ErrToken {
		t.Errorf("VerifyEmail of an invitation returned %v, want ErrToken", err)
	}
	if _, err := a.ResetPassword(t.Context(), token, newPassword); err != signup.ErrToken {
		t.Errorf("ResetPassword by an invitation returned %v, want ErrToken", err)
	}
}

// Of 1000 concurrent uses of two invitations of one address, one stores a user.
func TestInvitationConcurrently(t *testing.T) {
	const calls = 1000
	a, o := mailAccounts()
	a.Hasher, a.Policy, a.HashLimits = plainHasher{}, signup.AnyPassword, signup.HashLimits{MaxConcurrent: calls}
	tokens := []string{invitation(t, a, o), invitation(t, a, o)}
	var created, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			r := signup.Registration{Password: goodPassword + strconv.Itoa(i)}
			err := signup.ErrBusy
			for errors.Is(err, signup.ErrBusy) {
				_, err = a.CompleteRegistration(t.Context(), tokens[i%2], r)
			}
			switch err {
			case nil:
				created.Add(1)
			case signup.ErrToken:
				refused.Add(1)
			default:
				t.Errorf("got %v, want nil or ErrToken", err)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 || refused.Load() != calls-1 {
		t.Errorf("got %d users and %d ErrToken, want 1 and %d", created.Load(), refused.Load(), calls-1)
	}
}
