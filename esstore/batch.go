package esstore

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gosignup/signup/esstore/internal/es"
)

// How many documents are written and read at once: an import, a migration and an
// export all use what is in this file.

const (
	// patience is how long a request is repeated without any progress.
	patience = 2 * time.Minute
	// After longWait the wait for Elasticsearch is logged, and then at each
	// waitLogInterval.
	longWait, waitLogInterval = 10 * time.Second, time.Minute

	// batchBytes is the length of a bulk request.
	batchBytes = 5 << 20
	// busyBytes is the length below which a shorter request doesn't help a server
	// that has no capacity.
	busyBytes = 64 << 10
	// growAfter is the number of full requests after which longer ones are tried.
	growAfter = 8
)

// A pace is the length of requests that Elasticsearch accepts. It is safe for
// concurrent use.
type pace struct {
	mu      sync.Mutex
	most    int // the greatest length
	length  int // the present length: nothing is added to a request that has reached it
	tooLong int // the length of the shortest request that was too long; 0 if none was
	full    int // the number of full requests since length has changed
}

func newPace(length int) *pace { return &pace{most: length, length: length} }

// limit returns the present length.
func (p *pace) limit() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.length
}

// shorten makes requests shorter after one of this length was refused with e.
func (p *pace) shorten(length int, e *Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.Status == http.StatusRequestEntityTooLarge:
		if p.tooLong == 0 || length < p.tooLong {
			p.tooLong = length
		}
		p.length = max(1, min(p.length, length/2))
	case e.isRejected() && length > busyBytes:
		p.length = min(p.length, max(busyBytes, length/2))
	default:
		return
	}
	p.full = 0
}

// lengthen makes requests longer after some of this length were accepted. They stay
// well below the length that was too long.
func (p *pace) lengthen(length int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if length < p.length {
		return
	}
	if p.full++; p.full < growAfter {
		return
	}
	most := p.most
	if p.tooLong > 0 {
		most = min(most, p.tooLong/4*3)
	}
	p.full, p.length = 0, max(p.length, min(most, p.length+p.length/4+1))
}

// A wait is the wait of one sequence of requests for Elasticsearch.
type wait struct {
	s      *Store
	pause  backoff
	since  time.Time // the last progress
	logged time.Time
}

func newWait(s *Store) *wait { return &wait{s: s, since: time.Now()} }

// progress notes that a request has succeeded, at least in part.
func (w *wait) progress() { w.pause, w.since = backoff{}, time.Now() }

// again waits after a request that failed with e. It returns false if there was no
// progress for too long.
func (w *wait) again(ctx context.Context, e *Error) bool {
	took := time.Since(w.since)
	if took > patience {
		return false
	}
	if took >= longWait && time.Since(w.logged) >= waitLogInterval {
		w.logged = time.Now()
		w.s.logger.Log(ctx, slog.LevelWarn, "waiting for Elasticsearch to accept a request",
			"operation", e.Op, "since", took.Round(time.Second), "error", e)
	}
	w.pause.wait(ctx)
	return true
}

// A batcher sends items in requests of the length that Elasticsearch accepts.
type batcher[T any] struct {
	store  *Store
	pace   *pace
	length func(T) int // of an item in a request
	// send sends items once. It returns those that must be sent again, in their order
	// and in the same array or another, and why.
	send func(context.Context, []T) (left []T, e *Error)
	// mayPass reports whether items that weren't sent because of e may be sent later.
	mayPass func(*Error) bool
}

// run sends the items in their order until none is left. If it gives up, it returns
// those that are left and why. The first of them is the one that was too long, if
// that is why. It changes the array of items.
func (b *batcher[T]) run(ctx context.Context, items []T) ([]T, *Error) {
	w := newWait(b.store)
	var attempts int64
	for most := len(items); len(items) > 0; {
		n, length := b.first(items[:min(most, len(items))])
		left, e := b.send(ctx, items[:n])
		done := n - len(left)
		items = append(left, items[n:]...)
		if len(left) == 0 {
			b.pace.lengthen(length)
			w.progress()
			most = len(items)
			continue
		}
		if ctx.Err() != nil {
			return items, e.endedAfter(ctx)
		}
		b.pace.shorten(length, e)
		if tooLong := e.Status == http.StatusRequestEntityTooLarge; tooLong || e.isRejected() {
			most = max(1, n/2) // one long item may make a request too long whatever the pace
			if tooLong && n > 1 {
				w.progress()
				continue
			}
		}
		if done > 0 {
			w.progress()
		}
		attempts += max(1, e.attempts)
		e.attempts = attempts // an earlier one may have had an effect
		if !b.mayPass(e) || !w.again(ctx, e) {
			return items, e
		}
	}
	return nil, nil
}

