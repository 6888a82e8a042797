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
	copyPage    = 1000
	logInterval = 10 * time.Second
)

// A checkpoint is how far an index has been written to.
type checkpoint struct {
	last   int64  // the highest sequence number
	global int64  // up to which no write is under way any more, or can be lost
	node   string // which has the primary
}

// checkpoints asks the index's primary. All copies must answer: a node that was cut
// off from the others knows only its own.
func (s *Store) checkpoints(ctx context.Context, op, index string) (checkpoint, error) {
	status, body, f := s.send(ctx, op, esapi.IndicesStatsRequest{
		Index: []string{index}, Metric: []string{"docs"}, Level: "shards",
		FilterPath: []string{"_shards", "indices.*.shards.*.seq_no", "indices.*.shards.*.routing"},
		Instrument: s.instrument,
	})
	if f != nil {
		return checkpoint{}, f
	}
	var ans struct {
		Answered *struct{ Failed int } `json:"_shards"`
		Indices  map[string]struct {
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
	if json.Unmarshal(body, &ans) != nil || ans.Answered == nil {
		return checkpoint{}, &failure{op: op, status: status, err: errNotElasticsearch}
	}
	shards := ans.Indices[index].Shards
	if len(shards) > 1 {
		return checkpoint{}, fmt.Errorf("esstore: %s: the index %s has %d shards, and only one with one can be copied", op, index, len(shards))
	}
	for _, copies := range shards {
		for _, c := range copies {
			if c.Routing.Primary && c.SeqNo.Max != nil && c.SeqNo.Global != nil && ans.Answered.Failed == 0 {
				return checkpoint{*c.SeqNo.Max, *c.SeqNo.Global, c.Routing.Node}, nil
			}
		}
	}
	return checkpoint{}, &failure{op: op, status: http.StatusServiceUnavailable, err: errPartial}
}

// locate finds out which nodes the primaries are on.
func (m *migration) locate(ctx context.Context, indices ...string) (at checkpoint, err error) {
	for _, index := range indices {
		if at, err = m.s.checkpoints(ctx, m.a.op, index); err != nil {
			return at, err
		}
		if m.nodes == nil {
			m.nodes = map[string]string{}
		}
		m.nodes[index] = at.node
	}
	return at, nil
}

// search asks the primary, which alone is sure to have everything: see locate.
func (m *migration) search(ctx context.Context, index string, query map[string]any, size *int) (page, *failure) {
	p, f := m.s.searchOn(ctx, m.a.op, index, m.nodes[index], query, size)
	return p, moved(f)
}

// moved makes the failure of a search, because the primary is elsewhere now, one
// after which it is asked for again.
func moved(f *failure) *failure {
	if f != nil && f.status == http.StatusBadRequest && f.kind == "illegal_argument_exception" {
		return &failure{op: f.op, status: http.StatusServiceUnavailable, err: errors.New("the primary is on another node now")}
	}
	return f
}

// catchUp copies what was written since, up to now, and returns how many
// documents that were.
func (m *migration) catchUp(ctx context.Context) (n int, err error) {
	at, err := m.locate(ctx, m.from)
	if err != nil {
		return 0, err
	}
	if f := m.s.refresh(ctx, m.a.op, m.from); f != nil {
		return 0, f
	}
	until, size, told := at.global, min(copyPage, m.window), time.Now()
	for done := m.copied; done < until; {
		p, f := m.search(ctx, m.from, map[string]any{
			"query":               map[string]any{"range": map[string]any{"_seq_no": map[string]any{"gt": done, "lte": until}}},
			"sort":                []any{"_seq_no"},
			"seq_no_primary_term": true,
			"track_total_hits":    false,
		}, &size)
		if f != nil {
			return n, f
		}
		if err := m.copy(ctx, p.Hits.Hits); err != nil {
			return n, err
		}
		n += len(p.Hits.Hits)
		if len(p.Hits.Hits) < size {
			done = until
		} else {
			done = p.Hits.Hits[size-1].SeqNo
		}
		m.mu.Lock()
		m.copied = done
		m.mu.Unlock()
		if time.Since(told) > logInterval {
			told = time.Now()
			m.log(slog.LevelInfo, "migration", "copied", done, "of", until)
		}
	}
	return n, nil
}

// copy writes documents to the copy, unless a newer state of theirs is there.
func (m *migration) copy(ctx context.Context, hits []hit) error {
	var lines bytes.Buffer
	n := 0
	for _, h := range hits {
		source := h.Source
		if m.anew {
			var err error
			if source, err = reduced(source); err != nil {
				return fmt.Errorf("a document of %s: %w", m.from, err)
			}
			if source == nil {
				continue
			}
		}
		var head struct {
			Index struct {
				ID      string `json:"_id"`
				Version int64  `json:"version"`
				Type    string `json:"version_type"`
			} `json:"index"`
		}
		// A version is at least 1. A document that was read and then lost, with the
		// primary that showed it, may have the number of what replaced it.
		head.Index.ID, head.Index.Version, head.Index.Type = h.ID, h.SeqNo+1, "external_gte"
		b, err := json.Marshal(head)
		if err != nil {
			return err
		}
		lines.Write(append(b, '\n'))
		if err := json.Compact(&lines, source); err != nil {
			return err
		}
		lines.WriteByte('\n')
		n++
	}
	return m.send(ctx, lines.Bytes(), n)
}

// reduced returns what of a document is this package's; nil if it is no user.
func reduced(source json.RawMessage) (json.RawMessage, error) {
	var is struct{ ID, Key any }
	_ = json.Unmarshal(source, &is) // what is no object has neither
	if is.ID == nil || is.Key == nil {
		return nil, nil
	}
	var doc document
	if json.Unmarshal(source, &doc) != nil || doc.Key == "" || doc.ID == "" {
		return nil, errors.New("it has the id and key of a user, and isn't one: mend or delete it")
	}
	return json.Marshal(doc)
}

// send sends n writes to the copy, again for as long as there is no capacity for
// them. That one finds a newer state there is no failure.
func (m *migration) send(ctx context.Context, lines []byte, n int) error {
	if n == 0 {
		return nil
	}
	var b backoff
	lease := m.copyLease()
	for begin := time.Now(); ; {
		all, f := m.s.bulk(ctx, m.a.op, lease, lines, n)
		again := f
		for _, w := range all {
			switch f := w.failure(m.a.op); {
			case f == nil, f.status == 409, f.status == 404 && !isLost(f): // to be deleted, and gone
			case f.isBlocked(): // by one who held the lease before
				if g := m.s.unblock(ctx, m.a.op, lease); g != nil {
					return lost(g)
				}
				again = f
			case isLost(f), !f.isTransient():
				return m.unstorable(f)
			default:
				again = f
			}
		}
		switch {
		case again == nil:
			return nil
		case !again.isTransient() && !again.isBlocked(), time.Since(begin) > patience, !b.wait(ctx):
			return m.unstorable(again)
		}
	}
}

func (m *migration) unstorable(f *failure) error {
	if f.status == 400 {
		return fmt.Errorf("a document of %s can't be stored in %s, as it is none of this package's (see Reindex): %w", m.from, m.to, f)
	}
	return lost(f)
}
