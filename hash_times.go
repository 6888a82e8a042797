package signup

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/gosignup/signup/internal/cputime"
	"github.com/gosignup/signup/internal/hashfmt"
)

// hashTimes has the processor times of hashes as they were measured in this
// process. A refused check takes as long as the costliest hash that was checked
// within the last day: how much less a check has taken is made up for. Constants
// would not do, since the ratio of two algorithms differs between machines.
type hashTimes struct {
	measure func(f func()) time.Duration
	decoy   func(iterations int)

	mu       sync.Mutex
	own      usualTime // of Hasher.Hash
	iterated usualTime // of a thousand iterations of decoy
	stored   map[hashKind]*storedTime
}

// A hashKind is what determines the time of verifying a stored hash.
type hashKind struct {
	scheme string // or the shape of a hash that only the Hasher can read
	work   hashfmt.Work
}

type storedTime struct {
	usualTime
	seen time.Time
}

const (
	maxHashKinds = 64
	rememberKind = 24 * time.Hour
	// negligible is the part of a hash's time, as a divisor, that isn't made up
	// for.
	negligible = 128
	// firstDecoy is how many iterations measure the decoy.
	firstDecoy = 1000
)

func newHashTimes() *hashTimes {
	return &hashTimes{measure: cputime.Measure, decoy: decoy, stored: map[hashKind]*storedTime{}}
}

// decoy takes time in proportion to iterations, and hashes nothing of value.
func decoy(iterations int) {
	_, _ = pbkdf2.Key(sha256.New, "decoy", []byte("a salt of sixteen"), iterations, sha256.Size)
}

// A usualTime is the lower quartile of the last times. Some times are longer, because
// the system did something else. They move a mean, and a median if they are every
// second one.
type usualTime struct {
	last  [31]time.Duration
	count int // of all times
}

func (u *usualTime) add(took time.Duration) {
	u.last[u.count%len(u.last)] = took
	u.count++
}

// usual returns 0 before the first time.
func (u *usualTime) usual() time.Duration {
	last := u.last // a copy
	times := last[:min(u.count, len(last))]
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/4]
}

// addOwn notes the time of one hash of the Hasher, and returns the
// usual time.
func (t *hashTimes) addOwn(took time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own.add(took)
	return t.own.usual()
}

// addStored notes the time of verifying one stored hash of this kind, and returns
// the usual time.
func (t *hashTimes) addStored(kind hashKind, took time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stored[kind]
	if s == nil {
		if len(t.stored) == maxHashKinds {
			t.forgetOldest()
		}
		s = new(storedTime)
		t.stored[kind] = s
	}
	s.add(took)
	s.seen = time.Now()
	return s.usual()
}

// forgetOldest is called with mu held.
func (t *hashTimes) forgetOldest() {
	var oldest hashKind
	for kind, s := range t.stored {
		if o := t.stored[oldest]; o == nil || s.seen.Before(o.seen) {
			oldest = kind
		}
	}
	delete(t.stored, oldest)
}

// times returns the time of one hash of the Hasher, 0 if none was measured, and
// that of a refused check.
func (t *hashTimes) times() (own, refused time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	own = t.own.usual()
	refused = own
	for kind, s := range t.stored {
		if time.Since(s.seen) > rememberKind {
			delete(t.stored, kind)
			continue
		}
		refused = max(refused, s.usual())
	}
	return own, refused
}

// spend takes about that much processor time.
func (t *hashTimes) spend(d time.Duration) {
	t.mu.Lock()
	perThousand := t.iterated.usual()
	t.mu.Unlock()
	if perThousand == 0 {
		perThousand = t.iterate(firstDecoy)
		d -= perThousand
	}
	if perThousand > 0 && d > 0 {
		t.iterate(max(1, int(d*firstDecoy/perThousand)))
	}
}

// iterate runs the decoy and returns the time of a thousand iterations.
func (t *hashTimes) iterate(iterations int) time.Duration {
	took := t.measure(func() { t.decoy(iterations) }) * firstDecoy / time.Duration(iterations)
	if iterations >= firstDecoy { // fewer are measured too coarsely
		t.mu.Lock()
		defer t.mu.Unlock()
		t.iterated.add(took)
	}
	return took
}
