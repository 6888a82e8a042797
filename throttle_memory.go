package signup

import (
	"context"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
	"time"
)

const (
	countBuckets = 1 << 14
	bucketSlots  = 64
)

// A MemoryCounter is a [Counter] in memory, for one process. The zero value is an
// empty one, ready for use. It must not be copied after the first call. What it
// has counted is gone when the process ends. It starts no goroutine and no timer.
//
// Its memory is limited to 35 MB, and grows from less than 1 MB with the number of
// names. Up to about 600,000 names at once, hardly any count is inexact. If there are
// more, it drops the lowest counts first, and a new name may begin with a count as high
// as those that were dropped, instead of 0, and last as long. So a client can't reset a
// count by counting under many other names. It also can't raise the counts of others to
// a limit of 20 with fewer than 20 million Adds.
type MemoryCounter struct {
	once    sync.Once
	seeds   [2]maphash.Seed
	start   time.Time // has a monotonic reading
	buckets []countBucket
}

// A countBucket has the counts of the names whose hash selects it. The hash is
// seeded, so that a client can't choose names for one bucket.
type countBucket struct {
	mu    sync.Mutex
	slots []countSlot // at most bucketSlots
	// dropped is at least the count of every name that was dropped from the full
	// bucket, until droppedEnd. A name that isn't in slots may have had it.
	dropped    int32
	droppedEnd time.Duration
}

// A countSlot is the count of one name.
type countSlot struct {
	name  [2]uint64     // its hashes
	end   time.Duration // after MemoryCounter.start
	count int32         // above 0
	// raised reports that the count began with what was dropped. Then it may last
	// longer than it should, so that an Add belongs to the next count. So each Add makes
	// it last for a window at least.
	raised bool
}

func (c *MemoryCounter) setUp(buckets int) {
	c.once.Do(func() {
		c.seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
		c.start = time.Now()
		c.buckets = make([]countBucket, buckets)
	})
}

// Add implements [Counter]. Its errors are [ErrInvalid] and the context's.
func (c *MemoryCounter) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	if err := checkCount(name, window); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c.setUp(countBuckets)
	hash := [2]uint64{maphash.String(c.seeds[0], name), maphash.String(c.seeds[1], name)}
	i, _ := bits.Mul64(hash[0], uint64(len(c.buckets)))
	b := &c.buckets[i]

	b.mu.Lock()
	defer b.mu.Unlock()
	return int(b.add(hash, n, time.Since(c.start), window)), nil
}

// add is called with mu held.
func (b *countBucket) add(name [2]uint64, n int, now, window time.Duration) int32 {
	b.forget(now)
	i := slices.IndexFunc(b.slots, func(s countSlot) bool { return s.name == name })
	if i < 0 {
		count := addCount(b.dropped, n)
		if n > 0 {
			b.insert(countSlot{name, max(now+window, b.droppedEnd), count, b.dropped > 0})
		}
		return count
	}
	s := &b.slots[i]
	if s.raised && n > 0 {
		s.end = max(s.end, now+window)
	}
	s.count = addCount(s.count, n)
	count := s.count
	if count == 0 {
		b.remove(i)
	}
	return count
}

// forget removes the counts that have ended.
func (b *countBucket) forget(now time.Duration) {
	if b.droppedEnd <= now {
		b.dropped, b.droppedEnd = 0, 0
	}
	for i := len(b.slots) - 1; i >= 0; i-- {
		if b.slots[i].end <= now {
			b.remove(i)
		}
	}
}

func (b *countBucket) remove(i int) {
	last := len(b.slots) - 1
	b.slots[i] = b.slots[last]
	b.slots = b.slots[:last]
	if last == 0 {
		b.slots = nil
	}
}

// insert adds s. If there is no room, it drops the lowest count, of several equal
// ones that which ends first. A name that returns after it was dropped continues at
// b.dropped, so that no count is lost.
func (b *countBucket) insert(s countSlot) {
	if len(b.slots) < bucketSlots {
		b.slots = append(b.slots, s)
		return
	}
	lowest := 0
	for i := range b.slots {
		if l := &b.slots[lowest]; b.slots[i].count < l.count || b.slots[i].count == l.count && b.slots[i].end < l.end {
			lowest = i
		}
	}
	b.dropped = max(b.dropped, b.slots[lowest].count)
	b.droppedEnd = max(b.droppedEnd, b.slots[lowest].end)
	b.slots[lowest] = s
}
