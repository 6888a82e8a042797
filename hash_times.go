package signup

import (
	"cmp"
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
//
// The time of argon2id depends on its memory: on the caches, on page faults and on the
// garbage collector. What it takes is made up for by argon2id with the same parameters,
// if that fits in the memory of the common line. More would give all refused log-ins the
// cost in memory of one account's hash.
type hashTimes struct {
	measure func(f func()) cputime.Time
	decoy   func(iterations int)
	memory  int64 // the most that a kind's own decoy may take, in bytes

	mu       sync.Mutex
	kinds    map[hashKind]*kindTime
	iterated usualTime // of a thousand iterations of decoy
}

// A hashKind is what determines the time of verifying a stored hash.
type hashKind struct {
	scheme string // or the shape of a hash that only the Hasher can read
	work   hashfmt.Work
}

// ownKind is what the Hasher makes.
var ownKind = hashKind{scheme: "own"}

type kindTime struct {
	usualTime
	seen  time.Time
	decoy kindDecoy
}

// A kindDecoy does the work of a hash of one kind. Its run may be nil.
type kindDecoy struct {
	run    func()
	memory int64 // in bytes
}

const (
	maxHashKinds = 64
	rememberKind = 24 * time.Hour
	// negligible is the part of a hash's time, as a divisor, that isn't made up
	// for.
	negligible = 128
	// firstDecoy is how many iterations measure the decoy.
	firstDecoy = 1000
	// laneTimes is how often the work of several lanes is measured in one.
	laneTimes = 3
)

// newHashTimes returns a hashTimes whose decoys take at most that much memory.
func newHashTimes(memory int64) *hashTimes {
	return &hashTimes{measure: cputime.Measure, decoy: decoy, memory: memory, kinds: map[hashKind]*kindTime{}}
}

// decoy takes time in proportion to iterations, and hashes nothing of value.
func decoy(iterations int) {
	_, _ = pbkdf2.Key(sha256.New, "decoy", []byte("a salt of sixteen"), iterations, sha256.Size)
}

// A usualTime is how long a hash usually takes, in processor time.
type usualTime struct {
	last  [31]cputime.Time
	count int           // of all times
	usual time.Duration // 0 before the first time
}

func (u *usualTime) add(t cputime.Time) {
	u.last[u.count%len(u.last)] = t
	u.count++
	last := u.last // a copy
	u.usual = usualOf(last[:min(u.count, len(last))])
}

// usualOf returns the median of the processor times: unlike a mean, it isn't moved by
// a few that were longer because the system did something else. If the hash leaves its
// work to other goroutines, as argon2id does, it is the median of the times that have
// passed. It sorts times.
func usualOf(times []cputime.Time) time.Duration {
	slices.SortFunc(times, func(s, t cputime.Time) int { return cmp.Compare(s.Passed, t.Passed) })
	if quickest := times[0]; quickest.Used < quickest.Passed/2 {
		return times[len(times)/2].Passed
	}
	slices.SortFunc(times, func(s, t cputime.Time) int { return cmp.Compare(s.Used, t.Used) })
	return times[len(times)/2].Used
}

// add notes the time of one hash of this kind, and returns how long one usually
// takes.
func (t *hashTimes) add(kind hashKind, took cputime.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[kind]
	if k == nil {
		if len(t.kinds) == maxHashKinds {
			t.forgetCheapest()
		}
		k = new(kindTime)
		t.kinds[kind] = k
	}
	k.add(took)
	k.seen = time.Now()
	return k.usual
}

// addInOneLane is add for a hash that several goroutines have computed. The first
// times, it measures inOneLane, which does the same work.
func (t *hashTimes) addInOneLane(kind hashKind, inOneLane func()) time.Duration {
	t.mu.Lock()
	if k := t.kinds[kind]; k != nil && k.count >= laneTimes {
		defer t.mu.Unlock()
		k.seen = time.Now()
		return k.usual
	}
	t.mu.Unlock()
	return t.add(kind, t.measure(inOneLane))
}

// forgetCheapest is called with mu held. What costs least decides nothing.
func (t *hashTimes) forgetCheapest() {
	var cheapest hashKind
	for kind, k := range t.kinds {
		if c := t.kinds[cheapest]; kind != ownKind && (c == nil || k.usual < c.usual) {
			cheapest = kind
		}
	}
	delete(t.kinds, cheapest)
}

// times returns the time of one hash of the Hasher, 0 if none was measured, and
// that of a refused check.
func (t *hashTimes) times() (own, refused time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for kind, k := range t.kinds {
		switch {
		case kind == ownKind:
			own = k.usual
			refused = max(refused, own)
		case time.Since(k.seen) > rememberKind:
			delete(t.kinds, kind)
		default:
			refused = max(refused, k.usual)
		}
	}
	return own, refused
}

// keepDecoy keeps how the work of a kind, whose time was added, is done for no
// password.
func (t *hashTimes) keepDecoy(kind hashKind, run func(), memory int64) {
	if run == nil || memory > t.memory {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.kinds[kind]; k != nil {
		k.decoy = kindDecoy{run, memory}
	}
}

// costliestDecoy returns the decoy of the kind that costs most, and how long it
// usually takes. Its run is nil if that kind has none.
func (t *hashTimes) costliestDecoy() (d kindDecoy, takes time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.kinds {
		if k.usual > takes {
			d, takes = k.decoy, k.usual
		}
	}
	return d, takes
}

// spend takes about that much processor time.
func (t *hashTimes) spend(d time.Duration) {
	t.mu.Lock()
	perThousand := t.iterated.usual
	t.mu.Unlock()
	if perThousand == 0 {
		perThousand = t.iterate(firstDecoy).Used
		d -= perThousand
	}
	if perThousand > 0 && d > 0 {
		t.iterate(max(1, int(d*firstDecoy/perThousand)))
	}
}

// iterate runs the decoy and returns the time of a thousand iterations.
func (t *hashTimes) iterate(iterations int) cputime.Time {
	took := t.measure(func() { t.decoy(iterations) })
	took.Used = took.Used * firstDecoy / time.Duration(iterations)
	took.Passed = took.Passed * firstDecoy / time.Duration(iterations)
	if iterations >= firstDecoy { // fewer are measured too coarsely
		t.mu.Lock()
		defer t.mu.Unlock()
		t.iterated.add(took)
	}
	return took
}
