package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore/internal/es"
)

// An Error describes a request to Elasticsearch that failed, or that was not sent.
// Get it from the error of a method with errors.As or errors.AsType.
//
// errors.Is(err, [signup.ErrBusy]) holds if Create, Get, Update or Delete changed nothing
// because Elasticsearch refused the request or couldn't be reached: the status is 429,
// as when a disk is full; it is 403 and the index takes no writes; or there was no
// connection to a server, so that nothing was sent. The same goes for [Counter.Add], which
// is also busy if others changed the count too often meanwhile. It doesn't hold if the client sent
// a write before, or if a connection broke.
//
// No text of an Error, and none of an error that it wraps, quotes a document. If the
// request has no user's data, as when an index is created, the text has Elasticsearch's
// reason. Otherwise it quotes no response.
type Error struct {
	// Op is the method that failed: "create", "get", "update", "delete", "search",
	// "refresh", "export", "import", "set up", "reindex" or "check"; or, of a Counter,
	// "count", "sweep" or "set up".
	Op string
	// Status is the HTTP status, and in an import that of the user. It is 0 if
	// there was no response.
	Status int
	// Type is the type of Elasticsearch's error, such as "security_exception". It is
	// "" if the response has none.
	Type string

	reason    string // Elasticsearch's; "" if the request may have a user's data
	err       error  // what Unwrap returns
	attempts  int64  // how often the request was sent; one too many if a connection had gone stale
	unsent    bool   // the request was not even tried
	unreached bool   // no server could be reached
	foreign   bool   // the server is another product

	acknowledged bool // Elasticsearch has carried the request out, and only the body of its response is missing

	absent    bool // the document to be deleted doesn't exist
	transient bool // the same request may succeed later, whatever the Status
	inDoubt   bool // an earlier request may have had an effect
	contended bool // others made their changes to a count first, again and again
}

// Error returns the method, the status, and either the cause or the type and, if the
// request has no user's data, Elasticsearch's reason.
func (e *Error) Error() string {
	if e.Status != 0 && e.err == nil && e.reason != "" {
		return fmt.Sprintf("%s: %q", e.text(), e.reason)
	}
	return e.text()
}

func (e *Error) text() string {
	switch {
	case e.Status == 0 && e.err == nil:
		return fmt.Sprintf("esstore: %s: no response", e.Op)
	case e.Status == 0:
		return fmt.Sprintf("esstore: %s: %v", e.Op, e.err)
	case e.err != nil:
		return fmt.Sprintf("esstore: %s: status %d, %v", e.Op, e.Status, e.err)
	case e.Type == "":
		return fmt.Sprintf("esstore: %s: status %d", e.Op, e.Status)
	case e.Type == typeNoIndex:
		return fmt.Sprintf("esstore: %s: status %d, %s (is the store set up?)", e.Op, e.Status, e.Type)
	}
	return fmt.Sprintf("esstore: %s: status %d, %s", e.Op, e.Status, e.Type)
}

// Unwrap returns the cause: why there was no response, such as the context's error,
// or what is wrong with the response. It is nil if the status says it all.
func (e *Error) Unwrap() error { return e.err }

// Is reports whether target is [signup.ErrBusy] and the request had no effect. After
// several attempts, an earlier one may have had.
func (e *Error) Is(target error) bool {
	switch {
	case target != signup.ErrBusy || e.inDoubt || e.Op == importOp: // which has stored others
		return false
	case e.unreached:
		return e.attempts == 0
	case e.contended:
		return true
	}
	return e.attempts <= 1 && (e.Status == http.StatusTooManyRequests || e.isBlocked())
}

// The types of Elasticsearch's errors that decide what follows.
const (
	typeBlocked      = "cluster_block_exception"
	typeNoIndex      = "index_not_found_exception"
	typeNoAlias      = "aliases_not_found_exception"
	typeIndexExists  = "resource_already_exists_exception"
	typeSnapshot     = "snapshot_in_progress_exception"
	typeBadArgument  = "illegal_argument_exception"
	typeSearchFailed = "search_phase_execution_exception"
	typeConflict     = "version_conflict_engine_exception"
)

// isRejected reports whether the server had no capacity for the request, and will soon
// have it. The 429 of a full disk is another matter.
func (e *Error) isRejected() bool {
	return e.Status == http.StatusTooManyRequests && e.Type != typeBlocked
}

// isBlocked reports whether the index refuses writes, or other requests.
func (e *Error) isBlocked() bool {
	return e.Status == http.StatusForbidden && e.Type == typeBlocked
}

// isNoIndex reports whether the index of the request doesn't exist.
func (e *Error) isNoIndex() bool {
	return e.Status == http.StatusNotFound && e.Type == typeNoIndex
}

// isRefusal reports whether the write was refused because of what is stored. The
// primary responds so with the consent of all copies that are in sync.
func (e *Error) isRefusal() bool { return e.Status == http.StatusConflict || e.absent }

// isOpen reports whether the write that failed may have been made all the same.
func (e *Error) isOpen() bool {
	switch {
	case e.unreached:
		return e.attempts > 0
	case e.Status < 300, e.Status >= 500:
		return !e.unsent
	}
	return e.attempts > 1
}

// isTransient reports whether the same request may succeed later: the server has no
// capacity, can't be reached, or doesn't know the outcome yet.
func (e *Error) isTransient() bool {
	switch {
	case e.unsent, e.foreign:
		return false
	case e.Status == 0, e.Status >= http.StatusInternalServerError, e.transient:
		return true
	}
	return e.isRejected() || errors.Is(e.err, es.ErrUnacknowledged) || errors.Is(e.err, es.ErrPartial)
}

// asError returns the Error in err. If there is none, it returns one without a
// status, so that callers can test any error.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{err: err, unsent: true}
}

func isBlocked(err error) bool { return asError(err).isBlocked() }
func isNoIndex(err error) bool { return asError(err).isNoIndex() }

// asTransient returns e as an error with this cause after which the same request may
// succeed later.
func (e *Error) asTransient(cause string) error {
	transient := *e
	transient.err, transient.transient = errors.New(cause), true
	return &transient
}

// ended returns e as the error of a method whose context was done before the
// outcome was known.
func (e *Error) ended(ctx context.Context) error {
	done := *e
	done.err, done.inDoubt = ctx.Err(), true
	return &done
}
