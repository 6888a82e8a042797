package signup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gosignup/signup/internal/admission"
	"github.com/gosignup/signup/internal/outage"
)

// Accounts registers users and checks their passwords: it holds the rules,
// between a handler and a Store. Store must be set; the zero value of every
// other field selects the default that its comment names. The fields must not be
// changed, and the Accounts not copied, after the first call. The methods are
// safe for concurrent use if Store, Hasher, Policy and the Fields' functions are.
type Accounts struct {
	// Store keeps the users.
	Store Store
	// Hasher makes the hashes. Nil is Bcrypt{}.
	Hasher Hasher
	// Policy decides which passwords may be chosen. Nil is NIST{}: at least 15
	// characters, not common, and not the user's own address or name.
	Policy Policy
	// Fields declares the extra fields that users have. Values that a
	// Registration has for other fields are dropped.
	Fields []ProfileField
	// HashFormats adds formats of stored hashes that passwords are verified
	// against, beside those of [Hash.Scheme]. The first one that accepts a hash
	// verifies it; those of Hash.Scheme come before all. A log-in replaces such a
	// hash by one of Hasher. Nil adds none; a nil element is an error.
	HashFormats []HashFormat
	// HashLimits limits the cost of hashing. The zero value has the defaults.
	HashLimits HashLimits

	// AllowTruncatedBcrypt lets a password longer than 72 bytes log in if its
	// first 72 bytes match a bcrypt hash, as they do in most programs that use
	// bcrypt. It is for users migrated from such a program, applies to the schemes
	// bcrypt and django-bcrypt of [Hash.Scheme], and doesn't apply to hashes that
	// Bcrypt has made. The log-in replaces the hash by one of the whole password.
	AllowTruncatedBcrypt bool

	// Secrets seal the tokens that mails contain, and device cookies. The first one
	// seals, and each one opens. If there is none, a call that needs a token returns
	// an error that wraps ErrNotConfigured. A Secret of fewer than 32 bytes, or of one
	// byte repeated, is an error of every call.
	//
	// Make a Secret once, with "openssl rand -base64 32" or with [crypto/rand.Read],
	// and give the same one to each process. The text that openssl prints may be used
	// as it is. Keep it where the passwords of databases are kept, such as a secret
	// manager or a file that only the program can read, and apart from the Store and
	// its backups: a person with both can reset every password.
	//
	// To replace a Secret, first add the new one at the end, in every process. Then
	// move it to the front, and remove the old one when the tokens that it sealed
	// have expired. If a Secret may be known to others, or the Store was restored
	// from a backup, remove it at once: all tokens sealed by it are void then.
	Secrets []Secret
	// Send hands a mail on, to a queue of the application, and returns soon: the
	// request waits for it. If Send is nil, a call that is of no use without a mail
	// returns an error that wraps ErrNotConfigured, before it does anything else, and
	// no notices are sent. Send is called by several goroutines at once, as the last
	// step of a call.
	//
	// If a call consists in sending a mail, as [Accounts.SendPasswordReset] does, it
	// returns Send's error. errors.Is and errors.As find that error, but its text is
	// left out, since mail servers repeat addresses in theirs. So Send logs what the
	// operator has to know. If the mail follows a change, as a [Notice] does, the
	// change stands, the call succeeds, and the error is logged. The context of such
	// a Send has a deadline of 5 seconds, and isn't canceled with the call's. A panic
	// of Send reaches the caller.
	Send func(ctx context.Context, m Mail) error
	// TokenLife is how long the token of a mail is valid: from 1 second to 24 hours
	// (NIST SP 800-63B-4, section 4.2.1.2). 0 is an hour.
	TokenLife time.Duration
	// UndoLife is how long the user of an old address can undo a change of address
	// ([Accounts.UndoEmailChange]), from 1 hour to 29 days. For as long, the old address
	// stays taken. 0 is 7 days.
	UndoLife time.Duration
	// EmailVerification says when a user must show that mail to the address arrives.
	// The zero value is VerifyNever. Another value also refuses the log-in of users
	// that were stored before, until their EmailVerifiedAt is set: by
	// [Accounts.VerifyEmail], [Accounts.ResetPassword], a log-in by mail
	// ([Accounts.SendLogIn]) or the application.
	EmailVerification EmailVerification
	// Discreet hides which addresses have users, against what OWASP calls user
	// enumeration. Without it, Register returns ErrExists for such an address.
	// With it, Register, SendEmailVerification, SendPasswordReset and
	// SendLogIn do the same for each valid address: each calls the Counter, the Store and
	// Send once, computes no hash, and returns the same, or a challenge of the same form.
	// So does SendEmailChange, for which ErrExists is left out as well, with two calls of
	// the Store and of Send. What differs is the mail: one with a token, or a Notice
	// without one, which only a person that reads the address's mail sees. Within
	// Limits.MailInterval of a mail, each calls only the Counter, and SendEmailChange the
	// Store once. For an Origin, the Counter is called once more. Invite, which is for the
	// application, returns ErrExists in any case. In the moment of a change of address,
	// calls that concern the new one may call the Store more often.
	//
	// Discreet needs Send, Secrets, and VerifyBeforeRegistration as EmailVerification.
	// Without them, each call returns an error that wraps ErrNotConfigured. A log-in
	// reveals nothing in any case; see [Accounts.Authenticate].
	Discreet bool
	// Counter counts failed log-ins, calls and mails for Limits. Nil counts in this
	// process alone, in memory (two MemoryCounters, one of them for mails), so that
	// several processes permit as many times the Limits. The names that a Counter gets
	// are digests. A call waits for the Counter, which must return soon. If it returns an
	// error, the call is refused with an error that wraps ErrBusy, before any hash and
	// any mail. If ctx is done, the error is that of ctx.
	Counter Counter
	// Limits says how many of them there may be. The zero value has the defaults.
	Limits Limits
	// Before is asked before a user is registered or logged in, or a password, address
	// or profile is changed, or a user is deactivated or deleted. It isn't asked about
	// other events, and not about the undo of a change of address. Its error refuses the
	// call, which returns it as it is and stores and sends nothing. A handler sends the
	// client a FieldError or ValidationError, and treats other errors as it treats
	// those of this package; one that wraps none, or ErrInvalid alone, is 500, and its
	// text is logged. A log-in that is refused with ErrBadCredentials gets the response
	// and the event of one with a wrong password, but its time may differ. Nil refuses
	// nothing.
	//
	// Before gets the event and the user as about to be stored, with the final ID, and
	// without PasswordHash, Private and Version. Times and SecurityStamp may still
	// change. With VerifyBeforeRegistration, [Accounts.Register] asks before it sends
	// the mail, and then the user has only the Email. So this closes the sign-up to
	// all but invited users:
	//
	//	if e.Kind == signup.EventRegistered && e.Reason != signup.ReasonInvitation {
	//		return errClosed
	//	}
	//
	// [Accounts.Authenticate] asks, too; it may have replaced a hash that needs a rehash
	// by then. A repetition of a registration that was stored is not asked for. A call
	// asks once, or again if the user was changed in the meantime. It asks before the
	// Policy is called and before a new password is hashed, and the change may still fail
	// afterwards: what has happened is for After. Before is called by several goroutines
	// at once, and must return soon.
	Before func(ctx context.Context, e Event, u User) error
	// After gets each event when the Store has the change, or a log-in was refused,
	// except what Before refuses with another error than ErrBadCredentials or
	// ErrUnverified. [EventLogger] makes such a function. After is called by several
	// goroutines at once, and must return soon: the request waits for it. Its context
	// isn't canceled with the call's. A panic of After reaches the caller. If After is
	// nil, nothing is called.
	//
	// If a call returns an error of the Store, the outcome is unknown, and After isn't
	// called. The event of a registration with an IdempotencyKey then comes with the
	// repetition, and exactly once. It takes one more Store.Update. If the process ends
	// after the write and before After, the event is only in [Accounts.Events].
	After func(ctx context.Context, e Event)
	// Logger gets a record of each mail that couldn't be sent after a change, with
	// the user's ID. If counts can't be taken back after log-ins, it gets a warning when
	// that begins, with the cause, and another when none has failed for 10 seconds, with
	// their number. Nil is slog.Default(). Handlers have a Logger of their own.
	Logger *slog.Logger

	once      sync.Once
	invalid   error // what is wrong with the fields above
	queue     *admission.Queue
	times     *hashTimes
	maxWait   time.Duration
	maxStored Work

	limits               Limits // with the defaults
	counter, mailCounter Counter
	notTakenBack         outage.Outage
	moving               movingRules // the zero value, except in tests
}

