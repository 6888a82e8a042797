package esstore

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Whether the original has a document is decided by its _id. The mapping of the original
// may be such that a query by a field finds nothing: Reindex is the remedy for that. So
// the keys only say where to look for deletions.

// isListedByKey reports whether all users of the index can be found by key and id,
// according to its mapping.
func (i indexState) isListedByKey() bool {
	whole := i.Mappings.Enabled == nil || i.Mappings.Enabled == true
	limit := i.setting("index.mapping.ignore_above")
	for _, name := range []string{"key", "id"} {
		if !reflect.DeepEqual(i.Mappings.Properties[name], map[string]any{"type": "keyword"}) {
			return false
		}
	}
	return whole && i.Mappings.others["runtime"] == nil && (limit == "" || limit == defaultSettings()["index.mapping.ignore_above"])
}

// compareByID makes the migration find all deletions by _id from now on.
func (m *migration) compareByID(why string, err error) {
	m.byID = true
	m.log(slog.LevelInfo, "deletions are looked for by _id, which takes longer", "because", why, "error", err)
}

// compareIDs deletes from the copy all documents that aren't in the original.
func (m *migration) compareIDs(ctx context.Context) error {
	return m.eachPage(ctx, m.to, nil, func(hits []hit) error { return m.deleteAbsent(ctx, hits) })
}

// eachPage calls f with all documents of the index in the order of their sequence
// numbers, without their content. If until isn't nil, it ends with that number.
func (m *migration) eachPage(ctx context.Context, index string, until *int64, f func([]hit) error) error {
	bounds := map[string]any{"gte": 0}
	if until != nil {
		bounds["lte"] = *until
	}
	for size, full := min(copyPage, m.window), true; full; {
		p, err := m.searchPrimary(ctx, index, map[string]any{
			"query":               map[string]any{"range": map[string]any{"_seq_no": bounds}},
			"sort":                []any{"_seq_no"},
			"_source":             false,
			"seq_no_primary_term": true,
			"track_total_hits":    false,
		}, &size)
		if err != nil {
			return err
		}
		hits := p.Hits.Hits
		if full = len(hits) == size; len(hits) == 0 {
			return nil
		}
		delete(bounds, "gte")
		bounds["gt"] = hits[len(hits)-1].SeqNo
		if err := f(hits); err != nil {
			return err
		}
	}
	return nil
}

// deleteAbsent deletes those of these documents of the copy that aren't in the original.
func (m *migration) deleteAbsent(ctx context.Context, hits []hit) error {
	absent, err := m.absentFrom(ctx, m.from, hits)
	if err != nil || len(absent) == 0 {
		return err
	}
	writes := make([]bulkWrite, len(absent))
	for i, h := range absent {
		line, err := deletionLine(h)
		if err != nil {
			return err
		}
		writes[i] = bulkWrite{id: h.ID, lines: line, results: removed, seqNo: noSeqNo}
	}
	return m.sendToCopy(ctx, writes)
}

// absentFrom returns those of the documents whose _id the index doesn't have.
func (m *migration) absentFrom(ctx context.Context, index string, hits []hit) (absent []hit, err error) {
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	found := make(map[string]bool, len(hits))
	for rest := ids; len(rest) > 0; {
		size := min(len(rest), m.window)
		p, err := m.searchPrimary(ctx, index, map[string]any{
			"query": idsQuery(rest[:size]), "_source": false, "track_total_hits": false,
		}, &size)
		if err != nil {
			return nil, err
		}
		for _, h := range p.Hits.Hits {
			found[h.ID] = true
		}
		rest = rest[size:]
	}
	for _, h := range hits {
		if !found[h.ID] {
			absent = append(absent, h)
		}
	}
	return absent, nil
}

func idsQuery(ids []string) map[string]any {
	return map[string]any{"ids": map[string]any{"values": ids}}
}

// findForeign finds the documents that Reindex leaves out, after another process has
// copied some. All others that were copied must be in the copy.
func (m *migration) findForeign(ctx context.Context) error {
	if !m.reduced || m.foreign != nil {
		return nil
	}
	if err := m.s.refresh(ctx, m.op, m.from, m.to); err != nil {
		return err
	}
	if _, err := m.locatePrimaries(ctx, m.from, m.to); err != nil {
		return err
	}
	foreign := map[string]bool{}
	err := m.eachPage(ctx, m.from, &m.copied, func(hits []hit) error {
		absent, err := m.absentFrom(ctx, m.to, hits)
		if err != nil {
			return err
		}
		return m.addForeign(ctx, foreign, absent)
	})
	if err == nil {
		m.foreign = foreign
	}
	return err
}

// addForeign reads documents that aren't in the copy, and adds them to foreign. It
// returns errCounts if one is a user that was copied before.
func (m *migration) addForeign(ctx context.Context, foreign map[string]bool, hits []hit) error {
	for rest, most := hits, m.attempt.pages.size; len(rest) > 0; {
		ids := make([]string, min(most, len(rest)))
		for i := range ids {
			ids[i] = rest[i].ID
		}
		size := len(ids)
		p, err := m.searchPrimary(ctx, m.from, map[string]any{
			"query": idsQuery(ids), "seq_no_primary_term": true, "track_total_hits": false,
		}, &size)
		if err != nil {
			return err
		}
		if size < len(ids) { // the response was too long
			most = size
			continue
		}
		for _, h := range p.Hits.Hits {
			source, err := reduceDocument(h.Source)
			if h.SeqNo <= m.copied && (source != nil || err != nil) {
				return errCounts
			}
			if source == nil && err == nil {
				foreign[h.ID] = true
			}
		}
		rest = rest[len(ids):]
	}
	return nil
}

// countBoth returns the number of documents that the copy should have, and the number
// that it has.
func (m *migration) countBoth(ctx context.Context) (want, got int64, err error) {
	if err := m.s.refresh(ctx, m.op, m.from, m.to); err != nil {
		return 0, 0, err
	}
	if _, err := m.locatePrimaries(ctx, m.from, m.to); err != nil {
		return 0, 0, err
	}
	all := map[string]any{"match_all": map[string]any{}}
	if want, err = m.count(ctx, m.from, all); err != nil {
		return 0, 0, err
	}
	if got, err = m.count(ctx, m.to, all); err != nil {
		return 0, 0, err
	}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(m.foreign)), copyPage) {
		n, err := m.count(ctx, m.from, idsQuery(ids)) // the others were deleted since
		if err != nil {
			return 0, 0, err
		}
		want -= n
	}
	return want, got, nil
}

// count returns the number of documents of the query on the primary of the index.
func (m *migration) count(ctx context.Context, index string, query map[string]any) (int64, error) {
	r, err := m.s.send(ctx, m.op, esapi.CountRequest{
		Index: []string{index}, Body: encoded(map[string]any{"query": query}),
		Preference: onlyOn(m.nodes[index]), Instrument: m.s.instrument,
	})
	if err != nil {
		return 0, transientIfPrimaryMoved(err)
	}
	var response struct {
		Count  *int64
		Shards struct{ Failed int } `json:"_shards"`
	}
	if json.Unmarshal(r.Body, &response) != nil || response.Count == nil || response.Shards.Failed > 0 {
		return 0, notElasticsearch(m.op, r.Status)
	}
	return *response.Count, nil
}

// isUnsearchable reports whether err is of a search that the index can't carry out.
func isUnsearchable(err error) bool {
	e := asError(err)
	return e.Type == typeSearchFailed && (e.Status == http.StatusBadRequest || e.Status == http.StatusInternalServerError)
}
