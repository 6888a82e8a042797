package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// What is read of an answer at most. A user's document is far smaller than
// maxAnswer; maxPage is for answers about many.
const (
	maxAnswer = 1 << 20
	maxPage   = 64 << 20
)

// A failure is a call that didn't succeed.
type failure struct {
	op       string
	status   int    // of the answer; 0: there was none
	kind     string // Elasticsearch's error type, if it told one
	err      error  // why there was no answer, or none that could be read
	attempts int64  // how often the request was sent; one too many where a connection had gone stale
	unsent   bool   // it wasn't even tried
	absent   bool   // there is no such document to be deleted
}

func (f *failure) Error() string {
	switch {
	case f.status == 0:
		return fmt.Sprintf("esstore: %s: %v", f.op, f.err)
	case f.err != nil:
		return fmt.Sprintf("esstore: %s: status %d, %v", f.op, f.status, f.err)
	case f.kind == "":
		return fmt.Sprintf("esstore: %s: status %d", f.op, f.status)
	}
	hint := ""
	if f.kind == "index_not_found_exception" {
		hint = " (is the store set up?)"
	}
	return fmt.Sprintf("esstore: %s: status %d, %s%s", f.op, f.status, f.kind, hint)
}

func (f *failure) Unwrap() error { return f.err }

// unquoted returns a transport's error without what net/http quotes of an answer
// that it can't parse, which may be the document.
func unquoted(err error) error {
	const broken = "transport connection broken"
	if isOfNetwork(err) {
		return err
	}
	if before, _, ok := strings.Cut(err.Error(), broken+": "); ok {
		return errors.New(before + broken)
	}
	return err
}

// unread returns why an answer's body couldn't be read, without quoting it.
func unread(err error) error {
	if isOfNetwork(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errTooLong) {
		return fmt.Errorf("the answer could not be read: %w", err)
	}
	return errors.New("the answer could not be read")
}

func isOfNetwork(err error) bool {
	_, is := errors.AsType[*net.OpError](err)
	return is || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Is makes a 429 an ErrBusy: Elasticsearch rejects before it does anything. But
// if the client sent the request more than once, an earlier one may have been
// carried out. A full disk is a 429 as well, though not one that passes. So is
// the 403 of an index that takes no writes, as at the end of a migration.
func (f *failure) Is(target error) bool {
	return target == signup.ErrBusy && f.attempts <= 1 && (f.isRejected() || f.isBlocked())
}

// isRejected reports whether the server had no capacity for the request.
func (f *failure) isRejected() bool {
	return f != nil && f.status == http.StatusTooManyRequests && f.kind != kindBlocked
}

// isBlocked reports whether the index takes no writes, or the like.
func (f *failure) isBlocked() bool {
	return f != nil && f.status == http.StatusForbidden && f.kind == kindBlocked
}

const kindBlocked = "cluster_block_exception"

// noIndex reports whether the index of the request doesn't exist.
func (f *failure) noIndex() bool {
	return f != nil && f.status == http.StatusNotFound && f.kind == "index_not_found_exception"
}

// isRefusal reports whether the write was refused for what is stored, which the
// primary answers with the consent of all copies that are in sync.
func (f *failure) isRefusal() bool { return f.status == http.StatusConflict || f.absent }

// isOpen reports whether the write that failed so may have been made
// nonetheless.
func (f *failure) isOpen() bool {
	if f.status < 300 || f.status >= 500 {
		return !f.unsent
	}
	return f.attempts > 1
}

// call sends req and decodes the answer, also that of a failure.
func (s *Store) call(ctx context.Context, op string, req esapi.Request) (answer, *failure) {
	in, _ := s.incoming.Get().(*incoming)
	if in == nil {
		in = &incoming{}
	}
	defer s.free(in)
	status, body, f := s.exchange(ctx, op, req, in.readAll, maxAnswer)
	if err := in.decode(body); err != nil {
		if f == nil {
			f = &failure{op: op, status: status, err: errNotElasticsearch}
		}
		return answer{}, f
	}
	ans := in.answer
	ans.status = status
	if ans.Found == true {
		ans.source = bytes.Clone(sourceOf(body))
	}
	if f != nil {
		f.absent = status == http.StatusNotFound && ans.Result == "not_found"
	}
	return ans, f
}

var (
	errTooLong          = errors.New("it is longer")
	errNotElasticsearch = errors.New("the answer is not Elasticsearch's")
	errUnacknowledged   = errors.New("not all nodes have heard of it in time")
	errPartial          = errors.New("not all copies have done it")
)

// send sends req and returns the answer's status and body. It looks at the status before
// the body, which may be a proxy's page.
func (s *Store) send(ctx context.Context, op string, req esapi.Request) (int, []byte, *failure) {
	return s.sendFor(ctx, op, req, maxAnswer)
}

// sendFor is send for an answer of at most limit bytes.
func (s *Store) sendFor(ctx context.Context, op string, req esapi.Request, limit int64) (int, []byte, *failure) {
	return s.exchange(ctx, op, req, readAll, limit)
}

// plain asks for an answer that isn't compressed, though net/http would ask for one
// that is: about a single document it is hardly longer than a packet, and the same
// processors create a fifth more users a second, and read a third more.
func plain() http.Header { return http.Header{"Accept-Encoding": identity} }

var identity = []string{"identity"} // RFC 9110, section 12.5.3

// A reader reads at most limit bytes.
type reader func(r io.Reader, limit int64) ([]byte, error)

// exchange is sendFor with a reader.
func (s *Store) exchange(ctx context.Context, op string, req esapi.Request, read reader, limit int64) (int, []byte, *failure) {
	if s.invalid != nil {
		return 0, nil, &failure{op: op, err: s.invalid, unsent: true}
	}
	if err := ctx.Err(); err != nil { // the client would try four times all the same
		return 0, nil, &failure{op: op, err: err, unsent: true}
	}
	var attempts *attempts
	if _, is := req.(esapi.GetRequest); !is { // which leaves nothing behind
		ctx, attempts = counted(ctx)
	}
	res, err := req.Do(ctx, s.transport)
	if err != nil {
		return 0, nil, &failure{op: op, err: unquoted(err), attempts: attempts.number()}
	}
	body, err := readAnswer(res.Body, read, limit)
	switch {
	case err != nil:
		return 0, nil, &failure{op: op, status: res.StatusCode, err: unread(err), attempts: attempts.number()}
	case res.StatusCode < 300:
		return res.StatusCode, body, nil
	}
	return res.StatusCode, body, &failure{
		op: op, status: res.StatusCode, kind: errorType(body), attempts: attempts.number(),
	}
}

// readAnswer reads body to its end, so that the connection can be used again.
func readAnswer(body io.ReadCloser, read reader, limit int64) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer func() { _ = body.Close() }()
	b, err := read(body, limit+1)
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%w than %d bytes", errTooLong, limit)
	}
	return b, err
}

