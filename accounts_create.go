package signup

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
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
// CheckHash, or one for a Placeholder, for a Private that this package can't read, or for
// a time outside the years 1 to 9999, in UTC. Otherwise it is that of [Store.Create].
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
	if err := checkNew(v); err != nil {
		return fmt.Errorf("create: %w", err)
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

// checkNew returns ErrInvalid for a user that a Store may accept but an application
// can't use: Register would never free the address of a placeholder that this package
// didn't make, each log-in fails with a malformed Private, and JSON has no form for such a
// time.
func checkNew(u User) error {
	if u.Placeholder {
		return fmt.Errorf("the user is a placeholder: %w", ErrInvalid)
	}
	if _, err := u.Private.parse(); err != nil {
		return fmt.Errorf("%w: %w", err, ErrInvalid)
	}
	for _, at := range [...]time.Time{u.CreatedAt, u.UpdatedAt, u.EmailVerifiedAt} {
		if year := at.UTC().Year(); year < 1 || year > 9999 {
			return fmt.Errorf("the user has a time in the year %d: %w", year, ErrInvalid)
		}
	}
	return nil
}
