package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"math"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

const (
	keyPage = 5000 // how many keys are read at once
	// How far apart the bounds are between which users are counted, and how many
	// there are at most: then they are twice as far apart.
	boundEvery = 400
	maxBounds  = 1000
	// maxRanges bounds the ranges in one query.
	maxRanges = 500
)

// removeGone deletes from the copy who was deleted from the original. At first it
// compares all keys. Later it counts: who was copied is in both, or was deleted,
// or changed, since. Only where the counts differ does it compare keys.
//
// Who is created anew after the comparison gets a higher sequence number, and is
// copied next.
func (m *migration) removeGone(ctx context.Context) error {
	if f := m.s.refresh(ctx, m.a.op, m.from, m.to); f != nil {
		return f
	}
	if _, err := m.locate(ctx, m.from, m.to); err != nil {
		return err
	}
	if m.bounds == nil {
		return m.compareKeys(ctx, []keyRange{{}})
	}
	theirs, err := m.count(ctx, m.from, m.copied)
	if err != nil {
		return err
	}
	ours, err := m.count(ctx, m.to, math.MaxInt64)
	if err != nil {
		return err
	}
	var differ []keyRange
	for i, r := range m.ranges() {
		if theirs[i] != ours[i] {
			differ = append(differ, r)
		}
	}
	for some := range slices.Chunk(differ, maxRanges) {
		if err := m.compareKeys(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// isAsMany reports whether there are as many users in the copy as in the original.
func (m *migration) isAsMany(ctx context.Context) (bool, error) {
	if f := m.s.refresh(ctx, m.a.op, m.from, m.to); f != nil {
		return false, f
	}
	if _, err := m.locate(ctx, m.from, m.to); err != nil {
		return false, err
	}
	var counts [2]int64
	for i, index := range []string{m.from, m.to} {
		status, body, f := m.s.send(ctx, m.a.op, esapi.CountRequest{
			Index: []string{index}, Body: encoded(map[string]any{"query": keyRange{}.query()}),
			Preference: onlyOn(m.nodes[index]), Instrument: m.s.instrument,
		})
		if f != nil {
			return false, moved(f)
		}
		var ans struct {
			Count  *int64
			Shards struct{ Failed int } `json:"_shards"`
		}
		if json.Unmarshal(body, &ans) != nil || ans.Count == nil || ans.Shards.Failed > 0 {
			return false, &failure{op: m.a.op, status: status, err: errNotElasticsearch}
		}
		counts[i] = *ans.Count
	}
	return counts[0] == counts[1], nil
}

// A keyRange is of the keys from From on, and before Before, if that isn't "".
type keyRange struct{ From, Before string }

func (r keyRange) query() map[string]any {
	bounds := map[string]any{"gte": r.From}
	if r.Before != "" {
		bounds["lt"] = r.Before
	}
	return map[string]any{"bool": map[string]any{"filter": []any{
		map[string]any{"range": map[string]any{"key": bounds}},
		map[string]any{"exists": map[string]any{"field": "id"}}, // else it is no user
	}}}
}

// ranges returns those between the bounds, which cover all keys.
func (m *migration) ranges() []keyRange {
	all := []keyRange{{}}
	for _, b := range m.bounds {
		if b != "" {
			all[len(all)-1].Before = b
			all = append(all, keyRange{From: b})
		}
	}
	return all
}

// count returns how many documents of each range the index has, up to a sequence
// number.
func (m *migration) count(ctx context.Context, index string, until int64) ([]int64, error) {
	ranges := m.ranges()
	filters := make([]any, len(ranges))
	for i, r := range ranges {
		filters[i] = r.query()
	}
	size := 0
	p, f := m.search(ctx, index, map[string]any{
		"query":            map[string]any{"range": map[string]any{"_seq_no": map[string]any{"lte": until}}},
		"aggs":             map[string]any{"ranges": map[string]any{"filters": map[string]any{"filters": filters}}},
		"track_total_hits": false,
	}, &size)
	if f != nil {
		return nil, f
	}
	var ans struct {
		Ranges struct {
			Buckets []struct {
				Count int64 `json:"doc_count"`
			}
		}
	}
	if json.Unmarshal(p.Aggregations, &ans) != nil || len(ans.Ranges.Buckets) != len(ranges) {
		return nil, &failure{op: m.a.op, status: 200, err: errNotElasticsearch}
	}
	counts := make([]int64, len(ranges))
	for i, b := range ans.Ranges.Buckets {
		counts[i] = b.Count
	}
	return counts, nil
}

// compareKeys deletes from the copy what the original doesn't have of some ranges.
// If they are all there is, it sets the bounds.
func (m *migration) compareKeys(ctx context.Context, ranges []keyRange) error {
	nextTheirs, stop := iter.Pull2(m.keys(ctx, m.from, ranges))
	defer stop()
	theirs, err, more := nextTheirs()
	if err != nil {
		return err
	}
	var bounds sample
	var gone []string
	for ours, err := range m.keys(ctx, m.to, ranges) {
		if err != nil {
			return err
		}
		bounds.add(ours)
		for more && theirs < ours {
			if theirs, err, more = nextTheirs(); err != nil {
				return err
			}
		}
		if !more || theirs != ours {
			gone = append(gone, ours)
		}
		if len(gone) == copyPage {
			if err := m.remove(ctx, gone); err != nil {
				return err
			}
			gone = gone[:0]
		}
	}
	if ranges[0] == (keyRange{}) {
		m.bounds = append([]string{}, bounds.keys...)
	}
	return m.remove(ctx, gone)
}

// A sample keeps every so-manieth of many keys.
type sample struct {
	keys     []string
	n, every int
}

func (s *sample) add(key string) {
	s.every = max(s.every, boundEvery)
	if s.n++; s.n%s.every != 0 {
		return
	}
	if s.keys = append(s.keys, key); len(s.keys) == maxBounds {
		for i := range s.keys[:maxBounds/2] {
			s.keys[i] = s.keys[2*i+1]
		}
		s.keys, s.every = s.keys[:maxBounds/2], 2*s.every
	}
}

// keys lists what the index has of some ranges, in order.
func (m *migration) keys(ctx context.Context, index string, ranges []keyRange) iter.Seq2[string, error] {
	should := make([]any, len(ranges))
	for i, r := range ranges {
		should[i] = r.query()
	}
	return func(yield func(string, error) bool) {
		query := map[string]any{
			"query":            map[string]any{"bool": map[string]any{"should": should}},
			"sort":             []any{"key"},
			"stored_fields":    "_none_", // what takes the time is to decompress them
			"track_total_hits": false,
		}
		for size, full := min(keyPage, m.window), true; full; {
			p, f := m.search(ctx, index, query, &size)
			if f != nil {
				yield("", f)
				return
			}
			for _, h := range p.Hits.Hits {
				var key string
				if len(h.Sort) != 1 || json.Unmarshal(h.Sort[0], &key) != nil {
					yield("", &failure{op: m.a.op, status: 200, err: errNotElasticsearch})
					return
				}
				if !yield(key, nil) {
					return
				}
				query["search_after"] = h.Sort
			}
			full = len(p.Hits.Hits) == size
		}
	}
}

// remove deletes users from the copy.
func (m *migration) remove(ctx context.Context, gone []string) error {
	size := min(copyPage, m.window)
	for some := range slices.Chunk(gone, size) {
		p, f := m.search(ctx, m.to, map[string]any{
			"query":               map[string]any{"terms": map[string]any{"key": some}},
			"_source":             false,
			"seq_no_primary_term": true,
		}, &size)
		if f != nil {
			return f
		}
		var lines bytes.Buffer
		for _, h := range p.Hits.Hits {
			var head struct {
				Delete struct {
					ID          string `json:"_id"`
					SeqNo       int64  `json:"if_seq_no"`
					PrimaryTerm int64  `json:"if_primary_term"`
				} `json:"delete"`
			}
			head.Delete.ID, head.Delete.SeqNo, head.Delete.PrimaryTerm = h.ID, h.SeqNo, h.PrimaryTerm
			b, err := json.Marshal(head)
			if err != nil {
				return err
			}
			lines.Write(append(b, '\n'))
		}
		if err := m.send(ctx, lines.Bytes(), len(p.Hits.Hits)); err != nil {
			return err
		}
	}
	return nil
}
