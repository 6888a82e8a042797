package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// patience is how long a batch is sent again while nothing comes of it.
const patience = 2 * time.Minute

// A batch is the users of one request.
type batch struct {
	lines   bytes.Buffer // the request
	encoder *json.Encoder
	doc     document // what is encoded: here, so that none is allocated
	items   []item

	end     error // what would await the next ones, too
	refused int   // length of the shortest request that was too long; 0: none was
	leaked  bool  // a request without a good answer may yet be read from lines
}

// An item is one user of a batch.
type item struct {
	ImportResult
	settled         bool
	key, token      string // of the document
	start, doc, end int    // where in the batch's lines are its action, and its document
	open            bool   // an earlier request may have stored it
	held            bool   // its key was held when it was sent
	looked          bool   // and by another user, as a copy showed that may lag
}

func newBatch() *batch {
	b := &batch{}
	b.encoder = json.NewEncoder(&b.lines)
	return b
}

// add takes a user and returns its key, "" if it can't be stored.
func (b *batch) add(n int64, u signup.User) (key string) {
	it := item{ImportResult: ImportResult{N: n, User: u}}
	if err := b.encode(&it); err != nil {
		it.settle(err)
	}
	b.items = append(b.items, it)
	return it.key
}

func (b *batch) encode(it *item) (err error) {
	if b.doc, err = newDocument(it.User); err != nil {
		return err
	}
	it.start = b.lines.Len()
	b.lines.WriteString(`{"create":{"_id":"`)
	b.lines.WriteString(documentID(b.doc.Key))
	b.lines.WriteString("\"}}\n")
	it.doc = b.lines.Len()
	err = b.encoder.Encode(&b.doc)
	it.end = b.lines.Len()
	switch {
	case err != nil:
		err = fmt.Errorf("esstore: %w", err)
	case it.end-it.doc > maxDocument+len("\n"):
		err = errTooLarge
	default:
		it.key, it.token = b.doc.Key, b.doc.WriteToken
		return nil
	}
	b.lines.Truncate(it.start)
	return err
}

// reset makes the batch an empty one.
func (b *batch) reset() {
	clear(b.items)
	b.items, b.doc = b.items[:0], document{}
	if b.leaked {
		b.lines = bytes.Buffer{}
	}
	b.lines.Reset()
	b.end, b.refused, b.leaked = nil, 0, false
}

// settle is for all users of whom nothing else is known.
func (b *batch) settle(err error) {
	for n := range b.items {
		if it := &b.items[n]; !it.settled {
			it.settle(err)
		}
	}
}

func (it *item) settle(err error) { it.settled, it.Err = true, err }

func (it *item) isSettled() bool { return it.settled }

// storeBatch stores the users of the batch. Its error would await the next ones,
// too.
func (s *Store) storeBatch(ctx context.Context, b *batch) error {
	items := make([]*item, 0, len(b.items))
	for n := range b.items {
		if it := &b.items[n]; !it.settled {
			items = append(items, it)
		}
	}
	err := s.storeItems(ctx, b, items)
	if err != nil {
		b.settle(err)
	}
	return err
}

// storeItems sends the items until each is settled. Its error is of those that
// aren't.
func (s *Store) storeItems(ctx context.Context, b *batch, items []*item) error {
	var pause backoff
	var attempts int64
	for since := time.Now(); len(items) > 0; {
		f := s.tryItems(ctx, b, items)
		left := slices.DeleteFunc(items, (*item).isSettled)
		switch {
		case len(left) == 0:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("esstore: import: %w", ctx.Err())
		case f.status == http.StatusRequestEntityTooLarge && len(left) == 1:
			left[0].settle(f)
			return nil
		case f.status == http.StatusRequestEntityTooLarge:
			// One half after the other: which user of two is the first is told
			// by their order.
			half := len(left) / 2
			if err := s.storeItems(ctx, b, left[:half]); err != nil {
				return err
			}
			items, since = left[half:], time.Now()
			continue
		case len(left) < len(items):
			since, pause = time.Now(), backoff{}
		}
		attempts += max(1, f.attempts)
		f.attempts = attempts // of which an earlier one may have stored somebody
		if !mayPass(f) || time.Since(since) > patience {
			return f
		}
		items = left
		pause.wait(ctx)
	}
	return nil
}

// mayPass reports whether what kept users from being stored may be over later.
func mayPass(f *failure) bool {
	return f.isTransient() || f.isBlocked() || f.status/100 == 2 ||
		f.status == http.StatusConflict // with a user who was gone when looked for
}

// graver returns that of two failures, which may be nil, that decides.
func graver(f, other *failure) *failure {
	if other == nil || f != nil && !mayPass(f) {
		return f
	}
	return other
}

// tryItems sends the items once, and settles those of whom the answers tell what
// became. It returns what kept the others, if any, from being settled.
func (s *Store) tryItems(ctx context.Context, b *batch, items []*item) (kept *failure) {
	var sent, held []*item
	for _, it := range items {
		if !it.held {
			sent = append(sent, it)
		}
	}
	if len(sent) > 0 {
		kept = s.createItems(ctx, b, sent)
	}
	for _, it := range items {
		if it.held {
			held = append(held, it)
		}
	}
	if len(held) > 0 {
		kept = graver(kept, s.lookAtHolders(ctx, b, held))
	}
	return kept
}

