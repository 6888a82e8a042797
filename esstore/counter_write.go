package esstore

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

const (
	// countTimeout limits how long a batch of Adds takes.
	countTimeout = 10 * time.Second
	// countTries limits how often it is written, and countFailures how often that may
	// fail for another reason than that another process was first.
	countTries, countFailures = 40, 4
	// The first and the longest pause before it is written again, on average half of
	// that.
	firstCountPause, lastCountPause = 4 * time.Millisecond, 256 * time.Millisecond
)

// A count is the document of a name.
type count struct {
	Count  int64  `json:"count"`  // above 0
	End    int64  `json:"end"`    // when it is forgotten, in ms since 1970
	Window int64  `json:"window"` // of the Add that began it, in ms
	Token  string `json:"token"`  // of the write
}

// A storedCount is a document that was read.
type storedCount struct {
	count
	exists             bool
	seqNo, primaryTerm int
}

// isAt reports whether s is the document as it was in another read.
func (s storedCount) isAt(other storedCount) bool {
	return s.exists == other.exists && s.seqNo == other.seqNo && s.primaryTerm == other.primaryTerm
}

// milliseconds returns d in milliseconds, rounded up.
func milliseconds(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

// after returns the count after these calls, made now one after the other, and what
// each of them returns.
func (c count) after(adds []*add, now time.Time) (count, []int) {
	at := milliseconds(time.Duration(now.UnixNano()))
	if now.UnixMilli() >= c.End {
		c = count{}
	}
	c.End = min(c.End, at+c.Window) // a later one is of a clock that was ahead
	counts := make([]int, len(adds))
	for i, a := range adds {
		if c.Count == 0 && a.n > 0 {
			c.Window = milliseconds(a.window)
			c.End = at + c.Window
		}
		c.Count = max(0, min(c.Count+int64(a.n), signup.MaxCount))
		counts[i] = int(c.Count)
	}
	return c, counts
}

// A countWrite writes one batch of Adds.
type countWrite struct {
	c    *Counter
	id   string
	adds []*add

	tried   map[string][]int // the results of each write that was sent, by its token
	from    storedCount      // what the last write was to replace
	removal []int            // the results, if the last write was a deletion
	doubt   *Error           // of a write that may have been made in the place of from
}

// run returns what each of w.adds returns. It may end some of them, and remove them
// from w.adds.
func (w *countWrite) run(ctx context.Context) ([]int, error) {
	var last *Error
	failures := 0
	for try, pause := 0, firstCountPause; try < countTries && failures < countFailures; try, pause = try+1, min(2*pause, lastCountPause) {
		if try > 0 && !sleep(ctx, mathrand.N(pause)+time.Duration(failures)*firstBackoff) {
			break
		}
		stored, e := w.read(ctx)
		if e == nil {
			var counts []int
			if counts, e = w.next(ctx, stored); e == nil {
				return counts, nil
			}
		}
		last = e
		if !e.isRefusal() {
			failures++
		}
		if w.doubt == nil && !e.isRefusal() && !e.isTransient() {
			break
		}
	}
	failed := *last
	failed.inDoubt = w.doubt != nil
	failed.contended = failed.isRefusal() && !failed.inDoubt
	return nil, &failed
}

// next writes the batch in the place of stored, unless it is there.
func (w *countWrite) next(ctx context.Context, stored storedCount) ([]int, *Error) {
	next, counts := stored.count, w.tried[stored.Token]
	switch {
	case counts != nil:
		// It was written, and the response lost. What is read may still be lost, as
		// that of a primary that was cut off. Writing it once more makes sure.
	case w.doubt != nil && w.removal != nil && !stored.exists:
		return w.removal, nil
	default:
		if w.doubt != nil && !stored.isAt(w.from) {
			w.endNegative()
		}
		if len(w.adds) == 0 {
			return nil, nil
		}
		next, counts = stored.after(w.adds, time.Now())
		if next == stored.count || next.Count == 0 && !stored.exists {
			return counts, nil
		}
	}
	next.Token = rand.Text()
	w.from, w.removal = stored, nil
	w.tried[next.Token] = counts
	if next.Count == 0 {
		w.removal = counts
	}
	e := w.send(ctx, stored, next)
	if e == nil || e.acknowledged {
		w.c.writes.Add(1)
		return counts, nil
	}
	if e.isOpen() {
		w.doubt = e
	}
	return nil, e
}

// endNegative ends the calls that subtract: they may have been counted, and mustn't be
// counted twice.
func (w *countWrite) endNegative() {
	failed := *w.doubt
	failed.inDoubt = true
	w.adds = slices.DeleteFunc(w.adds, func(a *add) bool {
		if a.n < 0 {
			a.end(0, &failed)
		}
		return a.n < 0
	})
	w.doubt = nil
	clear(w.tried) // they were of other calls
}

// read reads the document.
func (w *countWrite) read(ctx context.Context) (storedCount, *Error) {
	s := w.c.store
	r, failed := w.c.documents.Send(ctx, esapi.GetRequest{Index: s.alias, DocumentID: w.id, Instrument: s.instrument})
	switch {
	case failed != nil && failed.Status == http.StatusNotFound && r.Found == false:
		return storedCount{}, nil
	case failed != nil:
		return storedCount{}, newError(countOp, failed)
	case !isIndexOf(r.Index, s.alias):
		return storedCount{}, &Error{Op: countOp, Status: r.Status, err: s.errNotBehind(r.Index)}
	case !r.SeqNo.IsSet || !r.PrimaryTerm.IsSet:
		return storedCount{}, &Error{Op: countOp, Status: r.Status, err: errNoVersion}
	case r.Source.Count <= 0 || r.Source.Count > signup.MaxCount || r.Source.End <= 0 || r.Source.Window <= 0:
		return storedCount{}, &Error{Op: countOp, Status: r.Status, err: errNoCount}
	}
	return storedCount{r.Source, true, r.SeqNo.Value, r.PrimaryTerm.Value}, nil
}

// send sends the write that replaces stored by next. A document without a count is
// deleted.
func (w *countWrite) send(ctx context.Context, stored storedCount, next count) *Error {
	s := w.c.store
	var req esapi.Request
	switch {
	case next.Count == 0:
		req = esapi.DeleteRequest{
			Index: s.alias, DocumentID: w.id, IfSeqNo: &stored.seqNo, IfPrimaryTerm: &stored.primaryTerm,
			Instrument: s.instrument,
		}
	case stored.exists:
		req = esapi.IndexRequest{
			Index: s.alias, DocumentID: w.id, RequireAlias: &yes, Body: encoded(next),
			IfSeqNo: &stored.seqNo, IfPrimaryTerm: &stored.primaryTerm, Instrument: s.instrument,
		}
	default:
		req = esapi.IndexRequest{
			Index: s.alias, DocumentID: w.id, RequireAlias: &yes, Body: encoded(next),
			OpType: "create", Instrument: s.instrument,
		}
	}
	r, failed := w.c.documents.Send(ctx, req)
	if failed != nil {
		e := newError(countOp, failed)
		e.absent = r.Status == http.StatusNotFound && r.Result == "not_found"
		return e
	}
	if !r.ID.Is(w.id) || r.Result != "created" && r.Result != "updated" && r.Result != "deleted" {
		return &Error{Op: countOp, Status: r.Status, err: errDiverted}
	}
	return nil
}
