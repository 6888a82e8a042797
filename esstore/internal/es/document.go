package es

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// A Document is a response about one document, with the members that any of these
// responses may have. D is the type of the document itself.
type Document[D any] struct {
	Index       string  `json:"_index"`
	ID          Text    `json:"_id"`
	SeqNo       Integer `json:"_seq_no"`
	PrimaryTerm Integer `json:"_primary_term"`
	Found       any     `json:"found"` // a boolean; nil if the response doesn't say it
	Result      Result  `json:"result"`
	Source      D       `json:"_source"`

	// Status is the HTTP status.
	Status int `json:"-"`
	// Raw is the document as it was received; nil if there is none.
	Raw []byte `json:"-"`
}

// An Integer is an integer that may be missing. A pointer would allocate memory.
type Integer struct {
	Value int
	IsSet bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Integer) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	value, err := strconv.Atoi(string(text))
	*n = Integer{value, err == nil}
	return err
}

// A Result is the result of a write: "created", "updated", "deleted", "not_found" or
// "noop".
type Result string

// UnmarshalText implements encoding.TextUnmarshaler. The usual results allocate no
// memory.
func (r *Result) UnmarshalText(text []byte) error {
	switch string(text) {
	case "created":
		*r = "created"
	case "updated":
		*r = "updated"
	case "deleted":
		*r = "deleted"
	default:
		*r = Result(text)
	}
	return nil
}

// Documents sends requests about single documents. It keeps what reading a response
// takes, and uses it again. It is safe for concurrent use if Client is.
type Documents[D any] struct {
	Client *Client
	pool   sync.Pool // of *reading[D]
}

// Send sends req and decodes the response, also if the status is not 2xx. It then
// returns both the Document and an Error.
func (d *Documents[D]) Send(ctx context.Context, req esapi.Request) (Document[D], *Error) {
	in, _ := d.pool.Get().(*reading[D])
	if in == nil {
		in = &reading[D]{}
	}
	defer d.release(in)
	r, e := d.Client.send(ctx, d, req, MaxBody, &in.buffer)
	if err := in.decode(r.Body); err != nil {
		if e == nil {
			// A proxy's page isn't the beginning of a response of Elasticsearch's.
			isCut := len(r.Body) == 0 || r.Body[0] == '{'
			e = &Error{Status: r.Status, Err: ErrNotElasticsearch, Attempts: r.Attempts, Acknowledged: r.Acknowledged && isCut}
		}
		return Document[D]{}, e
	}
	doc := in.document
	doc.Status = r.Status
	if doc.Found == true {
		doc.Raw = bytes.Clone(sourceOf(r.Body))
	}
	return doc, e
}

// Perform implements esapi.Transport. It asks for an uncompressed response, where
// net/http would ask for a compressed one: a response about a single document is
// hardly longer than a packet, and without compression the same processors create
// a fifth more users a second, and read a third more.
func (d *Documents[D]) Perform(r *http.Request) (*http.Response, error) {
	r.Header["Accept-Encoding"] = identity
	return d.Client.Transport.Perform(r)
}

var identity = []string{"identity"} // RFC 9110, section 12.5.3

// maxKept is the greatest capacity, in bytes, of a buffer that is kept.
const maxKept = 1 << 16

func (d *Documents[D]) release(in *reading[D]) {
	if in.buffer.bytes.Cap() > maxKept {
		return
	}
	in.body.Reset(nil)
	in.document = Document[D]{}
	d.pool.Put(in)
}

// A reading is what reading a response takes.
type reading[D any] struct {
	buffer   buffer
	body     bytes.Reader
	decoder  *json.Decoder // of one body after the other
	document Document[D]
}

// decode is json.Unmarshal into in.document, in most cases without what that
// allocates.
func (in *reading[D]) decode(body []byte) error {
	in.body.Reset(body)
	if in.decoder == nil {
		in.decoder = json.NewDecoder(&in.body)
	}
	before := in.decoder.InputOffset()
	err := in.decoder.Decode(&in.document)
	if err == nil && in.decoder.InputOffset()-before == int64(len(body)) {
		return nil
	}
	// The decoder has failed, or holds what followed the first value.
	in.decoder, in.document = nil, Document[D]{}
	return json.Unmarshal(body, &in.document)
}

// sourceOf returns the document in the response to a GET. It is part of body.
func sourceOf(body []byte) []byte {
	for name, value := range Members(body) {
		if string(name) == `"_source"` {
			return value
		}
	}
	return nil
}
