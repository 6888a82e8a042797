// Package admission limits how much expensive work runs at once. It queues the
// rest in order of arrival, and refuses early what would wait too long.
package admission

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// ErrBusy means that a job was refused because its wait would be, or was, too
// long. The job did not run.
var ErrBusy = errors.New("admission: busy")

// Work is the cost of one job.
type Work struct {
	// Rounds is the processor time, in any unit that is the same for all jobs
	// of a Queue. A job of less than 1 round counts as 1.
	Rounds int64
	// Memory is in bytes.
	Memory int64
}

// Limits are the limits of a Queue.
type Limits struct {
	// Concurrent is the greatest number of jobs that run at once.
	Concurrent int
	// Memory limits the memory of all running jobs, in bytes. A job that needs
	// more never runs.
	Memory int64
	// Common is the greatest memory of a common job, in bytes. A larger job waits
	// in a line of its own, and all larger jobs together have the memory Large.
	// While common jobs wait, larger ones get a small share of the processors.
	// If Common is 0, every job is common.
	Common, Large int64
	// MaxWait limits how long a job waits: a job that would wait longer, by
	// estimate, is refused at once, and a job that has waited for one and a half
	// times MaxWait is refused then.
	MaxWait time.Duration
	// Round is the assumed processor time of one round until jobs have been
	// measured. Without it, a burst after a start would all be queued.
	Round time.Duration
}

// Stats describes how busy a Queue is.
type Stats struct {
	Running int   // jobs that run
	Memory  int64 // their memory, in bytes
	Waiting int   // jobs that wait

	// Since the Queue was made:
	Done      int64         // jobs that have run
	Refused   int64         // jobs that were refused
	Abandoned int64         // jobs whose context ended while they waited
	Waited    time.Duration // the sum of all waits
}

// A Queue runs a limited number of jobs at once, in order of arrival. Without
// it, more requests than the processors can serve make all of them time out. It
// is safe for concurrent use.
type Queue struct {
	limits Limits

	mu        sync.Mutex
	common    line
	large     line
	nextLarge time.Time // when a large job may run although common ones wait
	perWork   float64   // measured time of one round, in nanoseconds: a moving mean
	usual     float64   // the estimated wait, in nanoseconds: a moving mean over about MaxWait
	updated   time.Time // when usual was last updated
	stats     Stats     // except Running, Memory and Waiting
}

// A line has the jobs that run and wait under the same limits.
type line struct {
	waiting []*waiter
	queued  float64 // the sum of the shares of what waits
	jobs    int     // that run
	memory  int64   // of those
	running float64 // the sum of their shares
}

type waiter struct {
	work  Work
	ready chan struct{} // closed when it may run
}

// yield is the part of the processors' time, as a divisor, that large jobs get
// while common ones wait. One account whose hash takes much memory must not slow
// down all others, however often it is tried.
const yield = 256

// New returns an empty Queue.
func New(limits Limits) *Queue {
	return &Queue{limits: limits, perWork: float64(limits.Round)}
}

// Limits returns the limits that q was made with.
func (q *Queue) Limits() Limits { return q.limits }

// Do runs f, which costs w, when there is room, and returns nil. If it returns
// ErrBusy or ctx's error, f did not run. If f panics, Do releases its room.
func (q *Queue) Do(ctx context.Context, w Work, f func()) error {
	w.Rounds = max(w.Rounds, 1)
	if err := q.acquire(ctx, w); err != nil {
		return err
	}
	start := time.Now()
	defer func() { q.release(w, time.Since(start)) }()
	f()
	return nil
}

func (q *Queue) acquire(ctx context.Context, w Work) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	l := q.line(w)
	if len(l.waiting) == 0 && q.mayStart(l, w) {
		q.start(w)
		q.mu.Unlock()
		return nil
	}
	if q.wait(l) > q.limits.MaxWait {
		q.stats.Refused++
		q.mu.Unlock()
		return ErrBusy
	}
	self := &waiter{w, make(chan struct{})}
	l.waiting = append(l.waiting, self)
	l.queued += q.share(w)
	q.mu.Unlock()

	start := time.Now()
	patience := time.NewTimer(q.limits.MaxWait + q.limits.MaxWait/2)
	defer patience.Stop()
	select {
	case <-self.ready:
	case <-ctx.Done():
	case <-patience.C:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Waited += time.Since(start)
	place := slices.Index(l.waiting, self)
	if place < 0 { // it was started, perhaps at the last moment
		return nil
	}
	q.remove(l, place)
	q.admit() // the next job may need less room
	if err := ctx.Err(); err != nil {
		q.stats.Abandoned++
		return err
	}
	q.stats.Refused++
	return ErrBusy
}

func (q *Queue) release(w Work, took time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// The mean of about the last 8 jobs: enough to be steady, and still recent.
	q.perWork += (float64(took)/float64(w.Rounds) - q.perWork) / 8
	q.stats.Done++
	l := q.line(w)
	l.jobs--
	l.memory -= w.Memory
	l.running -= q.share(w)
	if l == &q.large {
		q.postponeLarge(took)
	}
	q.admit()
}

// postponeLarge sets nextLarge after a large job that took that long. It is called
// with mu held. Jobs that ran at the same time add up.
func (q *Queue) postponeLarge(took time.Duration) {
	began := time.Now().Add(-took)
	each := time.Duration(float64(took) * yield / float64(q.limits.Concurrent))
	next, latest := began, began.Add(time.Duration(q.mostLarge())*each)
	if q.nextLarge.After(began) {
		next = q.nextLarge
	}
	if next = next.Add(each); next.After(latest) { // they ran one after the other, while no common job waited
		next = latest
	}
	q.nextLarge = next
}

