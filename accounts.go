package signup

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gosignup/signup/internal/admission"
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
	// against, beside those of [Hash.Scheme]. A log-in replaces such a hash by
	// one of Hasher. Nil adds none.
	HashFormats []HashFormat
	// HashLimits limits the cost of hashing. The zero value has the defaults.
	HashLimits HashLimits

	// AllowTruncatedBcrypt lets a password longer than 72 bytes log in if its
	// first 72 bytes match a bcrypt hash, as they do in most programs that use
	// bcrypt. It is for users migrated from such a program. The log-in replaces
	// the hash by one of the whole password.
	AllowTruncatedBcrypt bool

	once      sync.Once
	invalid   error // what is wrong with the fields above
	queue     *admission.Queue
	times     *hashTimes
	maxWait   time.Duration
	maxStored Work
}

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
		for i, f := range a.HashFormats {
			if f == nil {
				a.invalid = fmt.Errorf("signup: Accounts.HashFormats[%d] is nil", i)
				return
			}
		}
		a.invalid = a.setUpHashing()
	})
	return a.invalid
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

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
