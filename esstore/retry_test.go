package esstore_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore"
)

// A twice sends a request again as the official client does: after a network
// error, a 502, 503 or 504, and without telling.
type twice struct{ esapi.Transport }

func (t twice) Perform(req *http.Request) (*http.Response, error) {
	res, err := t.Transport.Perform(req)
	if err == nil {
		if res.StatusCode < http.StatusBadGateway {
			return res, nil
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	if req.GetBody != nil {
		if req.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return t.Transport.Perform(req)
}

// firstResponses are lost on the way, as the first of two.
var firstResponses = []namedStep{
	{"502", failed(http.StatusBadGateway, "exception")},
	{"503 as HTML", page(http.StatusServiceUnavailable)},
	{"connection closed", hangUp},
}

// A retried is a second response, what the GET after it finds, and the outcome.
type retried struct {
	name          string
	second, found step
	want          string
}

func eachRetried(t *testing.T, tests []retried, f func(t *testing.T, script []step, want string)) {
	t.Helper()
	for _, first := range firstResponses {
		for _, test := range tests {
			t.Run(first.name+", "+test.name, func(t *testing.T) {
				script, want := confirming([]step{first.step, test.second, test.found}, test.want)
				f(t, script, want)
			})
		}
	}
}

var (
	tooMany = failed(http.StatusTooManyRequests, "es_rejected_execution_exception")
	denied  = failed(http.StatusForbidden, "security_exception")
	invalid = failed(http.StatusBadRequest, "exception")
)

func TestCreateRetried(t *testing.T) {
	eachRetried(t, []retried{
		{"409, it is there", conflict, foundLast(0), confirmed},
		{"409, another is there", conflict, foundAnother, heldAgain},
		{"409, GET fails", conflict, denied, unknown},
		{"429, it is there", tooMany, foundLast(0), confirmed},
		{"429, another is there", tooMany, foundAnother, heldAgain},
		{"429, nothing is there", tooMany, nothing, unknown},
		{"429, GET fails", tooMany, denied, unknown},
		{"403, it is there", denied, foundLast(0), confirmed},
		{"403, nothing is there", denied, nothing, unknown},
		{"400, it is there", invalid, foundLast(0), confirmed},
		{"404 no index, nothing is there", noIndex, nothing, unknown},
	}, func(t *testing.T, script []step, want string) {
		f := newFake(t, script...)
		u := newUser()
		before := clone(u)
		err := esstore.New(twice{f}, nil).Create(t.Context(), &u)
		wantOutcome(t, err, want)
		wantUser(t, u, before, err)
	})
}

// A conflict is no news about an Update that was sent before: if it can't be
// found out, the outcome is unknown.
func TestUpdateRetried(t *testing.T) {
	eachRetried(t, []retried{
		{"409, it is there", conflict, foundLast(1), confirmed},
		{"409, another's is there", conflict, foundChanged, "ErrConflict"},
		{"409, another user is there", conflict, foundAnother, "ErrConflict"},
		{"409, nothing is there", conflict, nothing, "ErrNotFound"},
		{"409, GET fails", conflict, denied, unknown},
		{"429, it is there", tooMany, foundLast(1), confirmed},
		{"429, the former is there", tooMany, foundFirst, unknown},
		{"429, GET fails", tooMany, denied, unknown},
		{"403, it is there", denied, foundLast(1), confirmed},
		{"403, the former is there", denied, foundFirst, unknown},
	}, func(t *testing.T, script []step, want string) {
		f := newFake(t)
		u := f.stored(t)
		u.FirstName = "Augusta"
		f.then(script...)
		before := clone(u)
		err := esstore.New(twice{f}, nil).Update(t.Context(), &u)
		wantOutcome(t, err, want)
		wantUser(t, u, before, err)
	})
}

func TestDeleteRetried(t *testing.T) {
	eachRetried(t, []retried{
		{"404, nothing is there", absent, nothing, "nil"},
		{"409, nothing is there", conflict, nothing, "nil"},
		{"409, another user is there", conflict, foundAnother, "nil"},
		{"409, it is there changed", conflict, foundChanged, "ErrConflict"},
		{"409, GET fails", conflict, denied, unknown},
		{"429, nothing is there", tooMany, nothing, goneAgain},
		{"429, it is there", tooMany, foundFirst, unknown},
		{"429, GET fails", tooMany, denied, unknown},
		{"403, nothing is there", denied, nothing, goneAgain},
		{"403, it is there", denied, foundFirst, unknown},
	}, func(t *testing.T, script []step, want string) {
		f := newFake(t)
		u := f.stored(t)
		f.then(script...)
		wantOutcome(t, esstore.New(twice{f}, nil).Delete(t.Context(), u), want)
	})
}

// A GET may be served by a copy that lags behind: if, after a conflict, it
// shows the very version that the write named, it shows the past. The write
// that came in between may be the one sent first, and so it is read again.
func TestRetriedBeforeLaggingCopy(t *testing.T) {
	for _, test := range []struct {
		name  string
		write write
		found step // in the end
		want  string
	}{
		{"Update made", updateUser, foundLast(1), confirmed},
		{"Update not made", updateUser, foundChanged, "ErrConflict"},
		{"Delete made", deleteUser, nothing, "nil"},
		{"Delete not made", deleteUser, foundChanged, "ErrConflict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			script, want := confirming([]step{hangUp, conflict, foundFirst, foundFirst, test.found}, test.want)
			f.then(script...)
			wantOutcome(t, test.write(t.Context(), esstore.New(twice{f}, nil), &u), want)
		})
	}
}

// A copy that goes on lagging behind leaves open whose write the conflict was
// with, unless the request was sent once.
func TestCopyLagsForever(t *testing.T) {
	for name, write := range map[string]write{"Update": updateUser, "Delete": deleteUser} {
		for attempts, want := range map[int]string{1: "ErrConflict", 2: unknown} {
			t.Run(fmt.Sprintf("%s, sent %d times", name, attempts), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testCopyLagsForever(t, write, attempts, want) })
			})
		}
	}
}

func testCopyLagsForever(t *testing.T, write write, attempts int, want string) {
	stored := false
	store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
		switch {
		case req.Method == http.MethodGet:
			return response(http.StatusOK, `{"_index":"users-000001","_seq_no":0,"_primary_term":1,"found":true,"_source":`+document+`}`), nil
		case !stored:
			stored = true
			return response(http.StatusCreated, doneBody("created", 0)), nil
		}
		for range attempts { // as the http.Transport of a client reports them
			httptrace.ContextClientTrace(req.Context()).WroteRequest(httptrace.WroteRequestInfo{})
		}
		return response(http.StatusConflict, failedBody(409, "version_conflict_engine_exception")), nil
	}), nil)
	u := newUser()
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	before := clone(u)
	start := time.Now()
	err := write(t.Context(), store, &u)
	wantOutcome(t, err, want)
	wantUser(t, u, before, err)
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("got %v until it returned, want 3s at most", d)
	}
}
