package es

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// MaxBody is the greatest length, in bytes, of the body of a response that is not
// about many documents.
const MaxBody = 1 << 20

// A Client sends requests. It is safe for concurrent use if its transport is.
type Client struct {
	Transport esapi.Transport
	// Err is the error of every request, if it is not nil.
	Err error
}

// A Response is a response whose body was read.
type Response struct {
	Status int
	Body   []byte
	// Attempts is how often the request was sent. It is one too many if a connection
	// had gone stale, and 0 if the request changes nothing.
	Attempts int64
	// Acknowledged reports that the status is 2xx and Elasticsearch's.
	Acknowledged bool
}

// Send sends req and returns the response. If the status is not 2xx, it returns
// both a Response and an Error. A body longer than limit bytes is an error that
// wraps ErrTooLong.
func (c *Client) Send(ctx context.Context, req esapi.Request, limit int64) (Response, *Error) {
	return c.send(ctx, c.Transport, req, limit, nil)
}

// send is Send through t. If buf is not nil, the body is in buf.
func (c *Client) send(ctx context.Context, t esapi.Transport, req esapi.Request, limit int64, buf *buffer) (Response, *Error) {
	if c.Err != nil {
		return Response{}, &Error{Err: c.Err, Unsent: true}
	}
	if err := ctx.Err(); err != nil { // the official client would try four times all the same
		return Response{}, &Error{Err: err, Unsent: true}
	}
	traced, counter := countAttempts(ctx, req)
	res, err := req.Do(traced, t)
	if err != nil {
		e := &Error{Err: unquoted(err), Attempts: counter.number()}
		e.OtherProduct = isOtherProduct(err)
		if ctx.Err() == nil && counter.isUnreached(err) {
			e.Err, e.Unreached = withoutURL(e.Err), true
		}
		return Response{}, e
	}
	// Proxies don't make this header.
	acknowledged := res.StatusCode/100 == 2 && res.Header.Get("X-Elastic-Product") == "Elasticsearch"
	decoded, encoding := decodeBody(res.Header, res.Body)
	body, err := readBody(decoded, limit, buf)
	if err = cmp.Or(encoding, err); err != nil {
		return Response{}, &Error{Status: res.StatusCode, Err: readError(err), Attempts: counter.number(), Acknowledged: acknowledged}
	}
	r := Response{res.StatusCode, body, counter.endCounting(ctx), acknowledged}
	if r.Status < 300 {
		return r, nil
	}
	return r, &Error{Status: r.Status, Type: errorType(body), Reason: reasonFor(req, body), Attempts: r.Attempts}
}

// readBody reads body to its end, so that the connection can be used again.
func readBody(body io.ReadCloser, limit int64, buf *buffer) (b []byte, err error) {
	if body == nil {
		return nil, nil
	}
	defer func() { _ = body.Close() }()
	if buf == nil {
		b, err = io.ReadAll(io.LimitReader(body, limit+1))
	} else {
		b, err = buf.readAll(body, limit+1)
	}
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%w than %d bytes", ErrTooLong, limit)
	}
	return b, err
}

// A buffer holds the body of a response.
type buffer struct {
	bytes   bytes.Buffer
	limited io.LimitedReader
}

// readAll returns at most limit bytes of r. They are valid until the next call.
func (b *buffer) readAll(r io.Reader, limit int64) ([]byte, error) {
	b.bytes.Reset()
	b.limited = io.LimitedReader{R: r, N: limit}
	_, err := b.bytes.ReadFrom(&b.limited)
	b.limited.R = nil
	return b.bytes.Bytes(), err
}

// SendAcknowledged sends a request that changes the state of the cluster.
// Elasticsearch responds when all nodes know the change; if they don't in time, the
// error wraps ErrUnacknowledged.
func (c *Client) SendAcknowledged(ctx context.Context, req esapi.Request) *Error {
	r, e := c.Send(ctx, req, MaxBody)
	if e != nil {
		return e
	}
	var response struct{ Acknowledged *bool }
	switch {
	case json.Unmarshal(r.Body, &response) != nil || response.Acknowledged == nil:
		return &Error{Status: r.Status, Err: ErrNotElasticsearch, Attempts: r.Attempts}
	case !*response.Acknowledged:
		return &Error{Status: r.Status, Err: ErrUnacknowledged, Attempts: r.Attempts}
	}
	return nil
}