// Sheds reports whether a common job should be refused on arrival, before any
// work is done for it, and counts it as refused if so.
//
// It sheds a job that would wait longer than MaxWait. If the wait has been longer
// than half of MaxWait for about as long as MaxWait, it also sheds others at
// random, the more the longer the wait (random early detection, RFC 7567,
// section 2). So a burst may fill the queue, but a lasting overload doesn't keep
// it full, which would delay all jobs and run none of them sooner. And a client
// that retries after a refusal finds a place, which clients that return at once
// would otherwise take.
func (q *Queue) Sheds(w Work) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait := q.wait(&q.common)
	now := time.Now()
	age := max(0, float64(now.Sub(q.updated))/float64(q.limits.MaxWait))
	q.usual += (float64(wait) - q.usual) * (1 - math.Exp(-age))
	q.updated = now
	if len(q.common.waiting) == 0 && q.mayStart(&q.common, w) {
		return false
	}
	const harmless = 0.5 // of MaxWait
	lasting := min(float64(wait), q.usual) / float64(q.limits.MaxWait)
	if wait <= q.limits.MaxWait && lasting <= harmless+(1-harmless)*rand.Float64() {
		return false
	}
	q.stats.Refused++
	return true
}

// Stats returns how busy q is now.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.stats
	s.Running = q.common.jobs + q.large.jobs
	s.Memory = q.common.memory + q.large.memory
	s.Waiting = len(q.common.waiting) + len(q.large.waiting)
	return s
}

// The methods below are called with mu held.

// line returns the line of a job that costs w.
func (q *Queue) line(w Work) *line {
	if q.limits.Common > 0 && w.Memory > q.limits.Common {
		return &q.large
	}
	return &q.common
}

// mayStart reports whether the first job of l, which costs w, may run now.
func (q *Queue) mayStart(l *line, w Work) bool {
	if q.common.jobs+q.large.jobs >= q.limits.Concurrent || w.Memory > q.limits.Memory-q.common.memory-q.large.memory {
		return false
	}
	if l == &q.common {
		return !q.largeIsDue()
	}
	return q.largeFits(w) && (len(q.common.waiting) == 0 || !time.Now().Before(q.nextLarge))
}

// largeFits reports whether a large job may run beside those that run.
func (q *Queue) largeFits(w Work) bool {
	return q.large.jobs < q.mostLarge() && w.Memory <= q.limits.Large-q.large.memory
}

// largeIsDue reports whether the first large job only waits for common ones to
// leave it memory. Then no common job starts: they would take it again.
func (q *Queue) largeIsDue() bool {
	return len(q.large.waiting) > 0 && q.largeFits(q.large.waiting[0].work) && !time.Now().Before(q.nextLarge)
}

// mostLarge returns how many large jobs may run at once: they leave a processor
// for common ones, if there are two.
func (q *Queue) mostLarge() int { return max(1, q.limits.Concurrent/2) }

func (q *Queue) start(w Work) {
	l := q.line(w)
	l.jobs++
	l.memory += w.Memory
	l.running += q.share(w)
}

// admit starts the first jobs of both lines for as long as there is room. No job
// overtakes another of its line: otherwise, a stream of small jobs would starve a
// job that needs more memory.
func (q *Queue) admit() {
	more := true
	for more {
		more = q.admitFirst(&q.large) || q.admitFirst(&q.common)
	}
}

// admitFirst starts the first job of l, if there is room, and reports whether it
// did.
func (q *Queue) admitFirst(l *line) bool {
	if len(l.waiting) == 0 || !q.mayStart(l, l.waiting[0].work) {
		return false
	}
	next := l.waiting[0]
	q.remove(l, 0)
	q.start(next.work)
	close(next.ready)
	return true
}

func (q *Queue) remove(l *line, place int) {
	l.queued -= q.share(l.waiting[place].work)
	l.waiting = slices.Delete(l.waiting, place, place+1)
}

// wait estimates how long a job that arrived now in l would wait: for all jobs
// that are queued there, and for half of those that run.
func (q *Queue) wait(l *line) time.Duration {
	if l == &q.common || len(q.common.waiting) == 0 {
		return duration((l.queued + (q.common.running+q.large.running)/2) * q.perWork)
	}
	slowed := l.queued * float64(q.mostLarge()) * yield / float64(q.limits.Concurrent)
	return duration(float64(max(0, time.Until(q.nextLarge))) + (slowed+l.running/2)*q.perWork)
}

// duration returns ns nanoseconds, or about a century if that is less.
func duration(ns float64) time.Duration { return time.Duration(min(ns, 1<<61)) }

// share returns for how many rounds w makes later jobs of its line wait, if as
// many jobs like it run at once as the limits permit.
func (q *Queue) share(w Work) float64 {
	atOnce, memory := float64(q.limits.Concurrent), q.limits.Memory
	if q.line(w) == &q.large {
		atOnce, memory = float64(q.mostLarge()), q.limits.Large
	}
	if w.Memory > 0 {
		atOnce = max(1, min(atOnce, float64(memory/w.Memory)))
	}
	return float64(w.Rounds) / atOnce
}
