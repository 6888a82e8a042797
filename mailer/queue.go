package mailer

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gosignup/signup"
)

var (
	errFull   = fmt.Errorf("mailer: the queue is full: %w", signup.ErrBusy)
	errClosed = fmt.Errorf("mailer: closed: %w", signup.ErrBusy)
)

// A queue has mails that wait, soonest first.
type queue struct {
	max  int
	wake chan struct{} // one for each worker

	mu        sync.Mutex
	waiting   byDue
	busy      int // taken, and not yet done or put back
	number    uint64
	outages   int       // attempts in a row that have not reached the server
	notBefore time.Time // of the next attempt, after an outage
	closed    bool
}

func newQueue(max, workers int) *queue {
	return &queue{max: max, wake: make(chan struct{}, workers)}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) + q.busy
}

// put adds a new mail.
func (q *queue) put(m *queued) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return errClosed
	case len(q.waiting)+q.busy >= q.max:
		return errFull
	}
	q.push(m)
	return nil
}

func (q *queue) push(m *queued) {
	q.number++
	m.number = q.number
	heap.Push(&q.waiting, m)
	q.signal(1)
}

// signal wakes up to n workers.
func (q *queue) signal(n int) {
	for range n {
		select {
		case q.wake <- struct{}{}:
		default: // all will look
		}
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal(cap(q.wake))
}

// take waits for a mail that is due, for idle at most, and returns it. Otherwise it
// returns nil, and whether there may be more: that ends if ctx is done, or if the queue
// is closed and empty.
func (q *queue) take(ctx context.Context, idle time.Duration) (m *queued, more bool) {
	until := time.Now().Add(idle)
	for {
		m, wait, more := q.next(time.Now())
		if m != nil || !more || ctx.Err() != nil {
			return m, more && ctx.Err() == nil
		}
		timer := time.NewTimer(min(wait, time.Until(until)))
		select {
		case <-q.wake:
		case <-ctx.Done():
		case <-timer.C:
			if !time.Now().Before(until) {
				return nil, true
			}
		}
		timer.Stop()
	}
}

// next returns the first mail if it is due, or how long to wait for one.
func (q *queue) next(now time.Time) (m *queued, wait time.Duration, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, time.Hour, !q.closed || q.busy > 0
	}
	due := q.waiting[0].due
	if q.notBefore.After(due) {
		due = q.notBefore
	}
	if wait := due.Sub(now); wait > 0 {
		return nil, wait, true
	}
	q.busy++
	return heap.Pop(&q.waiting).(*queued), 0, true
}

// done removes a mail that was taken.
func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	if q.closed && q.busy == 0 && len(q.waiting) == 0 {
		q.signal(cap(q.wake))
	}
}

// putBack returns a mail that was taken, to be sent when it is due.
func (q *queue) putBack(m *queued, due time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	m.due = due
	q.push(m)
}

// outage delays all mails, because the server can't be reached, and returns until when.
func (q *queue) outage(first time.Duration) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now := time.Now(); !now.Before(q.notBefore) { // otherwise another worker was first
		q.outages++
		q.notBefore = now.Add(backoff(first, q.outages))
	}
	return q.notBefore
}

// reached ends an outage.
func (q *queue) reached() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.outages > 0 {
		q.outages, q.notBefore = 0, time.Time{}
		q.signal(cap(q.wake))
	}
}

const maxBackoff = 5 * time.Minute

// backoff returns the wait after so many attempts that have failed.
func backoff(first time.Duration, attempts int) time.Duration {
	d := first
	for i := 1; i < attempts && d < maxBackoff; i++ {
		d *= 2
	}
	d = min(d, max(first, maxBackoff))
	return d - rand.N(d/2+1)
}
