package esstore_test

import (
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// outcome returns the name of the error of package signup that err wraps. After an
// error that wraps none, which is "", the outcome is unknown.
func outcome(err error) string {
	if err == nil {
		return "nil"
	}
	var names []string
	for _, e := range []struct {
		name string
		err  error
	}{
		{"ErrExists", signup.ErrExists},
		{"ErrReplayed", signup.ErrReplayed},
		{"ErrConflict", signup.ErrConflict},
		{"ErrNotFound", signup.ErrNotFound},
		{"ErrInvalid", signup.ErrInvalid},
		{"ErrBusy", signup.ErrBusy},
		{"ErrBadCredentials", signup.ErrBadCredentials},
	} {
		if errors.Is(err, e.err) {
			names = append(names, e.name)
		}
	}
	return strings.Join(names, " ")
}

const unknown = ""

func wantOutcome(t *testing.T, err error, want string) {
	t.Helper()
	if got := outcome(err); got != want {
		t.Errorf("error %v: got %q, want %q", err, got, want)
	}
}

// wantUser checks that a call with the outcome err left u as it was, except for
// the Version that a success sets.
func wantUser(t *testing.T, u, before signup.User, err error) {
	t.Helper()
	if err == nil {
		if u.Version == "" || u.Version == before.Version {
			t.Errorf("got Version %q after success, want a new one", u.Version)
		}
		before.Version = u.Version
	}
	if !reflect.DeepEqual(u, before) {
		t.Errorf("got a changed user (Version %q, before %q), want the same", u.Version, before.Version)
	}
}

// clone returns a copy of u that shares nothing with it.
func clone(u signup.User) signup.User {
	u.Profile = maps.Clone(u.Profile)
	return u
}

type namedStep struct {
	name string
	step step
}

// openResponses leave open whether a write was made.
var openResponses = []namedStep{
	{"500", failed(http.StatusInternalServerError, "illegal_state_exception")},
	{"502", failed(http.StatusBadGateway, "exception")},
	{"503", failed(http.StatusServiceUnavailable, "unavailable_shards_exception")},
	{"504", failed(http.StatusGatewayTimeout, "timeout_exception")},
	{"500 as HTML", page(http.StatusInternalServerError)},
	{"502 as HTML", page(http.StatusBadGateway)},
	{"503 as HTML", page(http.StatusServiceUnavailable)},
	{"504 as HTML", page(http.StatusGatewayTimeout)},
	{"200 as HTML", page(http.StatusOK)},
	{"201 as HTML", page(http.StatusCreated)},
	{"200 without a body", respond(http.StatusOK, "")},
	{"204", func(w http.ResponseWriter, _ *http.Request, _ []string) { w.WriteHeader(http.StatusNoContent) }},
	{"200 with other JSON", respond(http.StatusOK, `{"ok":true}`)},
	{"200 null", respond(http.StatusOK, "null")},
	{"200 truncated", truncated(http.StatusOK, doneBody("updated", 1))},
	{"200 without end", endless(http.StatusOK)},
	{"503 truncated", truncated(http.StatusServiceUnavailable, failedBody(503, "exception"))},
	{"connection closed", hangUp},
}

// refusals say that a write was not made.
var refusals = []finding{
	{namedStep{"400", failed(http.StatusBadRequest, "document_parsing_exception")}, unknown},
	{namedStep{"400 as HTML", page(http.StatusBadRequest)}, unknown},
	{namedStep{"400 truncated", truncated(http.StatusBadRequest, failedBody(400, "exception"))}, unknown},
	{namedStep{"401", failed(http.StatusUnauthorized, "security_exception")}, unknown},
	{namedStep{"403", failed(http.StatusForbidden, "security_exception")}, unknown},
	{namedStep{"403 as HTML", page(http.StatusForbidden)}, unknown},
	{namedStep{"404 as HTML", page(http.StatusNotFound)}, unknown},
	{namedStep{"413", failed(http.StatusRequestEntityTooLarge, "exception")}, unknown},
	{namedStep{"429", failed(http.StatusTooManyRequests, "es_rejected_execution_exception")}, "ErrBusy"},
	{namedStep{"429 as HTML", page(http.StatusTooManyRequests)}, "ErrBusy"},
	{namedStep{"429 of a full disk", failed(http.StatusTooManyRequests, "cluster_block_exception")}, "ErrBusy"},
	{namedStep{"403 of an index that takes no writes", failed(http.StatusForbidden, "cluster_block_exception")}, "ErrBusy"},
	{namedStep{"429 truncated", truncated(http.StatusTooManyRequests, failedBody(429, "exception"))}, "ErrBusy"},
}

// conflicts are the responses that mean a conflict.
var conflicts = []namedStep{
	{"409", conflict},
	{"409 as HTML", page(http.StatusConflict)},
	{"409 truncated", truncated(http.StatusConflict, failedBody(409, "version_conflict_engine_exception"))},
}

// A finding is the last response, such as what the GET after an uncertain response finds,
// and the outcome, which may be one of those that take more requests.
type finding struct {
	namedStep
	want string
}

const (
	confirmed = "nil, as the document was written once more"
	goneAgain = "nil, as a second Delete was refused, and found nothing either"
	heldAgain = "ErrExists, as a second Create was refused, and found another's too"
)

// If the index of the Version is gone, what the GET finds is in another index.
var (
	indexGone      = []namedStep{{"no index", noIndex}}
	foundElsewhere = []finding{
		{namedStep{"GET finds it changed", foundChanged}, "ErrConflict"},
		{namedStep{"GET finds nothing", nothing}, "ErrNotFound"},
		{namedStep{"GET finds no index", noIndex}, unknown},
		{namedStep{"GET finds it as it was", foundFirst}, unknown},
	}
)

// eachFinding runs f for each response followed by each finding.
func eachFinding(t *testing.T, responses []namedStep, findings []finding, f func(t *testing.T, script []step, want string)) {
	t.Helper()
	for _, a := range responses {
		for _, found := range findings {
			t.Run(a.name+", "+found.name, func(t *testing.T) {
				script, want := confirming([]step{a.step, found.step}, found.want)
				f(t, script, want)
			})
		}
	}
}

// confirming returns the script with the requests that an outcome takes.
func confirming(script []step, want string) ([]step, string) {
	switch want {
	case confirmed:
		return append(script, done(http.StatusOK, "updated", 9)), "nil"
	case goneAgain:
		return append(script, conflict, nothing), "nil"
	case heldAgain:
		return append(script, conflict, foundAnother), "ErrExists"
	}
	return script, want
}

// unread are GETs that fail.
func unread(want string) []finding {
	return []finding{
		{namedStep{"GET fails", down}, want},
		{namedStep{"GET is answered by a proxy", page(http.StatusOK)}, want},
		{namedStep{"GET is cut", truncated(http.StatusOK, `{"found":`)}, want},
		{namedStep{"GET finds no index", noIndex}, want},
		{namedStep{"GET is refused", failed(http.StatusTooManyRequests, "circuit_breaking_exception")}, want},
	}
}