// createItems sends creations.
func (s *Store) createItems(ctx context.Context, b *batch, items []*item) (kept *failure) {
	ctx, attempts := counted(ctx)
	lines := b.linesOf(items)
	all, f := s.bulk(ctx, "import", s.alias, lines, len(items))
	if open := attempts.number() > 1 || f != nil && f.isOpen(); open {
		for _, it := range items {
			it.open = true
		}
	}
	if f != nil {
		b.leaked = true
		if f.status == http.StatusRequestEntityTooLarge && (b.refused == 0 || b.refused > len(lines)) {
			b.refused = len(lines)
		}
		return f
	}
	for n, w := range all {
		it, f := items[n], w.failure("import")
		switch {
		case f == nil, f.status == http.StatusBadRequest:
			it.settle(errorOf(f))
		case f.status == http.StatusConflict:
			it.held = true
		default:
			it.open = it.open || f.isOpen()
			kept = graver(kept, f)
		}
	}
	return kept
}

// errorOf returns f as an error, which is nil if f is.
func errorOf(f *failure) error {
	if f == nil {
		return nil
	}
	return f
}

// linesOf returns the request that creates the items.
func (b *batch) linesOf(items []*item) []byte {
	all := b.lines.Bytes()
	first, last := items[0], items[len(items)-1]
	length := 0
	for _, it := range items {
		length += it.end - it.start
	}
	if length == last.end-first.start { // there is nobody else between them
		return all[first.start:last.end]
	}
	lines := make([]byte, 0, length)
	for _, it := range items {
		lines = append(lines, all[it.start:it.end]...)
	}
	return lines
}

var errHeld = fmt.Errorf("esstore: import: %w", signup.ErrExists)

// lookAtHolders is for items that were answered 409. It settles those of whose
// holders it can tell who they are, and has those sent again whose key isn't held
// any more. It returns what kept the others, if any, from being settled.
func (s *Store) lookAtHolders(ctx context.Context, b *batch, items []*item) *failure {
	holders, f := s.holders(ctx, items)
	if f != nil {
		return f
	}
	var own []*item
	var at []version
	for n, it := range items {
		h := holders[n]
		switch {
		case h.Found == nil: // it can't be read
		case h.Found == false: // deleted just now, or on the way to the copy that was read
			it.held = false
		case h.Source.Key != it.key || h.Source.ID == "":
			it.settle(errors.New("esstore: import: the document is not of the user whose key was looked for"))
		case h.Source.ID == it.User.ID && plainToken(h.Source.WriteToken) == it.token:
			v, err := s.version(h, h.Source)
			if err != nil {
				it.settle(fmt.Errorf("esstore: import: %w", err))
				break
			}
			own, at = append(own, it), append(at, v)
		case h.Source.ID == it.User.ID:
			it.Present = true
			it.settle(nil)
		case it.open && !it.looked:
			// A copy that lags may show who had the address before: the next
			// answer is the primary's own.
			it.looked, it.held = true, false
		default:
			it.settle(errHeld)
		}
	}
	s.confirmItems(ctx, b, own, at)
	if !slices.ContainsFunc(items, func(it *item) bool { return !it.settled }) {
		return nil
	}
	return &failure{op: "import", status: http.StatusConflict, kind: "version_conflict_engine_exception"}
}

// holders reads, in real time, who holds the keys of the items.
func (s *Store) holders(ctx context.Context, items []*item) ([]answer, *failure) {
	var query struct {
		IDs []string `json:"ids"`
	}
	for _, it := range items {
		query.IDs = append(query.IDs, documentID(it.key))
	}
	status, body, f := s.sendFor(ctx, "import", esapi.MgetRequest{
		Index: s.alias, Body: encoded(query), SourceIncludes: []string{"id", "key", "write_token"},
		Instrument: s.instrument,
	}, maxPage)
	if f != nil {
		return nil, f
	}
	var ans struct{ Docs []answer }
	if json.Unmarshal(body, &ans) != nil || len(ans.Docs) != len(items) {
		return nil, &failure{op: "import", status: status, err: errNotElasticsearch}
	}
	return ans.Docs, nil
}

// confirmItems is for items that were read as stored by this import, at these
// versions, though the answer was lost. It writes each once more, in the place of
// itself, and settles whom it has written: see confirm for why.
func (s *Store) confirmItems(ctx context.Context, b *batch, items []*item, at []version) {
	if len(items) == 0 {
		return
	}
	var lines bytes.Buffer
	for n, it := range items {
		_, _ = fmt.Fprintf(&lines, `{"index":{"_id":%q,"if_seq_no":%d,"if_primary_term":%d}}`+"\n",
			documentID(it.key), at[n].seqNo, at[n].primaryTerm)
		lines.Write(b.lines.Bytes()[it.doc:it.end])
	}
	// They were read at once, and so from the one index that is behind the alias.
	all, f := s.bulk(ctx, "import", ownAlias(at[0].index), lines.Bytes(), len(items))
	if f != nil {
		return // they are looked for again
	}
	for n, w := range all {
		if w.failure("import") == nil {
			items[n].settle(nil)
		}
	}
}