// setUp runs once, and returns what is wrong with the configuration.
func (a *Accounts) setUp() error {
	a.once.Do(func() {
		if a.Store == nil {
			a.invalid = errors.New("signup: Accounts.Store is nil")
			return
		}
		a.invalid = cmp.Or(checkFields(a.Fields), a.checkHashFormats(), checkSecrets(a.Secrets),
			a.checkMailFields(), a.checkUndoLife(), a.checkPolicy(), a.setUpLimits(), a.setUpHashing())
	})
	return a.invalid
}

func (a *Accounts) checkHashFormats() error {
	if i := slices.IndexFunc(a.HashFormats, func(f HashFormat) bool { return f == nil }); i >= 0 {
		return fmt.Errorf("signup: Accounts.HashFormats[%d] is nil", i)
	}
	return nil
}

// checkPolicy returns what is wrong with a Policy of this package.
func (a *Accounts) checkPolicy() error {
	if p, ok := a.policy().(interface{ check() error }); ok {
		return p.check()
	}
	return nil
}

// admit returns ErrBusy if there is no capacity for one more hash. It is called
// before any work, so that a refusal is cheap.
func (a *Accounts) admit() error {
	if err := a.setUp(); err != nil {
		return err
	}
	if a.queue.Sheds(admission.Work(a.hasher().Work())) {
		return ErrBusy
	}
	return nil
}

// get returns the user of the address with the canonical form key. If a change of
// address has reached its commit, get finishes it. Otherwise it may return a Placeholder.
func (a *Accounts) get(ctx context.Context, key string) (User, error) {
	u, err := a.Store.Get(ctx, key)
	if err != nil || !u.Placeholder {
		return u, err
	}
	return a.finishMove(ctx, u)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
