package signup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Accounts registers users and checks their passwords: the rules, between a
// handler and a Store. Store must be set; every other field's zero value is
// the default that its comment tells. The fields must not be changed, nor the
// Accounts copied, after the first call. Its methods are safe for concurrent
// use if Store, Hasher and Policy are.
type Accounts struct {
	// Store keeps the users.
	Store Store
	// Hasher makes the hashes. Nil is Bcrypt{}.
	Hasher Hasher
	// Policy says which passwords may be chosen. Nil is NIST{}: at least 15
	// characters, and neither common nor the user's own address or name.
	Policy Policy
	// Fields declares the extra fields that users have. What a Registration
	// gives beyond them is dropped.
	Fields []Field

	// AllowTruncatedLegacy lets a password of more than 72 bytes log in where
	// its first 72 fit a bcrypt hash, as they do with most programs that
	// hash by bcrypt. It is for users taken over from one; the log-in
	// replaces the hash by one of the whole password.
	AllowTruncatedLegacy bool
	// MaxStored bounds what checking one stored hash may take: a more
	// costly one, which somebody may have planted, fits no password. 0 rounds
	// are 4 times those of Hasher, 0 bytes are 256 MiB, but neither is less
	// than what Hasher itself takes, or the programs that make the formats
	// which User.CheckPassword lists take by default: bcrypt of cost 13,
	// 2.7 million iterations of PBKDF2 with SHA-256, scrypt with N=2^17 r=8
	// and argon2id with three passes over 256 MiB all fit. The 2 GiB of RFC
	// 9106's first recommendation need a bound of their own.
	MaxStored Work

	// MaxHashing bounds how many passwords are hashed at once. 0 is
	// GOMAXPROCS at the first call.
	MaxHashing int
	// MaxMemory bounds the memory of all hashes at once, in bytes, and must
	// be enough for one of Hasher's. A stored hash that takes more fits no
	// password. 0 is the memory of MaxStored and, beside that, of MaxHashing
	// of Hasher's.
	MaxMemory int64
	// MaxWait bounds how long a call waits for its turn to hash: one that
	// would have to wait longer, judging by the hashes before it, gets
	// ErrBusy at once; where that was misjudged, after one and a half times
	// MaxWait. Where waits have been longer than half of MaxWait for about
	// as long as MaxWait, some calls get it at once by chance, so that a
	// lasting overload doesn't make everybody wait for all of it, and who
	// comes back after a refusal finds a place. 0 is 2 seconds.
	MaxWait time.Duration

	once      sync.Once
	invalid   error // what is wrong with the fields above
	gate      *gate
	maxStored Work
}

// A Registration is what a person gives to get an account. Printed by fmt or
// log/slog, or encoded as JSON or XML, it shows nothing of it.
type Registration struct {
	Email    string // as typed; see CanonicalEmail
	Password string // never stored
	// FirstName and LastName may be empty, and have at most 255 characters
	// and no control characters.
	FirstName, LastName string
	// Profile gives the declared extra fields (Accounts.Fields) by name.
	Profile map[string]string
	// IdempotencyKey, if not empty, makes it safe to repeat the registration
	// after a failure that leaves its outcome open: a random text, such as a
	// UUID, that only the client knows, new for each registration and the
	// same for its repetitions. It has 22 to 255 letters, digits and any of
	// -._~+/=:
	IdempotencyKey string
}

// Format writes "[redacted]", for every verb.
func (Registration) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue is "[redacted]".
func (Registration) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]": a logger encodes what it doesn't know.
func (Registration) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Register makes an active user of r, stores it, and returns it as stored,
// with the hash of its password.
//
// The error is a *ValidationError (an ErrInvalid) that tells everything that
// is wrong with r, ErrExists if the address is another user's, or ErrBusy. Of
// any number of registrations of one address, one succeeds. Any other error is
// the Store's, the Hasher's or the Policy's, or ctx's; if it is the Store's,
// whether the user was stored is as unknown as after Store.Create.
//
// With an IdempotencyKey, a registration that is repeated within 24 hours of
// the user's creation returns that user, in whatever process, for as long as
// the password is theirs. It costs one hash, and may give the user a new
// Version. Another password, or other data while the user is unchanged (that
// is, UpdatedAt is CreatedAt), is an ErrKeyReused; if it is the password, an
// ErrBadCredentials as well, to be counted as a failed log-in. A user who was
// deleted meanwhile is registered anew. Another address is another
// registration, even with the same key.
func (a *Accounts) Register(ctx context.Context, r Registration) (User, error) {
	u, _, err := a.register(ctx, r)
	return u, err
}

// register also reports whether r was registered before.
func (a *Accounts) register(ctx context.Context, r Registration) (u User, before bool, err error) {
	if err := a.setUp(); err != nil {
		return User{}, false, err
	}
	if a.gate.turnsAway(a.hasher().Work()) { // before any work: refusing must stay cheap
		return User{}, false, ErrBusy
	}
	u, wrong := a.newUser(r)
	u.ID = newID(r.IdempotencyKey, u.Key())
	// Before the policy, which may have changed since, or be out of order.
	if r.IdempotencyKey != "" && len(wrong) == 0 && checkPasswordText(r.Password) == nil {
		if stored, found, err := a.repeated(ctx, u, r.Password); found || err != nil {
			return stored, found, err
		}
	}
	if err := a.checkPassword(ctx, r.Password, u, wrong); err != nil {
		return User{}, false, err
	}
	if u.PasswordHash, err = a.hash(ctx, r.Password); err != nil {
		return User{}, false, err
	}
	u.CreatedAt = now()
	u.UpdatedAt = u.CreatedAt
	if err := a.Store.Create(ctx, &u); err != nil {
		return User{}, false, fmt.Errorf("register: %w", err)
	}
	if u.Version == "" && r.IdempotencyKey != "" { // another with this key was faster
		stored, found, err := a.repeated(ctx, u, r.Password)
		if !found && err == nil {
			err = errors.New("register: the user was deleted at once")
		}
		return stored, found, err
	}
	return u, false, nil
}

