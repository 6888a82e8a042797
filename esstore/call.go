package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
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
func (s *Store) call(ctx context.Context, op string, req esapi.Request) (ans answer, f *failure) {
	status, body, f := s.send(ctx, op, req)
	if err := json.Unmarshal(body, &ans); err != nil {
		if f == nil {
			f = &failure{op: op, status: status, err: errNotElasticsearch}
		}
		return answer{}, f
	}
	ans.status = status
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
	if s.invalid != nil {
		return 0, nil, &failure{op: op, err: s.invalid, unsent: true}
	}
	if err := ctx.Err(); err != nil { // the client would try four times all the same
		return 0, nil, &failure{op: op, err: err, unsent: true}
	}
	var attempts atomic.Int64
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { attempts.Add(1) },
	})
	res, err := req.Do(ctx, s.transport)
	if err != nil {
		return 0, nil, &failure{op: op, err: unquoted(err), attempts: attempts.Load()}
	}
	body, err := readAnswer(res.Body, limit)
	f := &failure{op: op, status: res.StatusCode, attempts: attempts.Load()}
	switch {
	case err != nil:
		f.err = unread(err)
		return 0, nil, f
	case f.status < 300:
		return f.status, body, nil
	}
	f.kind = errorType(body)
	return f.status, body, f
}

// readAnswer reads body to its end, so that the connection can be used again.
func readAnswer(body io.ReadCloser, limit int64) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer func() { _ = body.Close() }()
	b, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%w than %d bytes", errTooLong, limit)
	}
	return b, err
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
	SeqNo       *int     `json:"_seq_no"`
	PrimaryTerm *int     `json:"_primary_term"`
	Found       *bool    `json:"found"`
	Result      string   `json:"result"`
	Source      document `json:"_source"`

	status int
}
