package esstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

const (
	copyPage    = 1000 // documents that are copied at once, if they are short
	firstPage   = 250  // documents in the first page, whose length isn't known
	logInterval = 10 * time.Second
)

// A checkpoint is the progress of the writes to an index.
type checkpoint struct {
	last   int64  // the highest sequence number
	global int64  // no write up to here is under way or can be lost
	node   string // the node that has the primary
}

// shardStats is the part of the index statistics that has the checkpoints.
type shardStats struct {
	Shards *struct{ Failed int } `json:"_shards"`

	Indices map[string]struct {
		Shards map[string][]struct {
			Routing struct {
				Primary bool
				Node    string
			}
			SeqNo struct {
				Max    *int64 `json:"max_seq_no"`
				Global *int64 `json:"global_checkpoint"`
			} `json:"seq_no"`
		}
	}
}

// readCheckpoint asks the primary of the index. It fails unless every copy of the
// index responds: a node that was cut off from the others knows only its own state.
func (s *Store) readCheckpoint(ctx context.Context, op, index string) (checkpoint, error) {
	r, err := s.send(ctx, op, esapi.IndicesStatsRequest{
		Index: []string{index}, Metric: []string{"docs"}, Level: "shards",
		FilterPath: []string{"_shards", "indices.*.shards.*.seq_no", "indices.*.shards.*.routing"},
		Instrument: s.instrument,
	})
	if err != nil {
		return checkpoint{}, err
	}
	var stats shardStats
	if json.Unmarshal(r.Body, &stats) != nil || stats.Shards == nil {
		return checkpoint{}, notElasticsearch(op, r.Status)
	}
	shards := stats.Indices[index].Shards
	if len(shards) > 1 {
		return checkpoint{}, fmt.Errorf("esstore: %s: the index %s has %d shards; only an index with one shard can be copied", op, index, len(shards))
	}
	for _, copies := range shards {
		for _, c := range copies {
			if c.Routing.Primary && c.SeqNo.Max != nil && c.SeqNo.Global != nil && stats.Shards.Failed == 0 {
				return checkpoint{*c.SeqNo.Max, *c.SeqNo.Global, c.Routing.Node}, nil
			}
		}
	}
	return checkpoint{}, &Error{Op: op, Status: r.Status, err: es.ErrPartial}
}

// locatePrimaries finds the nodes that have the primaries, and returns the
// checkpoint of the last index.
func (m *migration) locatePrimaries(ctx context.Context, indices ...string) (at checkpoint, err error) {
	for _, index := range indices {
		if at, err = m.s.readCheckpoint(ctx, m.op, index); err != nil {
			return at, err
		}
		if m.nodes == nil {
			m.nodes = map[string]string{}
		}
		m.nodes[index] = at.node
	}
	return at, nil
}

// searchPrimary searches the primary, which is the only copy sure to have
// everything. locatePrimaries must have found it.
func (m *migration) searchPrimary(ctx context.Context, index string, query map[string]any, size *int) (page, error) {
	p, err := m.s.searchPageOn(ctx, m.op, index, m.nodes[index], query, size)
	return p, transientIfPrimaryMoved(err)
}

// transientIfPrimaryMoved returns a transient error if err means that the primary is
// no longer on the node that received the request. Otherwise it returns err.
func transientIfPrimaryMoved(err error) error {
	e := asError(err)
	if e.Status == http.StatusBadRequest && e.Type == typeBadArgument {
		return e.asTransient("the primary is on another node now")
	}
	return err
}

// catchUp copies what was written since the last copy, up to the present
// checkpoint, and returns the number of documents.
func (m *migration) catchUp(ctx context.Context) (n int, err error) {
	at, err := m.locatePrimaries(ctx, m.from)
	if err != nil {
		return 0, err
	}
	if err := m.s.refresh(ctx, m.op, m.from); err != nil {
		return 0, err
	}
	logged := time.Now()
	var unverified copiedDocuments
	for done := m.copied; done < at.global; {
		hits, more, err := m.nextHits(ctx, done, at.global)
		if err != nil {
			return n, err
		}
		docs, err := m.copyHits(ctx, hits)
		if err != nil {
			return n, err
		}
		n += len(hits)
		done = at.global
		if more {
			done = hits[len(hits)-1].SeqNo
		}
		if unverified.add(docs); more && !unverified.isFull() {
			continue
		}
		if err := m.verify(ctx, slices.Collect(maps.Values(unverified.byID))); err != nil {
			return n, err
		}
		unverified = copiedDocuments{}
		m.setCopied(done)
		if time.Since(logged) > logInterval {
			logged = time.Now()
			m.log(slog.LevelInfo, "migration in progress", "copied", done, "of", at.global)
		}
	}
	return n, nil
}

