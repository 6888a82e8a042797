package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

const (
	copyPage    = 1000 // documents that are copied at once
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
	status, body, f := s.send(ctx, op, esapi.IndicesStatsRequest{
		Index: []string{index}, Metric: []string{"docs"}, Level: "shards",
		FilterPath: []string{"_shards", "indices.*.shards.*.seq_no", "indices.*.shards.*.routing"},
		Instrument: s.instrument,
	})
	if f != nil {
		return checkpoint{}, f
	}
	var stats shardStats
	if json.Unmarshal(body, &stats) != nil || stats.Shards == nil {
		return checkpoint{}, &failure{op: op, status: status, err: errNotElasticsearch}
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
	return checkpoint{}, &failure{op: op, status: http.StatusServiceUnavailable, err: errPartial}
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
func (m *migration) searchPrimary(ctx context.Context, index string, query map[string]any, size *int) (page, *failure) {
	p, f := m.s.searchOn(ctx, m.op, index, m.nodes[index], query, size)
	return p, transientIfPrimaryMoved(f)
}

// transientIfPrimaryMoved returns a transient failure if f means that the primary
// is no longer on the node that was asked. Otherwise it returns f.
func transientIfPrimaryMoved(f *failure) *failure {
	if f != nil && f.status == http.StatusBadRequest && f.kind == "illegal_argument_exception" {
		return &failure{op: f.op, status: http.StatusServiceUnavailable, err: errors.New("the primary is on another node now")}
	}
	return f
}

// catchUp copies what was written since the last copy, up to the present
// checkpoint, and returns the number of documents.
func (m *migration) catchUp(ctx context.Context) (n int, err error) {
	at, err := m.locatePrimaries(ctx, m.from)
	if err != nil {
		return 0, err
	}
	if f := m.s.refresh(ctx, m.op, m.from); f != nil {
		return 0, f
	}
	size, logged := min(copyPage, m.window), time.Now()
	for done := m.copied; done < at.global; {
		hits, f := m.nextHits(ctx, done, at.global, &size)
		if f != nil {
			return n, f
		}
		if err := m.copyHits(ctx, hits); err != nil {
			return n, err
		}
		n += len(hits)
		if len(hits) < size {
			done = at.global
		} else {
			done = hits[size-1].SeqNo
		}
		m.setCopied(done)
		if time.Since(logged) > logInterval {
			logged = time.Now()
			m.log(slog.LevelInfo, "migration in progress", "copied", done, "of", at.global)
		}
	}
	return n, nil
}

// nextHits returns the documents of the original with sequence numbers greater
// than after and at most until, in their order, *size of them if there are so many.
func (m *migration) nextHits(ctx context.Context, after, until int64, size *int) ([]hit, *failure) {
	p, f := m.searchPrimary(ctx, m.from, map[string]any{
		"query":               map[string]any{"range": map[string]any{"_seq_no": map[string]any{"gt": after, "lte": until}}},
		"sort":                []any{"_seq_no"},
		"seq_no_primary_term": true,
		"track_total_hits":    false,
	}, size)
	return p.Hits.Hits, f
}

// copyHits writes documents to the copy, except where it has a newer state.
func (m *migration) copyHits(ctx context.Context, hits []hit) error {
	var lines bytes.Buffer
	n := 0
	for _, h := range hits {
		source := h.Source
		if m.reduced {
			var err error
			if source, err = reduceDocument(source); err != nil {
				return fmt.Errorf("a document of %s: %w", m.from, err)
			}
			if source == nil {
				continue
			}
		}
		if err := appendCopy(&lines, h, source); err != nil {
			return err
		}
		n++
	}
	return m.sendBulk(ctx, lines.Bytes(), n)
}

// appendCopy appends the two lines of a bulk request that write h with this source.
func appendCopy(lines *bytes.Buffer, h hit, source json.RawMessage) error {
	var head struct {
		Index struct {
			ID      string `json:"_id"`
			Version int64  `json:"version"`
			Type    string `json:"version_type"`
		} `json:"index"`
	}
	// Versions begin at 1. The type is external_gte because a document that was
	// read, and then lost with its primary, may have had the sequence number of the
	// document that replaced it.
	head.Index.ID, head.Index.Version, head.Index.Type = h.ID, h.SeqNo+1, "external_gte"
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	lines.Write(append(b, '\n'))
	if err := json.Compact(lines, source); err != nil {
		return err
	}
	lines.WriteByte('\n')
	return nil
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

// sendBulk sends n writes to the copy, and repeats them while Elasticsearch has no
// capacity for them. A write that finds a newer state counts as done.
func (m *migration) sendBulk(ctx context.Context, lines []byte, n int) error {
	if n == 0 {
		return nil
	}
	var pause backoff
	lease := m.copyLease()
	for begin := time.Now(); ; {
		all, f := m.s.bulk(ctx, m.op, lease, lines, n)
		if f == nil {
			var err error
			if f, err = m.unfinished(ctx, lease, all); err != nil {
				return err
			}
		}
		switch {
		case f == nil:
			return nil
		case !f.isTransient() && !f.isBlocked(), time.Since(begin) > patience, !pause.wait(ctx):
			return m.writeError(f)
		}
	}
}

// unfinished returns a failure after which the bulk request may be sent again; nil
// if all its writes were done. If one of them can't succeed, it returns an error.
func (m *migration) unfinished(ctx context.Context, lease string, all []written) (again *failure, err error) {
	for _, w := range all {
		switch f := w.failure(m.op); {
		case f == nil, f.status == http.StatusConflict:
		case f.status == http.StatusNotFound && !isLeaseLost(f): // a deletion that finds nothing
		case f.isBlocked(): // by a process that held the lease before
			if g := m.s.unblock(ctx, m.op, lease); g != nil {
				return nil, leaseError(g)
			}
			again = f
		case isLeaseLost(f), !f.isTransient():
			return nil, m.writeError(f)
		default:
			again = f
		}
	}
	return again, nil
}

// writeError returns the error for a write to the copy that failed with f.
func (m *migration) writeError(f *failure) error {
	if f.status == http.StatusBadRequest {
		return fmt.Errorf("a document of %s can't be stored in %s: this package didn't write it (see Reindex): %w", m.from, m.to, f)
	}
	return leaseError(f)
}
