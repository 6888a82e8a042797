package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

func TestRunCounter(t *testing.T) {
	RunCounter(t, func(*testing.T) signup.Counter { return new(signup.MemoryCounter) })
}

// The counters of two processes.
func TestRunCounterWith(t *testing.T) {
	RunCounterWith(t, func(*testing.T) signup.Counter { return new(signup.MemoryCounter) }, CounterOptions{
		Another: func(_ *testing.T, c signup.Counter) signup.Counter { return c },
	})
}

// A plainCounter is a Counter with a mutex and a map. Its flaws break the contract.
type plainCounter struct {
	signup.MemoryCounter            // refuses what isn't valid
	whole                sync.Mutex // held during an Add, if there is no gap
	mu                   sync.Mutex // held while counts is used
	counts               map[string]plainCount

	gap          time.Duration // between reading and writing; -1: only the lock is released
	below        bool          // counts fall below 0
	slides       bool          // each Add begins the window anew
	reads        bool          // 0 begins a count
	keepsWindow  bool          // when a count is back at 0
	ignoresDone  bool          // contexts
	fold         bool          // names that differ in case are one
	cut          int           // names are cut after so many bytes
	neverForgets bool
	noCheck      bool // of name and window
	wraps        bool // at MaxCount
}

type plainCount struct {
	n   int
	end time.Time
}

func (p *plainCounter) get(name string) plainCount {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.counts[name]
	if !p.neverForgets && !time.Now().Before(c.end) {
		return plainCount{}
	}
	return c
}

func (p *plainCounter) put(name string, c plainCount) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts == nil {
		p.counts = map[string]plainCount{}
	}
	p.counts[name] = c
}

func (p *plainCounter) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	if p.ignoresDone {
		ctx = context.WithoutCancel(ctx)
	}
	if !p.noCheck {
		if _, err := p.MemoryCounter.Add(ctx, name, 0, window); err != nil {
			return 0, err
		}
	}
	if p.fold {
		name = strings.ToLower(name)
	}
	if p.cut > 0 {
		name = name[:min(len(name), p.cut)]
	}
	if p.gap == 0 {
		p.whole.Lock()
		defer p.whole.Unlock()
	}
	c := p.get(name)
	if p.gap > 0 {
		time.Sleep(p.gap)
	}
	if c.end.IsZero() && (n > 0 || p.reads) || c.n == 0 && n > 0 && !p.keepsWindow || p.slides {
		c.end = time.Now().Add(window)
	}
	c.n += n
	if !p.below {
		c.n = max(0, c.n)
	}
	if !p.wraps {
		c.n = min(c.n, signup.MaxCount)
	}
	p.put(name, c)
	return c.n, nil
}

var wrongCounters = []struct {
	name   string
	make   func() signup.Counter
	caught []string // by these rules at least
}{
	{"is right", func() signup.Counter { return &plainCounter{} }, nil},
	{"reads, then writes, slowly", func() signup.Counter { return &plainCounter{gap: time.Millisecond} }, []string{"AtOnce", "Series", "ManyNames", "UpAndDown", "EndedContexts"}},
	{"reads, then writes", func() signup.Counter { return &plainCounter{gap: -1} }, []string{"Series"}},
	{"falls below 0", func() signup.Counter { return &plainCounter{below: true} }, []string{"Negative"}},
	{"begins the window anew with each Add", func() signup.Counter { return &plainCounter{slides: true} }, []string{"FirstWindow"}},
	{"begins a count by reading it", func() signup.Counter { return &plainCounter{reads: true, keepsWindow: true} }, []string{"Zero"}},
	{"keeps the window of a count that is back at 0", func() signup.Counter { return &plainCounter{keepsWindow: true} }, []string{"WindowAfterZero"}},
	{"never looks at the context", func() signup.Counter { return &plainCounter{ignoresDone: true} }, []string{"DoneContext"}},
	{"folds names", func() signup.Counter { return &plainCounter{fold: true} }, []string{"Names"}},
	{"cuts names", func() signup.Counter { return &plainCounter{cut: 250} }, []string{"Names"}},
	{"forgets nothing", func() signup.Counter { return &plainCounter{neverForgets: true} }, []string{"Window", "FirstWindow"}},
	{"checks nothing", func() signup.Counter { return &plainCounter{noCheck: true} }, []string{"Invalid"}},
	{"goes beyond MaxCount", func() signup.Counter { return &plainCounter{wraps: true} }, []string{"Highest"}},
}

func containsAll(names, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(name string) bool { return !slices.Contains(names, name) })
}

// Each wrong counter is caught by the rules that it breaks, and a right one by none.
func TestWrongCounters(t *testing.T) {
	var table strings.Builder
	for _, w := range wrongCounters {
		caught := caughtBy(t, w.make)
		// A gap of less than a microsecond is met by chance, on few processors not in every
		// run of the suite.
		for tries := 1; tries < 6 && !containsAll(caught, w.caught); tries++ {
			caught = caughtBy(t, w.make)
		}
		for _, name := range w.caught {
			if !slices.Contains(caught, name) {
				t.Errorf("the counter that %s: caught by %q, want %s too", w.name, caught, name)
			}
		}
		if w.caught == nil && caught != nil {
			t.Errorf("the counter that %s: caught by %q, want none", w.name, caught)
		}
		fmt.Fprintf(&table, "%-50s %s\n", w.name, strings.Join(caught, " "))
	}
	t.Logf("%d counters, and the rules that caught them:\n%s", len(wrongCounters), table.String())
}

// caughtBy returns the rules that counters of this kind break. The rules that wait for
// windows run at once.
func caughtBy(t *testing.T, newCounter func() signup.Counter) (caught []string) {
	errs := make([]error, len(counterRules))
	var wg sync.WaitGroup
	for i, r := range counterRules {
		check := func() { errs[i] = r.check(t.Context(), newCounter()) }
		if strings.Contains(r.name, "Window") || r.name == "Zero" {
			wg.Go(check)
		} else {
			check()
		}
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			caught = append(caught, counterRules[i].name)
		}
	}
	return caught
}

// Two counters that don't share their storage are caught.
func TestUnsharedCounters(t *testing.T) {
	for _, r := range sharedCounterRules {
		err := r.check(t.Context(), new(signup.MemoryCounter), new(signup.MemoryCounter))
		if err == nil {
			t.Errorf("%s with counters that share nothing: got nil, want an error", r.name)
		}
	}
}
