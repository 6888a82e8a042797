package signup

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/gosignup/signup/internal/admission"
	"github.com/gosignup/signup/internal/cputime"
	"github.com/gosignup/signup/internal/hashfmt"
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
	c := a.newCheck(h, password)
	err = a.inTurn(ctx, c.work(), func() { ok, newer = c.do(replace) })
	return ok, newer, err
}

// collectAbove is the memory of a hash, in bytes, that is collected before the
// next hash may use as much: otherwise the process would grow to twice the limit.
const collectAbove = 64 << 20

// inTurn runs f, which costs w, when its turn comes. If it returns ErrBusy or
// ctx's error, f did not run.
func (a *Accounts) inTurn(ctx context.Context, w Work, f func()) error {
	err := a.queue.Do(ctx, admission.Work(w), func() {
		f()
		if w.Memory > collectAbove {
			runtime.GC()
		}
	})
	if errors.Is(err, admission.ErrBusy) {
		return ErrBusy
	}
	return err
}

// A check checks one password against one hash.
type check struct {
	hash      Hash
	password  string
	normal    string // password in normalization form C
	hasher    Hasher
	own       Work // hasher's
	ownFormat bool // hasher is Bcrypt or Argon2id itself
	truncated bool // AllowTruncatedBcrypt
	times     *hashTimes

	current   bool // hasher makes such hashes today
	known     bool // hash is in a known format: stored
	stored    hashfmt.Hash
	tooCostly bool // stored must not be verified
}

func (a *Accounts) newCheck(h Hash, password string) *check {
	hasher := a.hasher()
	c := &check{
		hash: h, password: password, normal: nfc(password),
		hasher: hasher, own: hasher.Work(), truncated: a.AllowTruncatedBcrypt, times: a.times,
	}
	switch hasher.(type) {
	case Bcrypt, *Bcrypt, Argon2id, *Argon2id:
		c.ownFormat = true
	}
	c.current = !hasher.NeedsRehash(h)
	c.stored, c.known = a.parseHash(h)
	c.tooCostly = c.known && !Work(c.stored.Work).fits(a.maxStored)
	return c
}

// tries returns how many hashes a refused check takes: the password is verified
// as it was typed, and then in normalization form C.
func (c *check) tries() int64 {
	if c.normal != c.password {
		return 2
	}
	return 1
}

// work returns the memory that do needs, and about the time that it takes.
func (c *check) work() Work {
	w := c.own
	if c.known && !c.tooCostly {
		w.Rounds = max(w.Rounds, c.stored.Work.Rounds)
		w.Memory = max(w.Memory, c.stored.Work.Memory)
	}
	if own, refused := c.times.times(); own > 0 {
		w.Rounds = max(w.Rounds, int64(float64(c.own.Rounds)*float64(refused)/float64(own)))
	}
	decoy, _ := c.times.costliestDecoy()
	w.Memory = max(w.Memory, decoy.memory)
	w.Rounds *= c.tries()
	return w
}

// do checks the password. If it doesn't match, or if replace is false, do takes
// the same time whatever the hash is: makeUp spends what the check didn't need.
// If the Hasher fails to make a newer hash, the password still matches, and the
// next sign-up reports the failure.
func (c *check) do(replace bool) (ok bool, newer Hash) {
	var exact bool
	var tries int64
	took := c.times.measure(func() { ok, exact, tries = c.compare() })
	each := c.note(took, tries)
	if !ok || !replace {
		c.makeUp(took.Used, each, tries)
		return ok, ""
	}
	if c.current && exact {
		return true, ""
	}
	newer, err := c.hasher.Hash(c.normal)
	if err != nil {
		return true, ""
	}
	return true, newer
}

// compare reports whether the password matches, whether the hash is exactly of
// its normal form, and how many times the hash was computed.
func (c *check) compare() (ok, exact bool, tries int64) {
	switch {
	case c.tooCostly || len(c.hash) == 0:
		return false, true, 0
	case c.known && (c.ownFormat || !c.current):
		v := c.stored.Verify(c.password, c.truncated)
		return v.OK, v.Exact, v.Tries
	}
	return c.hasher.Verify(c.hash, c.normal), true, 1
}

// maxMadeUp is how many hashes make up for one check: the decoy takes the rest. A
// Hasher that waits for another service takes little processor time and much of the
// service's.
const maxMadeUp = 16

// makeUp spends the processor time by which a check has taken less than a refused
// one takes. The check has used that much time. It has computed its hash that many
// times, each of which usually takes as long as each.
func (c *check) makeUp(used, each time.Duration, tries int64) {
	if tries == 0 {
		used = 0 // what was measured can be more than a negligible part of a cheap hash
	}
	if usual := each * time.Duration(tries); used < usual/2 { // other goroutines did the work
		used = usual
	}
	if own, _ := c.times.times(); own == 0 { // nothing to compare with yet
		used += c.hashOnce()
	}
	own, refused := c.times.times()
	owed := time.Duration(c.tries())*refused - used
	if each >= refused-refused/negligible {
		// This is the costliest kind. The check has taken a little more or less
		// than usual, as every check of it does.
		owed = time.Duration(c.tries()-tries) * refused
	}
	for decoy, takes := c.times.costliestDecoy(); decoy.run != nil && owed >= takes-takes/negligible; owed -= takes {
		c.times.measure(decoy.run) // as the hash is, which costs a change of threads
	}
	for range maxMadeUp {
		if own == 0 || owed < own-own/negligible {
			break
		}
		c.hashOnce()
		owed -= own
	}
	if owed > refused/negligible {
		c.times.spend(owed)
	}
}

// note notes the time of the check's hash, if it was computed, and returns how long
// one usually takes.
func (c *check) note(took cputime.Time, tries int64) time.Duration {
	if tries == 0 {
		return 0
	}
	kind := hashKind{scheme: shapeOf(c.hash)}
	switch {
	case c.current:
		kind = ownKind
	case c.known:
		kind = hashKind{c.stored.Scheme, c.stored.Work}
	}
	defer func() { c.times.keepDecoy(kind, c.stored.Decoy, c.stored.Work.Memory) }()
	if c.stored.InOneLane != nil {
		return c.times.addInOneLane(kind, c.stored.InOneLane)
	}
	took.Used /= time.Duration(tries)
	took.Passed /= time.Duration(tries)
	return c.times.add(kind, took)
}

// hashOnce computes a hash of the Hasher and returns how long one usually takes.
func (c *check) hashOnce() time.Duration {
	took := c.times.measure(func() { _, _ = c.hasher.Hash(c.normal) })
	var own Argon2id
	switch h := c.hasher.(type) {
	case Argon2id:
		own = h
	case *Argon2id:
		own = *h
	}
	if own.Threads > 1 {
		own.Threads = 1
		return c.times.addInOneLane(ownKind, func() { _, _ = own.Hash("") })
	}
	return c.times.add(ownKind, took)
}
