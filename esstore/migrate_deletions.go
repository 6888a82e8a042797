package esstore

import (
	"context"
	"encoding/json"
	"iter"
	"math"
	"net/http"
	"slices"
)

const (
	keyPage = 5000 // keys that are read at once
	// boundEvery is the number of keys from one bound to the next. When there are
	// maxBounds, every other bound is dropped and the distance doubles.
	boundEvery = 400
	maxBounds  = 1000
	// maxRanges limits the ranges in one query.
	maxRanges = 500
)

// removeDeleted deletes the users from the copy that were deleted from the
// original. The first call compares all keys. Later calls count the documents with
// a copied sequence number: each of them is in both indices, unless it was deleted
// or changed since. Keys are compared only where the counts differ. If the original
// can't be searched by key, each call compares all ids.
//
// A user that is created again after the comparison gets a higher sequence number
// and is copied next.
func (m *migration) removeDeleted(ctx context.Context) error {
	if err := m.s.refresh(ctx, m.op, m.from, m.to); err != nil {
		return err
	}
	if _, err := m.locatePrimaries(ctx, m.from, m.to); err != nil {
		return err
	}
	if !m.byID {
		err := m.compareByKey(ctx)
		if !isUnsearchable(err) {
			return err
		}
		m.compareByID("a search by key failed", err)
	}
	return m.compareIDs(ctx)
}

// compareByKey is removeDeleted for users whose keys both indices list.
func (m *migration) compareByKey(ctx context.Context) error {
	if m.bounds == nil {
		return m.compareKeys(ctx, []keyRange{{}})
	}
	differ, err := m.differingRanges(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(differ, maxRanges) {
		if err := m.compareKeys(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// differingRanges returns the ranges of keys in which the two indices have
// different numbers of copied documents.
func (m *migration) differingRanges(ctx context.Context) ([]keyRange, error) {
	inOriginal, err := m.countRanges(ctx, m.from, m.copied)
	if err != nil {
		return nil, err
	}
	inCopy, err := m.countRanges(ctx, m.to, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	var differ []keyRange
	for i, r := range m.ranges() {
		if inOriginal[i] != inCopy[i] {
			differ = append(differ, r)
		}
	}
	return differ, nil
}

// A keyRange is the keys from From on and before Before. If Before is "", the range
// has no end.
type keyRange struct{ From, Before string }

func (r keyRange) query() map[string]any {
	bounds := map[string]any{"gte": r.From}
	if r.Before != "" {
		bounds["lt"] = r.Before
	}
	return map[string]any{"bool": map[string]any{"filter": []any{
		map[string]any{"range": map[string]any{"key": bounds}},
		map[string]any{"exists": map[string]any{"field": "id"}}, // without it the document is not a user
	}}}
}

// ranges returns the ranges between the bounds. They cover all keys.
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

// countRanges returns the number of documents in each range that the index has up
// to a sequence number.
func (m *migration) countRanges(ctx context.Context, index string, until int64) ([]int64, error) {
	ranges := m.ranges()
	filters := make([]any, len(ranges))
	for i, r := range ranges {
		filters[i] = r.query()
	}
	size := 0
	p, err := m.searchPrimary(ctx, index, map[string]any{
		"query":            map[string]any{"range": map[string]any{"_seq_no": map[string]any{"lte": until}}},
		"aggs":             map[string]any{"ranges": map[string]any{"filters": map[string]any{"filters": filters}}},
		"track_total_hits": false,
	}, &size)
	if err != nil {
		return nil, err
	}
	var ans struct {
		Ranges struct {
			Buckets []struct {
				Count int64 `json:"doc_count"`
			}
		}
	}
	if json.Unmarshal(p.Aggregations, &ans) != nil || len(ans.Ranges.Buckets) != len(ranges) {
		return nil, notElasticsearch(m.op, http.StatusOK)
	}
	counts := make([]int64, len(ranges))
	for i, b := range ans.Ranges.Buckets {
		counts[i] = b.Count
	}
	return counts, nil
}

// compareKeys deletes from the copy the users whose keys are in these ranges and
// not in the original, provided that their documents aren't there either. If the ranges
// cover all keys, it sets the bounds.
func (m *migration) compareKeys(ctx context.Context, ranges []keyRange) error {
	nextInOriginal, stop := iter.Pull2(m.listKeys(ctx, m.from, ranges))
	defer stop()
	inOriginal, err, more := nextInOriginal()
	if err != nil {
		return err
	}
	var bounds keySample
	var deleted []string
	for inCopy, err := range m.listKeys(ctx, m.to, ranges) {
		if err != nil {
			return err
		}
		bounds.add(inCopy)
		for more && inOriginal < inCopy {
			if inOriginal, err, more = nextInOriginal(); err != nil {
				return err
			}
		}
		if !more || inOriginal != inCopy {
			deleted = append(deleted, inCopy)
		}
		if len(deleted) == copyPage {
			if err := m.deleteFromCopy(ctx, deleted); err != nil {
				return err
			}
			deleted = deleted[:0]
		}
	}
	if ranges[0] == (keyRange{}) {
		m.bounds = append([]string{}, bounds.keys...)
	}
	return m.deleteFromCopy(ctx, deleted)
}

// A keySample keeps at most maxBounds of many keys, at equal distances.
type keySample struct {
	keys     []string
	n, every int
}

func (s *keySample) add(key string) {
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

// listKeys yields the keys in these ranges that the index has, in order. An error
// comes last.
func (m *migration) listKeys(ctx context.Context, index string, ranges []keyRange) iter.Seq2[string, error] {
	should := make([]any, len(ranges))
	for i, r := range ranges {
		should[i] = r.query()
	}
	return func(yield func(string, error) bool) {
		query := map[string]any{
			"query":            map[string]any{"bool": map[string]any{"should": should}},
			"sort":             []any{"key"},
			"stored_fields":    "_none_", // decompressing them would take most of the time
			"track_total_hits": false,
		}
		for size, full := min(keyPage, m.window), true; full; {
			p, err := m.searchPrimary(ctx, index, query, &size)
			if err != nil {
				yield("", err)
				return
			}
			for _, h := range p.Hits.Hits {
				var key string
				if len(h.Sort) != 1 || json.Unmarshal(h.Sort[0], &key) != nil {
					yield("", notElasticsearch(m.op, http.StatusOK))
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

// deleteFromCopy deletes the users with these keys from the copy, except those whose
// documents the original has.
func (m *migration) deleteFromCopy(ctx context.Context, keys []string) error {
	size := min(copyPage, m.window)
	for some := range slices.Chunk(keys, size) {
		p, err := m.searchPrimary(ctx, m.to, map[string]any{
			"query":               map[string]any{"terms": map[string]any{"key": some}},
			"_source":             false,
			"seq_no_primary_term": true,
		}, &size)
		if err != nil {
			return err
		}
		if err := m.deleteAbsent(ctx, p.Hits.Hits); err != nil {
			return err
		}
	}
	return nil
}

// deletionLine returns the line of a bulk request that deletes h, unless it has
// changed.
func deletionLine(h hit) ([]byte, error) {
	var head struct {
		Delete struct {
			ID          string `json:"_id"`
			SeqNo       int64  `json:"if_seq_no"`
			PrimaryTerm int64  `json:"if_primary_term"`
		} `json:"delete"`
	}
	head.Delete.ID, head.Delete.SeqNo, head.Delete.PrimaryTerm = h.ID, h.SeqNo, h.PrimaryTerm
	b, err := json.Marshal(head)
	return append(b, '\n'), err
}
