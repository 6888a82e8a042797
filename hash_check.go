package signup

import (
	"context"
	"errors"
	"math/bits"

	"github.com/gosignup/signup/internal/admission"
	"github.com/gosignup/signup/internal/hashfmt"
	"golang.org/x/crypto/bcrypt"
)

// hash hashes password when its turn comes.
func (a *Accounts) hash(ctx context.Context, password string) (h Hash, err error) {
	hasher := a.hasher()
	queueErr := a.inTurn(ctx, hasher.Work(), func() { h, err = hasher.Hash(nfc(password)) })
	if queueErr != nil {
		return "", queueErr
	}
	return h, err
}

// verify checks password against h when its turn comes. If the password matches
// and replace is true, newer is a hash to replace h with; it is empty if h is
// what the Hasher makes today.
func (a *Accounts) verify(ctx context.Context, h Hash, password string, replace bool) (ok bool, newer Hash, err error) {
	if len(password) > maxPasswordText {
		h, password = "", "" // which never match
	}
	c := a.newCheck(h)
	err = a.inTurn(ctx, c.work(), func() { ok, newer = c.do(password, replace) })
	return ok, newer, err
}

// inTurn runs f, which costs w, when its turn comes. If it returns ErrBusy or
// ctx's error, f did not run.
func (a *Accounts) inTurn(ctx context.Context, w Work, f func()) error {
	err := a.queue.Do(ctx, admission.Work(w), f)
	if errors.Is(err, admission.ErrBusy) {
		return ErrBusy
	}
	return err
}

// A check checks passwords against one hash.
type check struct {
	hash      Hash
	hasher    Hasher
	own       Work // hasher's
	ownFormat bool // hasher is Bcrypt or Argon2id itself
	truncated bool // AllowTruncatedBcrypt
	decoy     func(cost int)

	current   bool // hasher makes such hashes today
	known     bool // hash is in a known format: stored
	stored    hashfmt.Hash
	tooCostly bool // stored must not be verified
}

func (a *Accounts) newCheck(h Hash) *check {
	hasher := a.hasher()
	c := &check{hash: h, hasher: hasher, own: hasher.Work(), truncated: a.AllowTruncatedBcrypt, decoy: decoy}
	switch hasher.(type) {
	case Bcrypt, *Bcrypt, Argon2id, *Argon2id:
		c.ownFormat = true
	}
	c.current = !hasher.NeedsRehash(h)
	c.stored, c.known = a.parseHash(h)
	c.tooCostly = c.known && !Work(c.stored.Work).fits(a.maxStored)
	return c
}

// work returns the memory that do needs, and about the time that it takes.
func (c *check) work() Work {
	if !c.known || c.tooCostly {
		return c.own
	}
	return Work{
		Rounds: max(c.own.Rounds, c.stored.Work.Rounds),
		Memory: max(c.own.Memory, c.stored.Work.Memory),
	}
}

// do checks password. It does the work of one hash of the Hasher, or of two for
// a password whose normal form differs, so that a log-in costs the same whatever
// its outcome: makeUp does what the check itself didn't need. If the Hasher fails
// to make a newer hash, the password still matches, and the next sign-up reports
// the failure.
func (c *check) do(password string, replace bool) (ok bool, newer Hash) {
	normal := nfc(password)
	owed, exact := c.own.Rounds, true
	if c.ownFormat && normal != password {
		owed *= 2
	}
	switch {
	case c.tooCostly || len(c.hash) == 0:
	case c.known && (c.ownFormat || !c.current):
		v := c.stored.Verify(password, c.truncated)
		ok, exact = v.OK, v.Exact
		owed -= v.Tries * c.stored.Work.Rounds
	default:
		ok = c.hasher.Verify(c.hash, normal)
		if c.current {
			owed -= c.own.Rounds
		}
	}
	if !ok || !replace {
		c.makeUp(owed, normal)
		return ok, ""
	}
	if c.current && exact {
		return true, ""
	}
	newer, err := c.hasher.Hash(normal)
	if err != nil {
		return true, ""
	}
	return true, newer
}

// makeUp does the work that is owed, to a sixteenth of one hash: whole hashes of
// the Hasher, and bcrypt hashes for the rest.
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

// decoy takes the time of one bcrypt hash.
func decoy(cost int) { _, _ = bcrypt.GenerateFromPassword([]byte("decoy"), cost) }