// nextHits returns a page of the documents of the original with sequence numbers
// greater than after and at most until, in their order. It reports whether there may
// be more of them.
func (m *migration) nextHits(ctx context.Context, after, until int64) (hits []hit, more bool, err error) {
	asked := 0
	hits, err = m.attempt.pages.read(ctx, m.s, isRejected, func(size *int) ([]hit, error) {
		p, err := m.searchPrimary(ctx, m.from, map[string]any{
			"query":               map[string]any{"range": map[string]any{"_seq_no": map[string]any{"gt": after, "lte": until}}},
			"sort":                []any{"_seq_no"},
			"seq_no_primary_term": true,
			"track_total_hits":    false,
		}, size)
		asked = *size
		return p.Hits.Hits, err
	})
	if err != nil {
		return nil, false, err
	}
	m.attempt.pages.adapt(hits)
	return hits, len(hits) == asked, nil
}

// copyHits writes documents to the copy, except where it has a newer state. It returns
// those that it wrote, to be verified.
func (m *migration) copyHits(ctx context.Context, hits []hit) ([]copiedDocument, error) {
	writes := make([]bulkWrite, 0, len(hits))
	docs := make([]copiedDocument, 0, len(hits))
	for _, h := range hits {
		source, err := m.sourceOf(h)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.documentOf(h.SeqNo), err)
		}
		d := copiedDocument{h.ID, h.SeqNo + 1, source}
		lines, err := d.lines()
		if err != nil {
			return nil, err
		}
		writes, docs = append(writes, bulkWrite{h.ID, lines, d.results(), h.SeqNo}), append(docs, d)
	}
	return docs, m.sendToCopy(ctx, writes)
}

// sourceOf returns what is to be stored in the copy of h; nil if Reindex leaves it out.
func (m *migration) sourceOf(h hit) (json.RawMessage, error) {
	if h.Source == nil {
		return nil, errors.New("it has no _source, so it can't be copied")
	}
	if !m.reduced {
		return h.Source, nil
	}
	source, err := reduceDocument(h.Source)
	if err == nil && source == nil && isDocumentID(h.ID) {
		err = errors.New("it has the _id of a user, and its _source has no id or no key: correct or delete it")
	}
	if err == nil {
		m.setForeign(h.ID, source == nil)
	}
	return source, err
}

// isDocumentID reports whether id has the form of those that documentID returns.
func isDocumentID(id string) bool {
	b, err := base64.RawURLEncoding.DecodeString(id)
	return err == nil && len(b) == sha256.Size
}

// setForeign notes whether the document with this id is left out.
func (m *migration) setForeign(id string, isForeign bool) {
	switch {
	case !isForeign:
		delete(m.foreign, id)
	case m.foreign != nil:
		m.foreign[id] = true
	}
}

// documentOf names a document of the original, without its _id, which may be an address.
func (m *migration) documentOf(seqNo int64) string {
	if seqNo == noSeqNo {
		return "a document of " + m.from
	}
	return fmt.Sprintf(`the document of %s with the sequence number %d (GET /%s/_search with the body {"query":{"term":{"_seq_no":%d}}})`,
		m.from, seqNo, m.from, seqNo)
}

// results returns those of a write of d.
func (d copiedDocument) results() []es.Result {
	if d.source == nil {
		return removed
	}
	return stored
}

