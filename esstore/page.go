package esstore

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// A page is Elasticsearch's response to a search.
type page struct {
	PIT  string `json:"pit_id"`
	Hits struct {
		Hits []hit `json:"hits"`
	} `json:"hits"`
	Aggregations json.RawMessage `json:"aggregations"`
}

// A hit is a document that a search has found.
type hit struct {
	ID          string            `json:"_id"`
	SeqNo       int64             `json:"_seq_no"`
	PrimaryTerm int64             `json:"_primary_term"`
	Source      json.RawMessage   `json:"_source"`
	Sort        []json.RawMessage `json:"sort"`
}

// search asks for one page. index is "" if the query names a point in time. The
// response is whole: a shard that doesn't respond is a failure. If it is longer than
// what is read of one, which *size documents may make it, it is asked for again
// with a smaller *size.
func (s *Store) search(ctx context.Context, op, index string, query map[string]any, size *int) (page, *failure) {
	return s.searchOn(ctx, op, index, "", query, size)
}

// searchOn is search on the copies that a node has, or, if it is "", on any.
func (s *Store) searchOn(ctx context.Context, op, index, node string, query map[string]any, size *int) (page, *failure) {
	for {
		query["size"] = *size
		req := esapi.SearchRequest{Body: encoded(query), AllowPartialSearchResults: new(bool), Instrument: s.instrument}
		if index != "" {
			req.Index = []string{index}
		}
		if node != "" {
			req.Preference = onlyOn(node)
		}
		status, body, f := s.sendFor(ctx, op, req, maxPage)
		if f != nil && errors.Is(f.err, errTooLong) && *size > 1 {
			*size = max(1, *size/2)
			continue
		}
		var p page
		if f == nil && (json.Unmarshal(body, &p) != nil || p.Hits.Hits == nil) {
			f = &failure{op: op, status: status, err: errNotElasticsearch}
		}
		return p, f
	}
}

func onlyOn(node string) string { return "_only_nodes:" + node }

// refresh has searches see all that was written before.
func (s *Store) refresh(ctx context.Context, op string, indices ...string) *failure {
	status, body, f := s.send(ctx, op, esapi.IndicesRefreshRequest{Index: indices, Instrument: s.instrument})
	if f != nil {
		return f
	}
	var ans struct {
		Shards *struct{ Failed int } `json:"_shards"`
	}
	switch {
	case json.Unmarshal(body, &ans) != nil || ans.Shards == nil:
		return &failure{op: op, status: status, err: errNotElasticsearch}
	case ans.Shards.Failed > 0:
		return &failure{op: op, status: status, err: errPartial}
	}
	return nil
}
