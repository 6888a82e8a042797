package esstore

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

// A function that sends one write of a user returns *Error, because its callers
// decide by the number of attempts. All others return error.

// send sends req. If the status is not 2xx, it returns both the response and an
// error.
func (s *Store) send(ctx context.Context, op string, req esapi.Request) (es.Response, error) {
	return s.sendFor(ctx, op, req, es.MaxBody)
}

// sendFor is send for a response of at most limit bytes.
func (s *Store) sendFor(ctx context.Context, op string, req esapi.Request, limit int64) (es.Response, error) {
	r, e := s.client.Send(ctx, req, limit)
	if e != nil {
		return r, newError(op, e)
	}
	return r, nil
}

// sendAcknowledged sends a request that changes the state of the cluster. It is an
// error if not all nodes know the change in time.
func (s *Store) sendAcknowledged(ctx context.Context, op string, req esapi.Request) error {
	if e := s.client.SendAcknowledged(ctx, req); e != nil {
		return newError(op, e)
	}
	return nil
}

// sendDocument sends a request about one document. If the status is not 2xx, it
// returns both the response and an error.
func (s *Store) sendDocument(ctx context.Context, op string, req esapi.Request) (es.Document[document], *Error) {
	d, e := s.documents.Send(ctx, req)
	if e == nil {
		return d, nil
	}
	failed := newError(op, e)
	failed.absent = d.Status == http.StatusNotFound && d.Result == "not_found"
	return d, failed
}

// sendBulk sends n writes to an alias, as lines of JSON, and returns their results
// in the same order, and how often the request was sent. The error is nil even if a
// write failed.
func (s *Store) sendBulk(ctx context.Context, op, alias string, lines []byte, n int) ([]es.Item, int64, error) {
	items, attempts, e := s.client.Bulk(ctx, esapi.BulkRequest{
		Index: alias, Body: bytes.NewReader(lines), RequireAlias: &yes,
		FilterPath: es.BulkFilterPath, Instrument: s.instrument,
	}, n)
	if e != nil {
		return nil, attempts, newError(op, e)
	}
	return items, attempts, nil
}

// newError returns e, which is not nil, as the error of a method.
func newError(op string, e *es.Error) *Error {
	return &Error{
		Op: op, Status: e.Status, Type: e.Type, reason: e.Reason, err: e.Err, attempts: e.Attempts,
		unsent: e.Unsent, unreached: e.Unreached, foreign: e.OtherProduct, acknowledged: e.Acknowledged,
	}
}

// itemError returns the error of a write in a bulk request; nil if it was made.
func itemError(op string, item es.Item) *Error {
	if e := item.Err(); e != nil {
		return newError(op, e)
	}
	return nil
}

// errDiverted is the error of a write that was acknowledged and isn't what was asked for.
var errDiverted = errors.New("the document was not written, or under another id (does the index have an ingest pipeline?)")

// notElasticsearch returns the error for a response that Elasticsearch wouldn't
// give.
func notElasticsearch(op string, status int) *Error {
	return &Error{Op: op, Status: status, err: es.ErrNotElasticsearch}
}
