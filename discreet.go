package signup

import (
	"context"
	"errors"
	"fmt"
)

// checkDiscreet returns what Discreet lacks, or nil.
func (a *Accounts) checkDiscreet() error {
	if a.Discreet && a.EmailVerification != VerifyBeforeRegistration {
		return fmt.Errorf("%w: Accounts.Discreet needs EmailVerification VerifyBeforeRegistration, Send and Secrets", ErrNotConfigured)
	}
	return nil // VerifyBeforeRegistration needs the others
}

// registerDiscreetly is sendRegistration for the address of u with Discreet. Whether or
// not the address has a user, it is one call of Counter, Store and Send each.
func (a *Accounts) registerDiscreetly(ctx context.Context, u User) error {
	_, err := a.sendAtMostOne(ctx, PurposeRegister, u.Key(), func() error {
		stored, err := a.get(ctx, u.Key())
		switch {
		case errors.Is(err, ErrNotFound), err == nil && stored.isReleased():
			return a.sendToken(ctx, PurposeRegister, u, u.Email)
		case err != nil:
			return fmt.Errorf("register: %w", err)
		case stored.Placeholder:
			stored = User{Email: stored.Email} // the address is held for a user of another one
		}
		return a.sendInPlaceOf(ctx, string(PurposeRegister), Mail{To: stored.Email, Notice: NoticeAlreadyRegistered, User: stored})
	})
	return err
}