// endedAfter returns the error of a method whose context was done after a request failed
// with e. Its text has both causes.
func (e *Error) endedAfter(ctx context.Context) *Error {
	done := asError(e.ended(ctx))
	if !errors.Is(e, done.err) {
		done.err = fmt.Errorf("%w, after the error: %v", done.err, e) // ErrBusy of e doesn't hold any more
	}
	return done
}

// first returns how many items the next request has, and their length.
func (b *batcher[T]) first(items []T) (n, length int) {
	for limit := b.pace.limit(); n < len(items) && (n == 0 || length < limit); n++ {
		length += b.length(items[n])
	}
	return n, length
}

// bulkError returns the error of a write in a bulk request; nil if Elasticsearch has
// made it under this id, with one of these results.
func bulkError(op string, item es.Item, id string, results ...es.Result) *Error {
	e := itemError(op, item)
	if e == nil && (item.ID != id || !slices.Contains(results, item.Result)) {
		e = &Error{Op: op, Status: item.Status, err: errDiverted, attempts: 1}
	}
	return e
}

// A bulkWrite is a write of a bulk request: one or two lines.
type bulkWrite struct {
	id      string
	lines   []byte
	results []es.Result // those of a success
	seqNo   int64       // of the document of the original; noSeqNo if that has none
}

const noSeqNo = -1

func (w bulkWrite) length() int { return len(w.lines) }

// sendWrites sends the writes once, to an alias, and returns their errors: nil for
// those that were made.
func (s *Store) sendWrites(ctx context.Context, op, alias string, writes []bulkWrite) ([]*Error, *Error) {
	var lines bytes.Buffer
	for _, w := range writes {
		lines.Write(w.lines)
	}
	items, _, err := s.sendBulk(ctx, op, alias, lines.Bytes(), len(writes))
	if err != nil {
		return nil, asError(err)
	}
	errs := make([]*Error, len(writes))
	for n, item := range items {
		errs[n] = bulkError(op, item, writes[n].id, writes[n].results...)
	}
	return errs, nil
}

const (
	// pageBytes is the length of the documents of a page that is aimed at.
	pageBytes = 8 << 20
	// growPagesAfter is the number of pages after which longer ones are tried.
	growPagesAfter = 4
)

// A pager finds the number of documents in a page: few if they are long, or if
// Elasticsearch has no capacity for more.
type pager struct {
	most, size int
	full       int // pages since size was reduced
}

func newPager(size, most int) *pager {
	most = max(1, most)
	return &pager{most: most, size: min(size, most)}
}

// read calls get for a page of *size documents, which get may reduce. It repeats get
// while mayPass reports true.
func (p *pager) read(ctx context.Context, s *Store, mayPass func(error) bool, get func(size *int) ([]hit, error)) ([]hit, error) {
	for w := newWait(s); ; {
		hits, err := get(&p.size)
		if err == nil {
			return hits, nil
		}
		if !mayPass(err) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, asError(err).endedAfter(ctx)
		}
		if asError(err).isRejected() {
			p.size, p.full = max(1, p.size/2), 0
		}
		if !w.again(ctx, asError(err)) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, asError(err).endedAfter(ctx)
		}
	}
}

// adapt sets the size of the next page by the length of this one.
func (p *pager) adapt(hits []hit) {
	length := 0
	for _, h := range hits {
		length += len(h.Source)
	}
	switch {
	case length > pageBytes:
		p.size, p.full = max(1, len(hits)*(pageBytes/1024)/(length/1024)), 0
	case length > pageBytes/2 || len(hits) < p.size:
	default:
		if p.full++; p.full >= growPagesAfter {
			p.size, p.full = min(2*p.size, p.most), 0
		}
	}
}

// isPassing reports whether the same request may succeed later: see
// [Error.isTransient]. A response that was cut is one that was lost.
func isPassing(err error) bool {
	e := asError(err)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](e.err); ok {
		return false
	}
	return e.isTransient() || e.Status/100 == 2 && isCut(e.err)
}

// isCut reports whether err is of a connection that ended before the response did.
func isCut(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}
