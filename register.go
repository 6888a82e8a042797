package signup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A Registration is what a person gives to get an account. fmt, log/slog and
// every encoding that uses [encoding.TextMarshaler] or [encoding.BinaryMarshaler]
// show it as "[redacted]", and so does every verb of fmt except %w and %p.
type Registration struct {
	Email    string // as typed; see NormalizeEmail
	Password string // never stored
	// FirstName and LastName may be empty. Surrounding white space is removed.
	// Then they have at most 255 characters, at least one of which is visible, and
	// neither control characters, line breaks (U+2028 and U+2029 included) nor
	// characters that set the direction of text (U+202A to U+202E and U+2066 to
	// U+2069). Joiners, which some scripts and emoji need, are accepted.
	FirstName, LastName string
	// Profile gives the declared extra fields (Accounts.Fields) by name. A value
	// without a visible character is dropped.
	Profile map[string]string
	// IdempotencyKey, if not empty, makes it safe to repeat the registration
	// after a failure of unknown outcome. It is a random text, such as a UUID,
	// that only the client knows: a new one for each registration, and the same
	// one for each repetition. It has 16 to 255 letters, digits and any of
	// -._~+/=:
	IdempotencyKey string
	// Client describes the client of the request. Only its Origin is used, for
	// [Limits].PerOrigin.
	Client Client
}

// Format writes "[redacted]" for every verb that calls it.
func (Registration) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue returns "[redacted]".
func (Registration) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (Registration) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalBinary returns "[redacted]". Gob uses it.
func (Registration) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }

// Register creates an active user from r, with a random SecurityStamp, stores it
// and returns it as stored.
//
// If r isn't valid, the error is a *[ValidationError] that lists every reason. If
// the address belongs to another user, it is [ErrExists]. If there is no capacity,
// it is [ErrBusy]. If r.Client.Origin makes too many calls ([Limits].PerOrigin), it is
// [ErrThrottled]. Of any number of registrations of one address, one succeeds.
// Any other error is the Store's, the Hasher's, the Policy's or ctx's; after an
// error of the Store the outcome is unknown, as it is after [Store.Create].
//
// With an IdempotencyKey, a registration that is repeated within 24 hours of the
// user's creation returns that user, in any process. It costs one hash. It
// needs the user's present password; a wrong one is [ErrIdempotencyKeyReused] and
// [ErrBadCredentials], and is counted and limited as a failed log-in is
// ([Accounts.Authenticate]). While the user is
// unchanged (UpdatedAt is CreatedAt), other data than in the first registration
// is ErrIdempotencyKeyReused as well, except for ReadOnly fields. If the user was
// deactivated, the error is ErrExists. If the user was deleted, the address is
// registered anew. Another address is another registration, even with the same
// key.
//
// With [VerifyBeforeLogIn], Register then sends a mail with a token for
// [Accounts.VerifyEmail], also if r is repeated and the address isn't verified yet. If
// that fails, the user is registered all the same, and the error is logged; call
// [Accounts.SendEmailVerification]. The mail is one of those that
// [Limits].MailInterval limits: if another one was just sent, none is sent.
//
// With [VerifyBeforeRegistration], Register stores nothing. If the address is free, it
// sends a mail with a token for [Accounts.CompleteRegistration], and returns a User
// without ID, which has only the Email. Of r, it uses only the Email and the Client. If
// such a mail was sent to the address within [Limits].MailInterval, it sends none, and
// returns the same. An error of Send is returned, without its text. With
// [Accounts].Discreet, Register doesn't return ErrExists: a user of the address gets a
// mail with [NoticeAlreadyRegistered], and Register returns the same as for a free one.
func (a *Accounts) Register(ctx context.Context, r Registration) (User, error) {
	if err := a.admit(); err != nil {
		return User{}, err
	}
	u, _, err := a.register(ctx, r)
	return u, err
}

// register is Register after admission. It also reports whether r repeats an
// earlier registration.
func (a *Accounts) register(ctx context.Context, r Registration) (u User, replayed bool, err error) {
	if err := a.countOrigin(ctx, r.Client); err != nil {
		return User{}, false, fmt.Errorf("register: %w", err)
	}
	if a.EmailVerification == VerifyBeforeRegistration {
		u, err = a.sendRegistration(ctx, r)
		return u, false, err
	}
	u, replayed, err = a.create(ctx, r, time.Time{}, ReasonPassword)
	if err == nil && a.awaitsVerification(u) { // replayed or not: the first mail may be lost
		a.afterChange(ctx, u, func(ctx context.Context) error {
			_, err := a.sendAtMostOne(ctx, PurposeVerifyEmail, u.Key(), func() error {
				return a.sendToken(ctx, PurposeVerifyEmail, u, "")
			})
			return err
		})
	}
	return u, replayed, err
}

// create stores the user that r describes, whose address was verified at verifiedAt.
// The reason is that of the event.
func (a *Accounts) create(ctx context.Context, r Registration, verifiedAt time.Time, reason EventReason) (u User, replayed bool, err error) {
	c := a.newChange(EventRegistered, reason)
	u, replayed, err = a.createOrReplay(ctx, r, verifiedAt, c)
	if err == nil {
		u, err = a.sendRegistered(ctx, u, c, r.IdempotencyKey != "")
	}
	return u, replayed, err
}

// createOrReplay is create without the event's After.
func (a *Accounts) createOrReplay(ctx context.Context, r Registration, verifiedAt time.Time, c *change) (u User, replayed bool, err error) {
	u, problems := a.describe(r)
	u.EmailVerifiedAt = verifiedAt
	u.ID = newID(r.IdempotencyKey, u.Key())

	// The replay comes before the application's own rules, which may have changed
	// since the first registration, or may refuse a value because that has used
	// it.
	mayReplay := r.IdempotencyKey != "" && len(problems) == 0 && checkPasswordText(r.Password) == nil
	const attempts = 3 // each is caused by another registration or a deletion in between
	for range attempts {
		if mayReplay {
			stored, err := a.replay(ctx, r, u, c)
			if !errors.Is(err, ErrNotFound) {
				return stored, err == nil, err
			}
		}
		if u.PasswordHash == "" {
			if err := a.check(ctx, c, r.Password, u, a.Fields, problems); err != nil {
				return User{}, false, err
			}
			if u.PasswordHash, err = a.hash(ctx, r.Password); err != nil {
				return User{}, false, err
			}
			u.SecurityStamp = rand.Text()
		}
		c.begin(&u, r)
		err = a.createUser(ctx, &u)
		if !errors.Is(err, ErrReplayed) {
			break
		}
		mayReplay = true // a registration with the same key was faster
	}
	if err != nil {
		return User{}, false, fmt.Errorf("register: %w", err)
	}
	return u, false, nil
}
