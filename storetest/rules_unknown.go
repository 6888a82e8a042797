package storetest

import (
	"context"
	"fmt"

	"github.com/gosignup/signup"
)

func (o Options) unknownMembers(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	other, err := create(ctx, s, "id-2", "other@example.org")
	if err != nil {
		return err
	}
	if err := o.AddUnknown(ctx, s, u.Key()); err != nil {
		return fmt.Errorf("AddUnknown: got the error %w, want nil", err)
	}
	kept := func(after string) error {
		for _, c := range []struct {
			key  string
			want bool
		}{{u.Key(), true}, {other.Key(), false}} {
			got, err := o.HasUnknown(ctx, s, c.key)
			switch {
			case err != nil:
				return fmt.Errorf("HasUnknown after %s: got the error %w, want nil", after, err)
			case !got && c.want:
				return fmt.Errorf("HasUnknown(%q) after %s: got false, want true: a member that the store doesn't know was lost", c.key, after)
			case got != c.want:
				return fmt.Errorf("HasUnknown(%q) after %s: got %t, want %t", c.key, after, got, c.want)
			}
		}
		return nil
	}
	if err := kept("AddUnknown"); err != nil {
		return err
	}
	if u, err = get(ctx, s, u.Key()); err != nil {
		return err
	}
	changed, err := filled(u, 2, dataFields()...)
	if err := first(err, updates(ctx, s, &changed), has(ctx, s, changed), kept("Update")); err != nil {
		return err
	}
	little := signup.User{ID: u.ID, Email: u.Email, Version: changed.Version}
	again := newUser(u.ID, u.Email)
	return first(
		updates(ctx, s, &little), has(ctx, s, little), kept("Update without any other field"),
		is("Create of the same user once more", s.Create(ctx, &again), signup.ErrReplayed), kept("a repeated Create"),
	)
}
