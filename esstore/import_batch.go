package esstore

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gosignup/signup"
)

// A batch is the users of one request.
type batch struct {
	lines   bytes.Buffer // the request
	encoder *json.Encoder
	doc     document // the one being encoded: here, so that none is allocated
	items   []item

	pace     *pace // of the import
	end      error // that would be the error of the next batches too
	retained bool  // the client may still read lines, because a request failed
}

// An item is one user of a batch.
type item struct {
	ImportResult
	settled         bool
	key, token      string // of the document
	start, doc, end int    // where its action and its document are in the batch's lines
	open            bool   // an earlier request may have stored it
	held            bool   // its key was held when it was sent
	heldByOther     bool   // by another user, according to a copy that may lag
}

func newBatch(p *pace) *batch {
	b := &batch{pace: p}
	b.encoder = json.NewEncoder(&b.lines)
	return b
}

// add adds a user and returns its key; "" if the user can't be stored.
func (b *batch) add(n int64, u signup.User, err error) (key string) {
	it := item{ImportResult: ImportResult{N: n, User: u}}
	if err == nil {
		err = b.encode(&it)
	}
	if err != nil {
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

// reset empties the batch.
func (b *batch) reset() {
	clear(b.items)
	b.items, b.doc = b.items[:0], document{}
	if b.retained {
		b.lines = bytes.Buffer{}
	}
	b.lines.Reset()
	b.end, b.retained = nil, false
}

// unsettled returns the items that aren't settled.
func (b *batch) unsettled() []*item {
	items := make([]*item, 0, len(b.items))
	for n := range b.items {
		if it := &b.items[n]; !it.settled {
			items = append(items, it)
		}
	}
	return items
}

// settle settles all items that aren't settled, with this error.
func (b *batch) settle(err error) {
	for _, it := range b.unsettled() {
		it.settle(err)
	}
}

// settle sets the error of the item, which may be nil.
func (it *item) settle(err error) { it.settled, it.Err = true, err }

func (it *item) isSettled() bool { return it.settled }

// length returns the length of the item in a request.
func (it *item) length() int { return it.end - it.start }

// linesOf returns the request that creates the items.
func (b *batch) linesOf(items []*item) []byte {
	all := b.lines.Bytes()
	first, last := items[0], items[len(items)-1]
	length := 0
	for _, it := range items {
		length += it.length()
	}
	if length == last.end-first.start { // there is no other item between them
		return all[first.start:last.end]
	}
	lines := make([]byte, 0, length)
	for _, it := range items {
		lines = append(lines, all[it.start:it.end]...)
	}
	return lines
}