// lines returns the lines of a bulk request that write d, or that delete it if it has no
// source.
func (d copiedDocument) lines() ([]byte, error) {
	type action struct {
		ID      string `json:"_id"`
		Version int64  `json:"version"`
		Type    string `json:"version_type"`
	}
	var head struct {
		Index  *action `json:"index,omitempty"`
		Delete *action `json:"delete,omitempty"`
	}
	// Versions begin at 1. The type is external_gte because a document that was
	// read, and then lost with its primary, may have had the sequence number of the
	// document that replaced it.
	do := &action{d.id, d.version, "external_gte"}
	if d.source == nil {
		head.Delete = do
	} else {
		head.Index = do
	}
	b, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	if d.source == nil {
		return append(b, '\n'), nil
	}
	lines := bytes.NewBuffer(make([]byte, 0, len(b)+len(d.source)+len("\n\n")))
	lines.Write(append(b, '\n'))
	if err := json.Compact(lines, d.source); err != nil {
		return nil, err
	}
	lines.WriteByte('\n')
	return lines.Bytes(), nil
}

// reduceDocument returns the fields of a document that this package declares; nil
// if the document is not a user.
func reduceDocument(source json.RawMessage) (json.RawMessage, error) {
	var identity struct{ ID, Key any }
	_ = json.Unmarshal(source, &identity) // JSON other than an object has neither
	if identity.ID == nil || identity.Key == nil {
		return nil, nil
	}
	var doc document
	if json.Unmarshal(source, &doc) != nil || doc.Key == "" || doc.ID == "" {
		return nil, errors.New("it has the fields id and key but is not a valid user: correct or delete it")
	}
	return json.Marshal(doc)
}

// sendToCopy sends writes to the copy, and repeats them while Elasticsearch has no
// capacity for them. A write that finds a newer state counts as done.
func (m *migration) sendToCopy(ctx context.Context, writes []bulkWrite) error {
	var fatal error
	lease := m.copyLease()
	sending := batcher[bulkWrite]{
		store: m.s, pace: m.attempt.pace, length: bulkWrite.length,
		send: func(ctx context.Context, writes []bulkWrite) (left []bulkWrite, e *Error) {
			errs, e := m.s.sendWrites(ctx, m.op, lease, writes)
			if e != nil {
				return writes, e
			}
			left, e, fatal = m.unfinished(ctx, lease, writes, errs)
			return left, e
		},
		mayPass: func(e *Error) bool { return fatal == nil && (isPassing(e) || e.isBlocked()) },
	}
	left, e := sending.run(ctx, writes)
	switch {
	case fatal != nil:
		return fatal
	case e != nil:
		return m.writeError(e, left[0].seqNo)
	}
	m.unassigned = m.unassigned && len(writes) == 0
	return nil
}

// unfinished returns the writes that must be sent again, and why. If one of them
// can't succeed, it returns fatal.
func (m *migration) unfinished(ctx context.Context, lease string, writes []bulkWrite, errs []*Error) (left []bulkWrite, again *Error, fatal error) {
	blocked := false
	for n, e := range errs {
		switch {
		case e == nil, e.Status == http.StatusConflict:
			continue
		case e.Status == http.StatusNotFound && !isLeaseLost(e): // a deletion that finds nothing
			continue
		case e.isBlocked(): // by a process that held the lease before
			blocked = true
		case isLeaseLost(e), !e.isTransient():
			return writes[n:], e, m.writeError(e, writes[n].seqNo)
		}
		left, again = append(left, writes[n]), e
	}
	if blocked {
		if err := m.s.unblock(ctx, m.op, lease); err != nil {
			return left, again, leaseError(err)
		}
	}
	return left, again, nil
}

// errUnstorable is of a document that Elasticsearch doesn't accept. A template or
// pipeline may be the cause too.
var errUnstorable = errors.New("this package didn't write it (see Reindex), or the index has an ingest pipeline")

// writeError returns the error for a write to the copy that failed with err, or for a
// request whose first write is of the document with this sequence number.
func (m *migration) writeError(err error, seqNo int64) error {
	switch e := asError(err); {
	case errors.Is(err, errDiverted):
		return fmt.Errorf("%s was not copied to %s: %w", m.documentOf(seqNo), m.to, err)
	case e.Status == http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%s is longer than a request to Elasticsearch may be: %w", m.documentOf(seqNo), err)
	case e.Status == http.StatusBadRequest:
		return fmt.Errorf("%s can't be stored in %s: %w: %w", m.documentOf(seqNo), m.to, errUnstorable, err)
	}
	return leaseError(err)
}
