package esstore

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

// A page is Elasticsearch's response to a search.
type page struct {
	PIT  string `json:"pit_id"`
	Hits struct {
		Hits []hit `json:"hits"`
	} `json:"hits"`
	Aggregations json.RawMessage `json:"aggregations"`
}

// A hit is a document in a page.
type hit struct {
	Index       string            `json:"-"` // see shareIndices
	IndexText   es.Text           `json:"_index"`
	ID          string            `json:"_id"`
	Version     int64             `json:"_version"`
	SeqNo       int64             `json:"_seq_no"`
	PrimaryTerm int64             `json:"_primary_term"`
	Source      json.RawMessage   `json:"_source"`
	Sort        []json.RawMessage `json:"sort"`
}

// shareIndices sets the Index of all hits. Hits of the same index in a row, usually all
// of a page, share its name.
func (p *page) shareIndices() {
	var last *hit
	for n := range p.Hits.Hits {
		h := &p.Hits.Hits[n]
		if last != nil && h.IndexText == last.IndexText {
			h.Index = last.Index
			continue
		}
		h.Index = h.IndexText.String()
		last = h
	}
}

// searchPage requests one page. index is "" if the query names a point in time. It is
// an error if a shard does not respond. If *size documents make the response longer than
// es.MaxManyBody, searchPage reduces *size and sends the request again.
func (s *Store) searchPage(ctx context.Context, op, index string, query object, size *int) (page, error) {
	return s.searchPageOn(ctx, op, index, "", query, size)
}

// searchPageOn is searchPage on the copies that a node has, or on any copy if node
// is "".
func (s *Store) searchPageOn(ctx context.Context, op, index, node string, query object, size *int) (page, error) {
	for {
		query["size"] = *size
		req := esapi.SearchRequest{Body: encoded(query), AllowPartialSearchResults: new(bool), Instrument: s.instrument}
		if index != "" {
			req.Index = []string{index}
		}
		if node != "" {
			req.Preference = onlyOn(node)
		}
		r, err := s.sendFor(ctx, op, req, es.MaxManyBody)
		if errors.Is(err, es.ErrTooLong) && *size > 1 {
			*size = max(1, *size/2)
			continue
		}
		if err != nil {
			return page{}, err
		}
		var p page
		if json.Unmarshal(r.Body, &p) != nil || p.Hits.Hits == nil {
			return page{}, notElasticsearch(op, r.Status)
		}
		p.shareIndices()
		return p, nil
	}
}

func onlyOn(node string) string { return "_only_nodes:" + node }

// refresh makes everything that was written before visible to searches.
func (s *Store) refresh(ctx context.Context, op string, indices ...string) error {
	r, err := s.send(ctx, op, esapi.IndicesRefreshRequest{Index: indices, Instrument: s.instrument})
	if err != nil {
		return err
	}
	var response struct {
		Shards *struct{ Failed int } `json:"_shards"`
	}
	switch {
	case json.Unmarshal(r.Body, &response) != nil || response.Shards == nil:
		return notElasticsearch(op, r.Status)
	case response.Shards.Failed > 0:
		return &Error{Op: op, Status: r.Status, err: es.ErrPartial}
	}
	return nil
}
