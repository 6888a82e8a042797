package signup

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
)

// Create stores a user that the application has made, without a sign-up: one that
// is migrated from another program, or invited. It checks the address and the names
// as [Accounts.Register] does, and the hash with [Accounts.CheckHash], so that no
// user is stored who could never log in. The empty PasswordHash is accepted.
//
// Create sets what is empty: ID and SecurityStamp to random texts, CreatedAt to the
// present and UpdatedAt to CreatedAt. It doesn't set Active. If it returns an error,
// *u is unchanged.
//
// If u isn't valid, the error is ErrInvalid: a *[ValidationError], or that of
// CheckHash. Otherwise it is that of [Store.Create].
func (a *Accounts) Create(ctx context.Context, u *User) error {
	if err := a.setUp(); err != nil {
		return err
	}
	v := *u
	var wrong []FieldError
	for _, e := range []*FieldError{
		checkEmail(&v), checkName(FieldFirstName, v.FirstName), checkName(FieldLastName, v.LastName),
	} {
		if e != nil {
			wrong = append(wrong, *e)
		}
	}
	if wrong != nil {
		return &ValidationError{Fields: wrong}
	}
	if err := a.CheckHash(v.PasswordHash); err != nil {
		return err
	}
	v.ID = cmp.Or(v.ID, rand.Text())
	v.SecurityStamp = cmp.Or(v.SecurityStamp, rand.Text())
	if v.CreatedAt.IsZero() {
		v.CreatedAt = now()
	}
	if v.UpdatedAt.IsZero() {
		v.UpdatedAt = v.CreatedAt
	}
	if err := a.Store.Create(ctx, &v); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	*u = v
	return nil
}
