package signup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// An inactive user has no session, no token and no device. All else is kept, and
// SetActive restores the log-in.
func TestInactive(t *testing.T) {
	for name, deactivate := range map[string]func(a *signup.Accounts, s signup.Session) error{
		"Deactivate": func(a *signup.Accounts, s signup.Session) error { return a.Deactivate(t.Context(), s) },
		"SetActive": func(a *signup.Accounts, _ signup.Session) error {
			return a.SetActive(t.Context(), " ADA@example.org", false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, o := mailAccounts()
			s := logInAda(t, a, func(u *signup.User) { u.Private = `{"other":[1, 2]}` })
			other := logIn(t, a, signup.Client{})
			before, tokens := getUser(t, a.Store, s.Key), tokensOf(t, a, s)
			if err := deactivate(a, s); err != nil {
				t.Fatalf("got %v, want nil", err)
			}
			after := getUser(t, a.Store, s.Key)
			want := before
			want.Active, want.SecurityStamp, want.UpdatedAt, want.Private = false, after.SecurityStamp, after.UpdatedAt, `{"other":[1, 2]}`
			if after = signup.WithoutEvents(after); !after.Equal(want) || after.SecurityStamp == before.SecurityStamp || !after.UpdatedAt.After(before.UpdatedAt) {
				t.Errorf("stored another user, or the old SecurityStamp or UpdatedAt: %t, want the same one, inactive, without devices", !after.Equal(want))
			}
			checkNoLogIn(t, a, "inactive", s, tokens)
			if name == "Deactivate" {
				o.checkNotice(t, signup.NoticeDeactivated)
			} else if mails := o.take(); len(mails) > 0 {
				t.Errorf("got the mails %v, want none", mails)
			}
			if err := a.Deactivate(t.Context(), s); err != signup.ErrEnded {
				t.Errorf("then Deactivate returned %v, want ErrEnded", err)
			}
			if err := a.SetActive(t.Context(), adaEmail, true); err != nil {
				t.Fatalf("SetActive returned %v, want nil", err)
			}
			if u := getUser(t, a.Store, s.Key); !u.Active || u.SecurityStamp != after.SecurityStamp {
				t.Errorf("SetActive stored Active %t, or another SecurityStamp; want true and the same stamp", u.Active)
			}
			for _, s := range []signup.Session{s, other} {
				wantSession(t, a, s, signup.ErrEnded)
			}
			wantSession(t, a, logIn(t, a, signup.Client{}), nil)
			if mails := o.take(); len(mails) > 0 {
				t.Errorf("got the mails %v, want none", mails)
			}
		})
	}
}

func TestDeactivateErrors(t *testing.T) {
	checkEnded(t, true, func(a *signup.Accounts, s signup.Session) error { return a.Deactivate(t.Context(), s) })
}

func TestSetActiveErrors(t *testing.T) {
	for _, active := range []bool{false, true} {
		a := newAccounts()
		s := logInAda(t, a, nil)
		for _, email := range []string{"", "ada", "bob@example.org"} {
			if err := a.SetActive(t.Context(), email, active); !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("SetActive of %q returned %v, want ErrNotFound", email, err)
			}
		}
		update(t, a, s.Key, func(u *signup.User) { u.Placeholder = true })
		before := getUser(t, a.Store, s.Key)
		if err := a.SetActive(t.Context(), adaEmail, active); !errors.Is(err, signup.ErrNotFound) || getUser(t, a.Store, s.Key).Version != before.Version {
			t.Errorf("SetActive of a placeholder returned %v or stored something, want ErrNotFound and nothing stored", err)
		}
	}
}

// A malformed Private stays as it is, and the sessions end all the same.
func TestSetActiveMalformedPrivate(t *testing.T) {
	a := newAccounts()
	s := logInAda(t, a, nil)
	update(t, a, s.Key, func(u *signup.User) { u.Private += "x" })
	before := getUser(t, a.Store, s.Key)
	if err := a.SetActive(t.Context(), adaEmail, false); err != nil {
		t.Fatalf("SetActive returned %v, want nil", err)
	}
	if u := getUser(t, a.Store, s.Key); u.Active || u.Private != before.Private || u.SecurityStamp == before.SecurityStamp {
		t.Errorf("stored Active %t, another Private or the same stamp; want false, the same Private, a new stamp", u.Active)
	}
}

// After a failure of the Store at any of its calls, a repetition makes the user inactive,
// or finds that it was made.
func TestDeactivateStoreFails(t *testing.T) {
	for _, failure := range []error{signup.ErrBusy, errors.New("connection refused"), context.DeadlineExceeded} {
		for n := 1; n <= 2; n++ {
			for _, made := range []bool{false, true} {
				a, o := mailAccounts()
				s := logInAda(t, a, nil)
				memory, tokens := a.Store, tokensOf(t, a, s)
				a.Store, _ = failAt(memory, n, made, failure)
				err := a.Deactivate(t.Context(), s)
				checkNoSecrets(t, err)
				if !errors.Is(err, failure) || len(o.take()) > 0 {
					t.Errorf("failing at call %d, Deactivate returned %v or sent a mail, want %v and none", n, err, failure)
				}
				want := error(nil)
				if n == 2 && made {
					want = signup.ErrEnded
				}
				if err := a.Deactivate(t.Context(), s); !errors.Is(err, want) {
					t.Errorf("again, after a failure at call %d, Deactivate returned %v, want %v", n, err, want)
				}
				checkNoLogIn(t, a, "after a failure", s, tokens)
			}
		}
	}
}

// A call that conflicts with itself succeeds, and is stored once more to be durable.
func TestDeactivateConflictsWithItself(t *testing.T) {
	a, o := mailAccounts()
	s := logInAda(t, a, nil)
	failing, updates := conflictAfter(a.Store, 1)
	a.Store = failing
	if err := a.Deactivate(t.Context(), s); err != nil || *updates != 2 || getUser(t, a.Store, s.Key).Active {
		t.Errorf("Deactivate returned %v after %d Updates, want nil after 2, and an inactive user", err, *updates)
	}
	o.checkNotice(t, signup.NoticeDeactivated)

	// A device that another call has ended isn't taken for that.
	a, _ = mailAccounts()
	s = logInAda(t, a, nil)
	memory := a.Store
	a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
		v := getUser(t, memory, s.Key)
		v.Private = ""
		if err := memory.Update(ctx, &v); err != nil {
			return err
		}
		return memory.Update(ctx, u)
	}}
	if err := a.Deactivate(t.Context(), s); err != signup.ErrEnded || !getUser(t, memory, s.Key).Active {
		t.Errorf("with a device that ends during the call, Deactivate returned %v, want ErrEnded and an active user", err)
	}
}
