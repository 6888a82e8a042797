package signup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// A replay reads the user, and hashes. What happens to the user in between
// counts: a deletion is not undone, and an inactive user is not returned.
func TestReplayOfUserThatChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(context.Context, signup.Store, signup.User) error
		check  func(t *testing.T, stored, got signup.User, err error)
	}{
		{"deleted", func(ctx context.Context, s signup.Store, u signup.User) error { return s.Delete(ctx, u) },
			func(t *testing.T, stored, got signup.User, err error) {
				if err != nil || got.Profile["role"] != "" || got.Private == stored.Private || !got.EmailVerifiedAt.IsZero() || !got.Active {
					t.Errorf("got %v with role %q, %v; want a new user", got, got.Profile["role"], err)
				}
				if got.SecurityStamp == stored.SecurityStamp || !got.CreatedAt.After(stored.CreatedAt) || !got.CheckPassword(goodPassword) {
					t.Errorf("got the stamp %q and created at %v, want another stamp and a later time", got.SecurityStamp, got.CreatedAt)
				}
			}},
		{"deactivated", func(ctx context.Context, s signup.Store, u signup.User) error {
			u.Active = false
			return s.Update(ctx, &u)
		},
			func(t *testing.T, _, got signup.User, err error) {
				if !errors.Is(err, signup.ErrExists) || got.ID != "" {
					t.Errorf("got %v, %v; want ErrExists", got, err)
				}
			}},
		{"given another password", func(ctx context.Context, s signup.Store, u signup.User) error {
			u.PasswordHash, _ = cheap.Hash("another horse battery")
			return s.Update(ctx, &u)
		}, func(t *testing.T, _, got signup.User, err error) {
			if !errors.Is(err, signup.ErrBadCredentials) || got.ID != "" {
				t.Errorf("got %v, %v; want ErrBadCredentials", got, err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := memstore.New()
			first, err := (&signup.Accounts{Store: store, Hasher: cheap}).Register(t.Context(), keyed())
			if err != nil {
				t.Fatalf("Register returned %v, want nil", err)
			}
			first.Profile = map[string]string{"role": "admin"}
			first.Private, first.EmailVerifiedAt = "private", first.CreatedAt
			first.CreatedAt = first.CreatedAt.Add(-1e9)
			first.UpdatedAt = first.CreatedAt.Add(1e6)
			if err := store.Update(t.Context(), &first); err != nil {
				t.Fatalf("Update returned %v, want nil", err)
			}
			changed := false
			racing := fakestore.Store{Store: store, OnGet: func(ctx context.Context, key string) (signup.User, error) {
				u, err := store.Get(ctx, key)
				if err == nil && !changed {
					changed = true
					err = c.change(ctx, store, u)
				}
				return u, err
			}}
			got, err := (&signup.Accounts{Store: racing, Hasher: cheap}).Register(t.Context(), keyed())
			c.check(t, first, got, err)
		})
	}
}

// The application's own rules don't refuse a repetition, and a field that only
// the application sets doesn't make it another registration.
func TestReplayComesBeforeTheApplicationsRules(t *testing.T) {
	taken := map[string]bool{}
	a := &signup.Accounts{Store: memstore.New(), Hasher: cheap, Fields: []signup.ProfileField{
		{Name: "company", Required: true, Validate: func(_ context.Context, value string) error {
			if taken[value] {
				return errors.New("taken")
			}
			taken[value] = true
			return nil
		}},
		{Name: "role", ReadOnly: true},
	}}
	first, err := a.Register(t.Context(), keyed())
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	first.Profile["role"] = "user"
	if err := a.Store.Update(t.Context(), &first); err != nil {
		t.Fatalf("Update returned %v, want nil", err)
	}
	again, err := a.Register(t.Context(), keyed())
	if err != nil || again.ID != first.ID || again.Profile["role"] != "user" {
		t.Errorf("the repetition returned %v, %v; want the user %v", again, err, first)
	}
	other := keyed()
	other.Email = "b@example.org"
	if _, err := a.Register(t.Context(), other); !errors.Is(err, signup.ErrInvalid) {
		t.Errorf("another registration returned %v, want ErrInvalid", err)
	}
}
