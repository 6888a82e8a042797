package signup

import (
	"cmp"
	"context"
	"errors"
	"math/bits"
	"runtime"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// HashStats tells how busy the hashing of an Accounts is.
type HashStats struct {
	Running int   // hashes that are being made or checked
	Memory  int64 // that they take, in bytes
	Waiting int   // calls that wait for their turn

	// Since the first call:
	Done      int64         // turns taken
	Refused   int64         // calls that got ErrBusy
	Abandoned int64         // calls whose context ended while they waited
	Waited    time.Duration // by all calls together
}

// HashStats returns how busy the hashing is now.
func (a *Accounts) HashStats() HashStats {
	if a.setUp() != nil {
		return HashStats{}
	}
	return a.gate.snapshot()
}

// setUpHashing fills in the defaults, or returns what is wrong.
func (a *Accounts) setUpHashing() error {
	own := a.hasher().Work()
	byDefault := maxStored(own)
	permits := cmp.Or(a.MaxHashing, runtime.GOMAXPROCS(0))
	wait := cmp.Or(a.MaxWait, 2*time.Second)
	a.maxStored = Work{
		Rounds: cmp.Or(a.MaxStored.Rounds, byDefault.Rounds),
		Memory: cmp.Or(a.MaxStored.Memory, byDefault.Memory),
	}
	// So that a hash of somebody's that takes all that one may doesn't keep
	// everybody else's from being made.
	memory := cmp.Or(a.MaxMemory, a.maxStored.Memory+int64(max(permits, 0))*own.Memory)
	switch {
	case own.Rounds < 1:
		return errors.New("signup: Accounts.Hasher does no work: its Work has no Rounds")
	case permits < 0:
		return errors.New("signup: Accounts.MaxHashing is negative")
	case wait < 0:
		return errors.New("signup: Accounts.MaxWait is negative")
	case !own.fits(a.maxStored):
		return errors.New("signup: Accounts.MaxStored is less than one hash of Hasher takes")
	case memory < own.Memory:
		return errors.New("signup: Accounts.MaxMemory is less than one hash of Hasher takes")
	}
	a.maxStored.Memory = min(a.maxStored.Memory, memory) // else, nobody would ever let it run
	a.gate = newGate(permits, memory, wait)
	return nil
}

func (a *Accounts) hasher() Hasher {
	if a.Hasher == nil {
		return Bcrypt{}
	}
	return a.Hasher
}

// hash hashes password when its turn comes.
func (a *Accounts) hash(ctx context.Context, password string) (h Hash, err error) {
	hasher := a.hasher()
	if busy := a.gate.do(ctx, hasher.Work(), func() { h, err = hasher.Hash(nfc(password)) }); busy != nil {
		return nil, busy
	}
	return h, err
}

// verify checks password against h when its turn comes. newer is a better hash
// of the password, if h is right but not what the Hasher makes today, and may be
// replaced.
func (a *Accounts) verify(ctx context.Context, h Hash, password string, replace bool) (ok bool, newer Hash, err error) {
	if len(password) > maxPasswordText {
		h, password = nil, "" // which never fit
	}
	c := a.newCheck(h)
	err = a.gate.do(ctx, c.work(), func() { ok, newer = c.do(password, replace) })
	return ok, newer, err
}

// A check is of passwords against one hash.
type check struct {
	hash      Hash
	hasher    Hasher
	own       Work // of hasher
	ownFormat bool // hasher's format is known here, and it changes nothing about it
	truncated bool // AllowTruncatedLegacy
	decoy     func(cost int)

	current   bool // hash is what hasher makes today
	known     bool // it is in one of the formats known here, namely
	stored    storedHash
	tooCostly bool // but must not be checked
}

func (a *Accounts) newCheck(h Hash) *check {
	hasher := a.hasher()
	c := &check{hash: h, hasher: hasher, own: hasher.Work(), truncated: a.AllowTruncatedLegacy, decoy: decoy}
	switch hasher.(type) {
	case Bcrypt, *Bcrypt, Argon2id, *Argon2id:
		c.ownFormat = true
	}
	c.current = hasher.Current(h)
	c.stored, c.known = parseHash(h)
	c.tooCostly = c.known && !c.stored.work.fits(a.maxStored)
	return c
}

// work returns what do takes at once; and how long, about.
func (c *check) work() Work {
	if !c.known || c.tooCostly {
		return c.own
	}
	return Work{
		Rounds: max(c.own.Rounds, c.stored.work.Rounds),
		Memory: max(c.own.Memory, c.stored.work.Memory),
	}
}

// do owes the work of one hash of the Hasher's (of two, for a password in two
// forms), so that a log-in costs the same whatever becomes of it: what the
// check didn't take is made up for. That a Hasher fails to hash changes nothing
// about the password, so it is left to the next sign-up to tell.
func (c *check) do(password string, replace bool) (ok bool, newer Hash) {
	normal := nfc(password)
	owed, exact := c.own.Rounds, true
	if c.ownFormat && normal != password {
		owed *= 2
	}
	switch {
	case c.tooCostly || len(c.hash) == 0:
	case c.known && (c.ownFormat || !c.current):
		v := c.stored.verify(password, c.truncated)
		ok, exact = v.ok, v.exact
		owed -= v.tries * c.stored.work.Rounds
	default:
		ok = c.hasher.Verify(c.hash, normal)
		if c.current {
			owed -= c.own.Rounds
		}
	}
	if !ok || !replace {
		c.makeUp(owed, normal)
		return ok, nil
	}
	if c.current && exact {
		return true, nil
	}
	newer, err := c.hasher.Hash(normal)
	if err != nil {
		return true, nil
	}
	return true, newer
}

// makeUp does the work that is owed: hashes of the Hasher's, and for what is
// less than one, some of bcrypt's, to a sixteenth of it.
func (c *check) makeUp(owed int64, password string) {
	unit := max(c.own.Rounds/16, 1)
	for ; owed >= c.own.Rounds-unit; owed -= c.own.Rounds {
		_, _ = c.hasher.Hash(password)
	}
	for owed >= max(unit, 1<<bcrypt.MinCost) {
		cost := bits.Len64(uint64(owed)) - 1
		c.decoy(cost)
		owed -= 1 << cost
	}
}

// decoy takes the time of a hash of bcrypt's.
func decoy(cost int) { _, _ = bcrypt.GenerateFromPassword([]byte("decoy"), cost) }
