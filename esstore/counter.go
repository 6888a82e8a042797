package esstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore/internal/es"
)

const defaultCounterAlias = "users-counts"

// CounterOptions are the options of [NewCounter]. The zero value has the defaults.
type CounterOptions struct {
	// Alias is the alias of the index that holds the counts. "" means
	// "users-counts". The rules are those of Options.Alias, and no Store has the
	// same alias. The roles of [Role] and [SetupRole] for a Store are also good for
	// a Counter whose alias begins with the Store's and "-".
	Alias string
}

// A Counter is a [signup.Counter] in Elasticsearch, for any number of processes. Make
// one with [NewCounter]. It is safe for concurrent use if its transport is.
//
// A count is one document, whose id is a hash of the name. The name isn't stored. An
// Add reads the document and replaces it, provided that it wasn't changed meanwhile.
// That takes no script and two round trips. Adds for one name that this process makes
// at once are written together, so that only processes compete with each other. An
// Add that others have preceded too often returns [signup.ErrBusy].
//
// If the response to a write was lost, the Counter reads the document to find out
// whether the write was made. If others have changed it since, an n above 0 may be
// counted twice, and an Add with an n below 0 returns an error.
//
// The windows are measured with the clocks of the processes: if two clocks differ by a
// second, a count may be forgotten a second early or late. A clock that is far ahead
// does no lasting harm: another process's next Add for the name corrects the time.
//
// After about a thousand writes, the Counter deletes the documents of counts that
// ended a few minutes before: see [Counter.Sweep].
type Counter struct {
	store     *Store // for its requests
	documents es.Documents[count]

	mu       sync.Mutex
	batches  map[string]*batchedAdds // by the id of the document
	writes   atomic.Int64
	sweeping atomic.Bool
}

// NewCounter returns a Counter that sends its requests to t, as [New] does. Call
// [Counter.Setup] before the first Add. NewCounter copies opts; nil means the
// defaults. If t is nil or opts.Alias is not a valid name, every method fails.
func NewCounter(t esapi.Transport, opts *CounterOptions) *Counter {
	o := Options{Alias: defaultCounterAlias}
	if opts != nil && opts.Alias != "" {
		o.Alias = opts.Alias
	}
	c := &Counter{store: New(t, &o), batches: map[string]*batchedAdds{}}
	c.documents.Client = &c.store.client
	return c
}

// Add implements [signup.Counter]. An error is an [Error], except [signup.ErrInvalid]. It
// is [signup.ErrBusy] in the cases that Error names, and if other processes changed the
// count too often meanwhile. If ctx ends during the call, Add returns at once, and
// what it has sent may still be carried out.
func (c *Counter) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	if name == "" || len(name) > signup.MaxCountName {
		return 0, fmt.Errorf("esstore: count: name of %d bytes, want 1 to %d: %w", len(name), signup.MaxCountName, signup.ErrInvalid)
	}
	if window <= 0 || window > signup.MaxCountWindow {
		return 0, fmt.Errorf("esstore: count: window of %s, want more than 0 and at most %s: %w", window, signup.MaxCountWindow, signup.ErrInvalid)
	}
	if err := ctx.Err(); err != nil {
		return 0, &Error{Op: countOp, err: err, unsent: true}
	}
	a := &add{ctx: ctx, n: max(-signup.MaxCount, min(n, signup.MaxCount)), window: window, done: make(chan struct{})}
	c.enqueue(documentID(name), a)
	select {
	case <-a.done:
	case <-ctx.Done():
		return 0, &Error{Op: countOp, err: ctx.Err(), inDoubt: true}
	}
	if a.err != nil {
		return 0, a.err
	}
	return a.count, nil
}

const countOp = "count"

// An add is a call of Add. The batch that it is in sets count or err, and closes done.
type add struct {
	ctx    context.Context
	n      int
	window time.Duration

	done  chan struct{}
	count int
	err   error
}

func (a *add) end(count int, err error) {
	a.count, a.err = count, err
	close(a.done)
}

// batchedAdds are the calls for one name that wait for the batch that is being written.
type batchedAdds struct{ waiting []*add }

// enqueue adds a to the next batch. If none is being written, it begins one.
func (c *Counter) enqueue(id string, a *add) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, running := c.batches[id]
	if !running {
		b = new(batchedAdds)
		c.batches[id] = b
		go c.run(context.WithoutCancel(a.ctx), id, b)
	}
	b.waiting = append(b.waiting, a)
}

// run writes one batch after the other until no call is waiting.
func (c *Counter) run(ctx context.Context, id string, b *batchedAdds) {
	for {
		c.mu.Lock()
		adds := b.waiting
		b.waiting = nil
		if adds == nil {
			delete(c.batches, id)
		}
		c.mu.Unlock()
		if adds == nil {
			return
		}
		c.write(ctx, id, adds)
		c.sweepSometimes(ctx)
	}
}

// write writes the calls that haven't ended.
func (c *Counter) write(ctx context.Context, id string, adds []*add) {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	w := countWrite{c: c, id: id, tried: map[string][]int{}}
	for _, a := range adds {
		if err := a.ctx.Err(); err != nil {
			a.end(0, &Error{Op: countOp, err: err, unsent: true})
			continue
		}
		w.adds = append(w.adds, a)
	}
	if len(w.adds) == 0 {
		return
	}
	counts, err := w.run(ctx)
	for i, a := range w.adds {
		if err != nil {
			a.end(0, err)
		} else {
			a.end(counts[i], nil)
		}
	}
}
