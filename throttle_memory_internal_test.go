package signup

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// small returns a MemoryCounter that keeps so many times 64 names.
func small(buckets int) *MemoryCounter {
	c := new(MemoryCounter)
	c.setUp(buckets)
	return c
}

func mustAdd(t *testing.T, c Counter, name string, n int, window time.Duration) int {
	t.Helper()
	got, err := c.Add(t.Context(), name, n, window)
	if err != nil {
		t.Fatalf("Add(%q, %d, %s): got the error %v, want nil", name, n, window, err)
	}
	return got
}

// A count is forgotten exactly at the end of its window.
func TestMemoryCounterEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c MemoryCounter
		for _, window := range []time.Duration{1, time.Minute, MaxCountWindow} {
			mustAdd(t, &c, "a", 2, window)
			time.Sleep(window - 1)
			if got := mustAdd(t, &c, "a", 1, time.Hour); got != 3 {
				t.Errorf("1 ns before the end of a window of %s: got %d, want 3", window, got)
			}
			time.Sleep(time.Nanosecond)
			if got := mustAdd(t, &c, "a", 0, time.Hour); got != 0 {
				t.Errorf("at the end of a window of %s: got %d, want 0", window, got)
			}
		}
		synctest.Wait() // a goroutine left behind would fail the test
	})
}

// Counting under many other names resets no count, whether it is high or low.
func TestMemoryCounterFlood(t *testing.T) {
	const others = 100_000
	for _, victim := range []int{1, 5, 19} {
		c := small(16) // 1024 names
		before := mustAdd(t, c, "victim", victim, time.Hour)
		for i := range others {
			mustAdd(t, c, strconv.Itoa(i), 1, time.Hour)
		}
		if got := mustAdd(t, c, "victim", 0, time.Hour); got < before {
			t.Errorf("a count of %d, after %d Adds for other names: got %d, want %[1]d at least", before, others, got)
		}
	}
}

// With room for 1024 names, counts rise by one for 1024 Adds under other names.
func TestMemoryCounterFloodRaisesLittle(t *testing.T) {
	const rise = 10
	c := small(16)
	for i := range rise * 1024 {
		mustAdd(t, c, strconv.Itoa(i), 1, time.Hour)
	}
	for i := range 100 {
		if got := mustAdd(t, c, "new "+strconv.Itoa(i), 1, time.Hour); got > 2*rise {
			t.Fatalf("the first Add for a name, after %d others: got %d, want %d at most", rise*1024, got, 2*rise)
		}
	}
}

// A counter that is full is empty again when the windows have ended.
func TestMemoryCounterAfterFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := small(1)
		for i := range 1000 {
			mustAdd(t, c, strconv.Itoa(i), 1, time.Duration(i+1)*time.Second)
		}
		time.Sleep(1000 * time.Second)
		for i := range 64 {
			if got := mustAdd(t, c, strconv.Itoa(i), 1, time.Hour); got != 1 {
				t.Errorf("the first Add for name %d after the windows: got %d, want 1", i, got)
			}
		}
	})
}

// A count that was subtracted again makes room.
func TestMemoryCounterTakenBack(t *testing.T) {
	c := small(1)
	for i := range 10_000 {
		mustAdd(t, c, strconv.Itoa(i), 1, time.Hour)
		mustAdd(t, c, strconv.Itoa(i), -1, time.Hour)
	}
	if got := mustAdd(t, c, "a", 1, time.Hour); got != 1 || len(c.buckets[0].slots) != 1 {
		t.Errorf("after 10,000 counts that went back to 0: got the count %d and %d names, want 1 and 1", got, len(c.buckets[0].slots))
	}
}

// Whatever is added for how long, no count is lower than that of an exact counter.
func TestMemoryCounterNeverBelow(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) { neverBelow(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

func neverBelow(t *testing.T, random *rand.Rand) {
	type count struct {
		n   int
		end time.Time
	}
	c, exact := small(2), map[string]count{}
	over, adds := 0, 20_000
	for range adds {
		name, n := strconv.Itoa(random.IntN(300)), random.IntN(4)
		if random.IntN(4) == 0 {
			n = -n
		}
		window := time.Duration(1 + random.IntN(1000))
		e := exact[name]
		if !time.Now().Before(e.end) {
			e = count{}
		}
		if e.n == 0 && n > 0 {
			e.end = time.Now().Add(window)
		}
		e.n = max(0, e.n+n)
		exact[name] = e
		if got := mustAdd(t, c, name, n, window); got < e.n {
			t.Fatalf("Add(%q, %d, %s): got %d, want %d at least", name, n, window, got, e.n)
		} else if got > e.n {
			over++
		}
		time.Sleep(time.Duration(random.IntN(3)))
	}
	if over == adds {
		t.Error("got no exact count, want some")
	}
}

// The memory of a full counter is limited as documented, and 600,000 names are exact.
func TestMemoryCounterMemory(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	c := new(MemoryCounter)
	mustAdd(t, c, "a", 1, time.Hour)
	empty := heap() - before
	inexact := 0
	for i := range 600_000 {
		if got := mustAdd(t, c, strconv.Itoa(i), 1, time.Hour); got != 1 {
			inexact++
		}
	}
	if inexact > 100 {
		t.Errorf("600,000 names: got %d with a count other than 1, want hardly any", inexact)
	}
	for i := range 1_000_000 {
		mustAdd(t, c, "more "+strconv.Itoa(i), 1, time.Hour)
	}
	full := heap() - before
	if empty > 1e6 || full > 35e6 {
		t.Errorf("memory: got %d bytes at first and %d if full, want 1,000,000 and 35,000,000 at most", empty, full)
	}
	t.Logf("%d bytes at first, %d if full; %d of 600,000 names inexact", empty, full, inexact)
	runtime.KeepAlive(c)
}

// A mapCounter is the simplest counter: it is never full.
type mapCounter struct {
	mu     sync.Mutex
	counts map[string]mapCount
}

type mapCount struct {
	n   int
	end time.Time
}

func (m *mapCounter) Add(_ context.Context, name string, n int, window time.Duration) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, now := m.counts[name], time.Now()
	if !now.Before(c.end) {
		c = mapCount{end: now.Add(window)}
	}
	c.n = max(0, c.n+n)
	m.counts[name] = c
	return c.n, nil
}

func BenchmarkCounter(b *testing.B) {
	names := make([]string, 1<<19)
	for i := range names {
		names[i] = "a hash of an address, as text: " + strconv.Itoa(i)
	}
	for _, counter := range []struct {
		name string
		c    Counter
	}{
		{"MemoryCounter", new(MemoryCounter)},
		{"mutex and map", &mapCounter{counts: map[string]mapCount{}}},
	} {
		for _, name := range names {
			_, _ = counter.c.Add(b.Context(), name, 1, time.Hour)
		}
		for _, size := range []int{1, len(names)} {
			b.Run(counter.name+"/names="+strconv.Itoa(size), func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for i := rand.N(size); pb.Next(); i++ {
						_, _ = counter.c.Add(b.Context(), names[i%size], 1, time.Hour)
					}
				})
			})
		}
	}
}
