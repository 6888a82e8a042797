package es

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// MaxManyBody is the greatest length, in bytes, of the body of a response about
// many documents.
const MaxManyBody = 64 << 20

// An Item is the result of one write of a bulk request.
type Item struct {
	Status int
	Type   string // of Elasticsearch's error; "" if there is none
	Result Result
	ID     string // of the document
	Index  string // in which the document is
}

// Err returns nil if the status is that of a success.
func (i Item) Err() *Error {
	if i.Status < http.StatusMultipleChoices {
		return nil
	}
	return &Error{Status: i.Status, Type: i.Type, Attempts: 1}
}

// BulkFilterPath is the FilterPath of a bulk request: what Bulk reads.
var BulkFilterPath = []string{"items.*.status", "items.*.error.type", "items.*.result", "items.*._id", "items.*._index"}

// Bulk sends a request with n writes and returns their results in the same order,
// and how often the request was sent. The Error is nil even if a write failed.
func (c *Client) Bulk(ctx context.Context, req esapi.BulkRequest, n int) (items []Item, attempts int64, e *Error) {
	r, e := c.Send(ctx, req, MaxManyBody)
	if e != nil {
		return nil, e.Attempts, e
	}
	type write struct {
		Status int
		Error  struct{ Type string }
		Result Result
		ID     string `json:"_id"`
		Index  string `json:"_index"`
	}
	var response struct {
		Items []struct{ Create, Index, Delete write } // one of them is set
	}
	response.Items = slices.Grow(response.Items, n)
	e = &Error{Status: r.Status, Err: ErrNotElasticsearch, Attempts: r.Attempts}
	if json.Unmarshal(r.Body, &response) != nil || len(response.Items) != n {
		return nil, r.Attempts, e
	}
	items = make([]Item, n)
	for i, w := range response.Items {
		one := cmp.Or(w.Create, w.Index, w.Delete)
		if one.Status == 0 {
			return nil, r.Attempts, e
		}
		items[i] = Item{one.Status, validType(one.Error.Type), one.Result, one.ID, one.Index}
	}
	return items, r.Attempts, nil
}