func readAll(r io.Reader, limit int64) ([]byte, error) { return io.ReadAll(io.LimitReader(r, limit)) }

// An incoming is what it takes to read an answer. The Store keeps some, to be used
// again.
type incoming struct {
	buffer  bytes.Buffer
	limited io.LimitedReader
	body    bytes.Reader
	decoder *json.Decoder // of one body after the other
	answer  answer
}

// maxKept is how long a buffer is kept.
const maxKept = 1 << 16

// readAll returns bytes that are in's.
func (in *incoming) readAll(r io.Reader, limit int64) ([]byte, error) {
	in.limited = io.LimitedReader{R: r, N: limit}
	_, err := in.buffer.ReadFrom(&in.limited)
	return in.buffer.Bytes(), err
}

// decode is json.Unmarshal into in.answer, mostly without what that allocates.
func (in *incoming) decode(body []byte) error {
	in.body.Reset(body)
	if in.decoder == nil {
		in.decoder = json.NewDecoder(&in.body)
	}
	before := in.decoder.InputOffset()
	err := in.decoder.Decode(&in.answer)
	if err == nil && in.decoder.InputOffset()-before == int64(len(body)) {
		return nil
	}
	// The decoder has met an error, or keeps what followed.
	in.decoder, in.answer = nil, answer{}
	return json.Unmarshal(body, &in.answer)
}

// free gives in back.
func (s *Store) free(in *incoming) {
	if in.buffer.Cap() > maxKept {
		return
	}
	in.buffer.Reset()
	in.body.Reset(nil)
	in.limited, in.answer = io.LimitedReader{}, answer{}
	s.incoming.Put(in)
}

// attempts counts how often a request is sent.
type attempts struct {
	n     atomic.Int64
	trace httptrace.ClientTrace
}

// counted returns the context for a request that is counted.
func counted(ctx context.Context) (context.Context, *attempts) {
	a := &attempts{}
	a.trace.WroteRequest = func(httptrace.WroteRequestInfo) { a.n.Add(1) }
	return httptrace.WithClientTrace(ctx, &a.trace), a
}

// number returns how many there were; 0 if they weren't counted.
func (a *attempts) number() int64 {
	if a == nil {
		return 0
	}
	return a.n.Load()
}

// errorType returns the type of the error in body, or "".
func errorType(body []byte) string {
	var ans struct{ Error struct{ Type string } }
	if json.Unmarshal(body, &ans) != nil {
		return ""
	}
	return knownType(ans.Error.Type)
}

// knownType returns kind, or "" if, whoever wrote it, it is no type of
// Elasticsearch's.
func knownType(kind string) string {
	if len(kind) > 100 || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return kind
}

// An answer has the members that any of Elasticsearch's answers about a
// document may have.
type answer struct {
	Index       string   `json:"_index"`
	SeqNo       number   `json:"_seq_no"`
	PrimaryTerm number   `json:"_primary_term"`
	Found       any      `json:"found"` // a boolean; nil: it isn't told
	Result      word     `json:"result"`
	Source      document `json:"_source"`

	status int
	source []byte // as it came
}

// A number is one that may be missing, which a pointer would take memory to tell.
type number struct {
	value int
	is    bool
}

func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	value, err := strconv.Atoi(string(text))
	*n = number{value, err == nil}
	return err
}

// A word is a text that is one of a few as a rule, and then takes no memory.
type word string

func (w *word) UnmarshalText(text []byte) error {
	switch string(text) {
	case signup.EmailRule:
		*w = signup.EmailRule
	case "created":
		*w = "created"
	case "updated":
		*w = "updated"
	default:
		*w = word(text)
	}
	return nil
}
