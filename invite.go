package signup

import (
	"cmp"
	"context"
	"time"
)

// defaultInviteLife is how long an invitation is valid by default.
const defaultInviteLife = 7 * 24 * time.Hour

// Invite sends a mail to the address email with a token for
// [Accounts.CompleteRegistration], by which the recipient chooses a password and becomes
// a user with a verified address. It works with any [EmailVerification]. Invite is for
// the application and its administrators, and stores nothing.
//
// The invitation is valid for life: from 1 second to 30 days. 0 is 7 days. It makes one
// user, also if the address is invited several times. An invitation can't be withdrawn
// by itself: it becomes void when the address gets a user in another way, or when the
// Secret that sealed it is removed. If its user is deleted, it is valid again until it
// expires.
//
// If the address has a user, active or not, or is held for one after a change of
// address, the error wraps [ErrExists]. Don't show it to a client that may not know which
// addresses are registered. If email isn't an address, the error is a
// *[ValidationError]. If Send or Secrets isn't set, it wraps [ErrNotConfigured]. If life
// is out of range, it wraps none of this package's. If Send returns an error, that is
// returned, without its text, and no mail was sent; call again. Any other error is the
// Store's or ctx's.
func (a *Accounts) Invite(ctx context.Context, email string, life time.Duration) error {
	if err := a.checkMail(); err != nil {
		return err
	}
	u, err := newAddress(email)
	if err != nil {
		return err
	}
	if err := a.checkFree(ctx, u); err != nil {
		return err
	}
	// The token has the key, and the address as it was typed.
	return a.sendWithToken(ctx, Mail{Purpose: PurposeInvite, User: u}, u.Email, cmp.Or(life, defaultInviteLife))
}
