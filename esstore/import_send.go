package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore/internal/es"
)

const importOp = "import"

// storeBatch stores the users of the batch. It returns an error if the next batches
// would fail with it too.
func (s *Store) storeBatch(ctx context.Context, b *batch) error {
	err := s.storeItems(ctx, b, b.unsettled())
	if err != nil {
		b.settle(err)
	}
	return err
}

// storeItems sends the items until each is settled. If it returns an error, that is
// the error of the items that aren't settled.
func (s *Store) storeItems(ctx context.Context, b *batch, items []*item) error {
	sending := batcher[*item]{
		store: s, pace: b.pace, length: (*item).length, mayPass: mayPass,
		send: func(ctx context.Context, items []*item) ([]*item, *Error) {
			e := s.tryItems(ctx, b, items)
			return slices.DeleteFunc(items, (*item).isSettled), e
		},
	}
	for {
		left, e := sending.run(ctx, items)
		switch {
		case e == nil:
			return nil
		case e.Status != http.StatusRequestEntityTooLarge || ctx.Err() != nil:
			return e
		}
		left[0].settle(e)
		items = left[1:]
	}
}

// mayPass reports whether users that weren't stored because of e may be stored later.
func mayPass(e *Error) bool {
	return e.isTransient() || e.isBlocked() || e.Status/100 == 2 ||
		e.Status == http.StatusConflict // with a user that was deleted before it was read
}

// graver returns the one of two errors that decides. Either may be nil.
func graver(e, other *Error) *Error {
	if other == nil || e != nil && !mayPass(e) {
		return e
	}
	return other
}

// tryItems sends the items once, and settles those whose outcome is known then. It
// returns why the others, if there are any, aren't settled.
func (s *Store) tryItems(ctx context.Context, b *batch, items []*item) (cause *Error) {
	var unsent, held []*item
	for _, it := range items {
		if !it.held {
			unsent = append(unsent, it)
		}
	}
	if len(unsent) > 0 {
		cause = s.createItems(ctx, b, unsent)
	}
	for _, it := range items {
		if it.held {
			held = append(held, it)
		}
	}
	if len(held) > 0 {
		cause = graver(cause, s.settleHeld(ctx, b, held))
	}
	return cause
}

// createItems sends the creations of the items. It returns why some aren't settled.
func (s *Store) createItems(ctx context.Context, b *batch, items []*item) (cause *Error) {
	lines := b.linesOf(items)
	results, attempts, err := s.sendBulk(ctx, importOp, s.alias, lines, len(items))
	if attempts > 1 || err != nil && asError(err).isOpen() {
		for _, it := range items {
			it.open = true
		}
	}
	if err != nil {
		b.retained = true
		return asError(err)
	}
	if err := s.checkItems(ctx, results); err != nil {
		// unsent ends the import: the other users would be written there, too.
		return &Error{Op: importOp, err: errors.New(strings.TrimPrefix(err.Error(), "esstore: import: ")), unsent: true}
	}
	for n, result := range results {
		it := items[n]
		e := bulkError(importOp, result, documentID(it.key), "created")
		switch {
		case e == nil:
			it.settle(nil)
		case e.Status == http.StatusBadRequest, e.err != nil:
			it.settle(e)
		case e.Status == http.StatusConflict:
			it.held = true
		default:
			it.open = it.open || e.isOpen()
			cause = graver(cause, e)
		}
	}
	return cause
}

var errHeld = fmt.Errorf("esstore: import: %w", signup.ErrExists)

// settleHeld reads the holders of the keys of items that were refused with 409. It
// settles the items whose outcome follows from that, and marks those to be sent
// again whose key isn't held any more. It returns why some aren't settled.
func (s *Store) settleHeld(ctx context.Context, b *batch, items []*item) *Error {
	holders, e := s.readHolders(ctx, items)
	if e != nil {
		return e
	}
	var own []*item
	var at []version
	for n, it := range items {
		h := holders[n]
		switch {
		case h.Found == nil: // it can't be read
		case h.Found == false: // it was deleted just now, or the copy that was read lags
			it.held = false
		case h.Source.Key != it.key || h.Source.ID == "":
			it.settle(&Error{Op: importOp, Status: h.Status, err: errOtherDocument})
		case h.Source.ID == it.User.ID && plainToken(h.Source.WriteToken) == it.token:
			v, err := s.versionOf(h, h.Source)
			if err != nil {
				it.settle(&Error{Op: importOp, Status: h.Status, err: err})
				break
			}
			own, at = append(own, it), append(at, v)
		case h.Source.ID == it.User.ID:
			it.Present = true
			it.settle(nil)
		case it.open && !it.heldByOther:
			// A copy that lags may show the former user of the address. The next
			// response is the primary's own.
			it.heldByOther, it.held = true, false
		default:
			it.settle(errHeld)
		}
	}
	s.confirmItems(ctx, b, own, at)
	if !slices.ContainsFunc(items, func(it *item) bool { return !it.settled }) {
		return nil
	}
	return &Error{Op: importOp, Status: http.StatusConflict, Type: typeConflict}
}

// readHolders reads the documents of the keys of the items, in real time.
func (s *Store) readHolders(ctx context.Context, items []*item) ([]es.Document[document], *Error) {
	var query struct {
		IDs []string `json:"ids"`
	}
	for _, it := range items {
		query.IDs = append(query.IDs, documentID(it.key))
	}
	r, err := s.sendFor(ctx, importOp, esapi.MgetRequest{
		Index: s.alias, Body: encoded(query), SourceIncludes: []string{"id", "key", "write_token"},
		Instrument: s.instrument,
	}, es.MaxManyBody)
	if err != nil {
		return nil, asError(err)
	}
	var response struct{ Docs []es.Document[document] }
	if json.Unmarshal(r.Body, &response) != nil || len(response.Docs) != len(items) {
		return nil, notElasticsearch(importOp, r.Status)
	}
	for n := range response.Docs {
		response.Docs[n].Status = r.Status
	}
	return response.Docs, nil
}

// confirmItems confirms items that this import has stored at these versions, after
// the response was lost. It writes each once more, in its own place, and settles
// those that it has written. [Store.confirmWrite] says why.
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
	// They were read in one request, and so from the one index behind the alias.
	results, _, err := s.sendBulk(ctx, importOp, ownAlias(at[0].index), lines.Bytes(), len(items))
	if err != nil {
		return // they are read again
	}
	for n, result := range results {
		switch e := bulkError(importOp, result, documentID(items[n].key), "updated"); {
		case e == nil:
			items[n].settle(nil)
		case e.err != nil:
			items[n].settle(e)
		}
	}
}