// Authenticate returns the user of the address email, if password is theirs
// and they are active. Otherwise the error is ErrBadCredentials, and which it
// was (no address, no such user, another password, an inactive user) is neither
// said nor shown by its work: each costs one hash, and a stored hash that is
// cheaper is made up for, to a sixteenth. (A costlier one, of another program,
// shows until it is replaced.) A password of more than 4096 bytes is nobody's.
//
// The error may be ErrBusy, which says nothing about the password. Any other
// is the Store's, or ctx's.
//
// A hash that is not Current any more is replaced in the Store, unless the user
// was changed in the meantime; the log-in succeeds either way.
func (a *Accounts) Authenticate(ctx context.Context, email, password string) (User, error) {
	if err := a.setUp(); err != nil {
		return User{}, err
	}
	if a.gate.turnsAway(a.hasher().Work()) {
		return User{}, ErrBusy
	}
	u, err := a.find(ctx, email)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, fmt.Errorf("authenticate: %w", err)
	}
	ok, newer, err := a.verify(ctx, u.PasswordHash, password, u.Active)
	if err != nil {
		return User{}, err
	}
	if !ok || !u.Active {
		return User{}, ErrBadCredentials
	}
	if newer != nil {
		a.rehash(ctx, &u, newer)
	}
	return u, nil
}

// rehash replaces u's hash by newer, in u and in the Store, if u is still as
// it was read: a change of password in the meantime wins. A failure doesn't
// matter: the next log-in tries again.
func (a *Accounts) rehash(ctx context.Context, u *User, newer Hash) {
	v := *u
	v.PasswordHash = newer
	v.UpdatedAt = now()
	if a.Store.Update(ctx, &v) == nil {
		*u = v
	}
}

func (a *Accounts) find(ctx context.Context, email string) (User, error) {
	key, err := CanonicalEmail(email)
	if err != nil {
		return User{}, ErrNotFound
	}
	return a.Store.Get(ctx, key)
}

// newUser returns the user that r describes, yet without hash, ID and times, and
// what is wrong with r but for its password.
func (a *Accounts) newUser(r Registration) (u User, wrong []FieldError) {
	u = User{Email: r.Email, FirstName: r.FirstName, LastName: r.LastName, Active: true}
	note := func(e *FieldError) {
		if e != nil {
			wrong = append(wrong, *e)
		}
	}
	note(checkEmail(&u))
	note(checkName(fieldFirstName, r.FirstName))
	note(checkName(fieldLastName, r.LastName))
	for _, f := range a.Fields {
		value := r.Profile[f.Name]
		note(f.check(value))
		if value != "" {
			if u.Profile == nil {
				u.Profile = make(map[string]string, len(a.Fields))
			}
			u.Profile[f.Name] = value
		}
	}
	if r.IdempotencyKey != "" {
		note(checkIdempotencyKey(r.IdempotencyKey))
	}
	return u, wrong
}

// checkEmail returns what is wrong with u.Email, or else fixes u's key.
func checkEmail(u *User) *FieldError {
	if u.Email == "" {
		return required(fieldEmail)
	}
	key, err := CanonicalEmail(u.Email)
	if err != nil {
		e, _ := errors.AsType[FieldError](err)
		return &e
	}
	u.SetKey(key, EmailRule)
	return nil
}

// checkPassword returns a *ValidationError of what is wrong with u's registration
// so far and with password, which comes second, after the address; or nil; or
// that the password couldn't be checked.
func (a *Accounts) checkPassword(ctx context.Context, password string, u User, wrong []FieldError) error {
	e, err := a.askPolicy(ctx, password, u)
	if err != nil && len(wrong) == 0 {
		return err
	}
	if e != nil {
		at := 0
		if len(wrong) > 0 && wrong[0].Field == fieldEmail {
			at = 1
		}
		wrong = slices.Insert(wrong, at, *e)
	}
	if len(wrong) > 0 {
		return &ValidationError{Fields: wrong}
	}
	return nil
}

// askPolicy returns what is wrong with password, or that it couldn't be
// checked.
func (a *Accounts) askPolicy(ctx context.Context, password string, u User) (*FieldError, error) {
	if e := checkPasswordText(password); e != nil {
		return e, nil
	}
	policy := a.Policy
	if policy == nil {
		policy = NIST{}
	}
	err := policy.Check(ctx, password, u)
	if err == nil {
		return nil, nil
	}
	if e, ok := errors.AsType[FieldError](err); ok {
		return &e, nil
	}
	if errors.Is(err, ErrInvalid) {
		return &FieldError{fieldPassword, "invalid", "'" + fieldPassword + "' is not acceptable."}, nil
	}
	return nil, fmt.Errorf("password policy: %w", err)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// setUp runs once, and returns what is wrong with the configuration.
func (a *Accounts) setUp() error {
	a.once.Do(func() {
		if a.Store == nil {
			a.invalid = errors.New("signup: Accounts.Store is nil")
			return
		}
		if a.invalid = checkFields(a.Fields); a.invalid != nil {
			return
		}
		a.invalid = a.setUpHashing()
	})
	return a.invalid
}
