package signup

import (
	"cmp"
	"errors"
	"math"
	"runtime"
	"time"

	"github.com/gosignup/signup/internal/admission"
)

// HashLimits limits what the hashing of an [Accounts] costs. The zero value of
// each field selects its default.
type HashLimits struct {
	// MaxConcurrent is the greatest number of passwords hashed at once. 0 is
	// GOMAXPROCS at the first call.
	MaxConcurrent int
	// MaxMemory limits the memory of all hashes at once, in bytes. It must be
	// enough for one hash of Hasher. 0 is the memory of MaxStoredWork
	// and, for each of MaxConcurrent, 64 MiB or the memory of Hasher, if that is
	// more.
	//
	// A stored hash that needs more memory than Hasher and more than 64 MiB waits
	// in a line of its own, and runs only in the memory that MaxConcurrent others
	// would leave; if it needs more than that, it matches no password. While
	// others wait, such hashes get one part in 256 of the processors' time. So an
	// account with such a hash can't slow down the others, however often it is
	// tried. If MaxMemory is less than its default, such hashes have half of it,
	// and the limit of 64 MiB is lower.
	MaxMemory int64
	// MaxWait limits how long a call waits for its turn to hash. A call that
	// would have to wait longer, judging by the hashes before it, returns
	// ErrBusy at once. If that was misjudged, it returns ErrBusy after one and a
	// half times MaxWait. If waits have been longer than half of MaxWait for
	// about as long as MaxWait, some calls return ErrBusy at once by chance, so
	// that a lasting overload doesn't make every caller wait for MaxWait. 0 is 2
	// seconds, and more than a day is a day.
	MaxWait time.Duration
	// MaxStoredWork limits the cost of checking a stored hash; a costlier one,
	// which an attacker may have planted, matches no password. If Rounds is 0,
	// the limit is four times Hasher's, or 1<<14 if that is more; if Memory is 0,
	// it is 256 MiB, or Hasher's if that is more. The published defaults of the
	// programs whose formats [User.CheckPassword] lists are within these limits:
	// bcrypt of cost 14, 5.4 million iterations of PBKDF2 with SHA-256, scrypt
	// with N=2^17 and r=8, and argon2id with four passes over 256 MiB are. The 2
	// GiB of RFC 9106's first recommendation need an explicit limit.
	//
	// For a day after a hash that costs more than Hasher's was checked, every refused
	// log-in takes as long: see [Accounts.Authenticate]. If that is a hash of argon2, it
	// takes as much memory, too, up to 64 MiB.
	MaxStoredWork Work
}

// HashStats describes how busy the hashing of an [Accounts] is.
type HashStats struct {
	Running int   // hashes being made or verified
	Memory  int64 // the memory that they take, in bytes
	Waiting int   // calls that wait for their turn

	// Since the first call:
	Done      int64         // turns that have ended
	Refused   int64         // calls that returned ErrBusy
	Abandoned int64         // calls whose context ended while they waited
	Waited    time.Duration // the sum of all waits
}

// HashStats returns how busy the hashing is now. Before the first call of
// another method, or if the Accounts can't be used, it returns zeros.
func (a *Accounts) HashStats() HashStats {
	if a.setUp() != nil {
		return HashStats{}
	}
	return HashStats(a.queue.Stats())
}

const (
	defaultMaxWait = 2 * time.Second
	longestMaxWait = 24 * time.Hour
	// assumedRound is the time of one round of bcrypt until hashes have been
	// measured.
	assumedRound = 60 * time.Microsecond
)

// leastMaxStored is the least default of HashLimits.MaxStoredWork: more than the
// published defaults of the programs whose hashes are verified. Those are bcrypt
// 12 (PHP), scrypt with N=2^17, r=8, p=1 (OWASP), a million iterations of PBKDF2
// with SHA-512 (Werkzeug 3.1; Django 6.0 has 1.2 million with SHA-256) and
// argon2id with 256 MiB and three passes (libsodium's moderate).
var leastMaxStored = Work{Rounds: 1 << 14, Memory: 256 << 20}

// commonMemory is what a stored hash may need to wait in the same line as those of
// the Hasher, in bytes: as much as argon2id takes by default in PHP and Python.
const commonMemory = 64 << 20

// defaultMaxStored returns the default of HashLimits.MaxStoredWork for a Hasher
// of the cost own.
func defaultMaxStored(own Work) Work {
	return Work{
		Rounds: max(total(0, 4, own.Rounds), leastMaxStored.Rounds),
		Memory: max(own.Memory, leastMaxStored.Memory),
	}
}

// fits reports whether w is within limit.
func (w Work) fits(limit Work) bool { return w.Rounds <= limit.Rounds && w.Memory <= limit.Memory }

// setUpHashing fills in the defaults, or returns what is wrong.
func (a *Accounts) setUpHashing() error {
	own, limits := a.hasher().Work(), a.HashLimits
	byDefault := defaultMaxStored(own)
	permits := cmp.Or(limits.MaxConcurrent, runtime.GOMAXPROCS(0))
	a.maxWait = min(cmp.Or(limits.MaxWait, defaultMaxWait), longestMaxWait)
	a.maxStored = Work{
		Rounds: cmp.Or(limits.MaxStoredWork.Rounds, byDefault.Rounds),
		Memory: cmp.Or(limits.MaxStoredWork.Memory, byDefault.Memory),
	}
	common := max(own.Memory, commonMemory)
	memory := cmp.Or(limits.MaxMemory, total(a.maxStored.Memory, permits, common))
	if h, ok := a.hasher().(interface{ check() error }); ok {
		if err := h.check(); err != nil {
			return err
		}
	}
	switch {
	case own.Rounds < 1:
		return errors.New("signup: Accounts.Hasher does no work: its Work has no Rounds")
	case own.Memory < 0:
		return errors.New("signup: Accounts.Hasher has a negative Memory in its Work")
	case permits < 0:
		return errors.New("signup: HashLimits.MaxConcurrent is negative")
	case a.maxWait < 0:
		return errors.New("signup: HashLimits.MaxWait is negative")
	case !own.fits(a.maxStored):
		return errors.New("signup: HashLimits.MaxStoredWork is less than one hash of Hasher takes")
	case memory < own.Memory:
		return errors.New("signup: HashLimits.MaxMemory is less than one hash of Hasher takes")
	}
	large := memory - total(0, permits, common)
	if large < a.maxStored.Memory { // MaxMemory is less than its default
		atOnce := min(int64(permits), memory/max(own.Memory, 1))
		common = max(own.Memory, min(common, memory/2/atOnce))
		large = memory - min(atOnce*common, max(common, memory/2))
	}
	a.maxStored.Memory = min(a.maxStored.Memory, max(common, large)) // a hash that needs more would never run
	a.times = newHashTimes(common)
	a.queue = admission.New(admission.Limits{
		Concurrent: permits, Memory: memory, Common: common, Large: large, MaxWait: a.maxWait, Round: assumedRound,
	})
	return nil
}

// total returns one and n times each, or the greatest int64 if that is less.
func total(one int64, n int, each int64) int64 {
	if each > 0 && int64(n) > (math.MaxInt64-one)/each {
		return math.MaxInt64
	}
	return one + int64(max(n, 0))*each
}

func (a *Accounts) hasher() Hasher {
	if a.Hasher == nil {
		return Bcrypt{}
	}
	return a.Hasher
}
