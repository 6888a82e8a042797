package signup

import (
	"context"
	"errors"
	"math/bits"

	"github.com/gosignup/signup/internal/admission"
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

// inTurn runs f, which costs w, when its turn comes. If it returns ErrBusy or
// ctx's error, f did not run.
func (a *Accounts) inTurn(ctx context.Context, w Work, f func()) error {
	err := a.queue.Do(ctx, admission.Work(w), f)
	if errors.Is(err, admission.ErrBusy) {
		return ErrBusy
	}
	return err
}

// verify checks password against h when its turn comes. newer is a better hash
// of the password, if h is right but not what the Hasher makes today, and may be
// replaced.
func (a *Accounts) verify(ctx context.Context, h Hash, password string, replace bool) (ok bool, newer Hash, err error) {
	if len(password) > maxPasswordText {
		h, password = "", "" // which never fit
	}
	c := a.newCheck(h)
	err = a.inTurn(ctx, c.work(), func() { ok, newer = c.do(password, replace) })
	return ok, newer, err
}

// A check is of passwords against one hash.
type check struct {
	hash      Hash
	hasher    Hasher
	own       Work // of hasher
	ownFormat bool // hasher's format is known here, and it changes nothing about it
	truncated bool // AllowTruncatedBcrypt
	decoy     func(cost int)

	current   bool // hash is what hasher makes today
	known     bool // it is in one of the formats known here, namely
	stored    storedHash
	tooCostly bool // but must not be checked
}

func (a *Accounts) newCheck(h Hash) *check {
	hasher := a.hasher()
	c := &check{hash: h, hasher: hasher, own: hasher.Work(), truncated: a.AllowTruncatedBcrypt, decoy: decoy}
	switch hasher.(type) {
	case Bcrypt, *Bcrypt, Argon2id, *Argon2id:
		c.ownFormat = true
	}
	c.current = !hasher.NeedsRehash(h)
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
