package signup

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
)

// Create stores a user that the application has made, without a sign-up: one that
// is migrated from another program, or invited. It normalizes and checks the address
// and the names as [Accounts.Register] does, and checks the hash with
// [Accounts.CheckHash], so that no hash is stored that matches no password. The empty
// PasswordHash is accepted. Create doesn't check the Profile.
//
// Create sets what is empty: ID and SecurityStamp to random texts, CreatedAt to the
// present and UpdatedAt to CreatedAt. It doesn't set Active: a user may log in only if
// the caller has set it. If Create returns an error, *u is unchanged.
//
// With an ID that the caller derives from the other program's, such as its primary
// key, a migration may be repeated: Create returns [ErrReplayed] for a user that it
// stored before. With a random ID, it returns [ErrExists].
//
// If u isn't valid, the error is [ErrInvalid]: a *[ValidationError], or that of
// CheckHash. Otherwise it is that of [Store.Create].
func (a *Accounts) Create(ctx context.Context, u *User) error {
	if err := a.setUp(); err != nil {
		return err
	}
	v := *u
	v.FirstName, v.LastName = strings.TrimSpace(v.FirstName), strings.TrimSpace(v.LastName)
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
	if err := a.createUser(ctx, &v); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	*u = v
	return nil
}
