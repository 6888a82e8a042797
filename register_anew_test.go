package signup_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// A registration that is repeated after its user was changed may ask for other data.
// If the user is deleted while the password is checked, that data is checked like
// that of any registration, and a user with wrong data doesn't stay.
func TestRegisteredAnewByTheRules(t *testing.T) {
	for _, c := range []struct {
		plan string
		want error
	}{{"free", nil}, {"gratis", signup.ErrInvalid}} {
		memory := memstore.New()
		deletes := false
		store := fakestore.Store{Store: memory, OnCreate: func(ctx context.Context, u *signup.User) error {
			if deletes {
				deletes = false
				stored, err := memory.Get(ctx, u.Key())
				if err == nil {
					err = memory.Delete(ctx, stored)
				}
				if err != nil {
					t.Errorf("Get and Delete returned %v, want nil", err)
				}
			}
			return memory.Create(ctx, u)
		}}
		a := &signup.Accounts{Store: store, Hasher: signup.Bcrypt{Cost: 4}, Fields: []signup.ProfileField{{
			Name: "plan",
			Validate: func(_ context.Context, value string) error {
				if value == "gratis" {
					return errors.New("no such plan")
				}
				return nil
			},
		}}}
		r := signup.Registration{
			Email: "ada@example.org", Password: goodPassword, IdempotencyKey: "0123456789abcdef",
			Profile: map[string]string{"plan": "free"},
		}
		u, err := a.Register(t.Context(), r)
		if err != nil {
			t.Fatalf("Register returned %v, want nil", err)
		}
		u.FirstName, u.UpdatedAt = "Ada", u.UpdatedAt.Add(time.Second)
		if err := memory.Update(t.Context(), &u); err != nil {
			t.Fatalf("Update returned %v, want nil", err)
		}
		deletes = true
		r.Profile["plan"] = c.plan
		if _, err := a.Register(t.Context(), r); !errors.Is(err, c.want) {
			t.Errorf("plan %q: Register returned %v, want %v", c.plan, err, c.want)
		}
		if _, err := memory.Get(t.Context(), "ada@example.org"); (err == nil) != (c.want == nil) {
			t.Errorf("plan %q: Get returned %v, want a user only if Register succeeded", c.plan, err)
		}
	}
}
