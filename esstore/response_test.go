package esstore_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gosignup/signup/esstore"
)

// A connection is used again, because each response is read to its end.
func TestConnectionIsUsedAgain(t *testing.T) {
	f := newFake(t)
	u := f.stored(t)
	for range 20 {
		for _, test := range []struct {
			write  write
			script []step
		}{
			{createUser, []step{conflict, foundAnother}},
			{createUser, []step{failed(http.StatusTooManyRequests, "es_rejected_execution_exception")}},
			{updateUser, []step{failed(http.StatusBadRequest, strings.Repeat("x", 8000))}},
			{updateUser, []step{page(http.StatusBadGateway), nothing}},
			{deleteUser, []step{page(http.StatusOK), foundFirst}},
		} {
			f.then(test.script...)
			v := clone(u)
			if err := test.write(t.Context(), f.store(), &v); err == nil {
				t.Fatal("got no error, want one")
			}
		}
		f.then(updated)
		v := clone(u)
		if err := f.store().Update(t.Context(), &v); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.calls) < 100 {
		t.Errorf("got %d requests, want at least 100", len(f.calls))
	}
	if n := f.conns.Load(); n != 1 {
		t.Errorf("%d requests: got %d connections, want 1", len(f.calls), n)
	}
}

// A reader records how much was read and whether it was closed.
type reader struct {
	io.Reader
	read   int
	closed bool
}

func (r *reader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.read += n
	return n, err
}

func (r *reader) Close() error {
	r.closed = true
	return nil
}

// At most 1 MiB of a response is read, whatever its status, and each is closed.
func TestHugeResponse(t *testing.T) {
	for _, status := range []int{200, 404, 409, 429, 500} {
		body := &reader{Reader: strings.NewReader(`{"found":true,"x":"` + strings.Repeat("x", 4<<20) + `"}`)}
		store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		}), nil)
		_, err := store.Get(t.Context(), "key")
		want := unknown
		if status == http.StatusTooManyRequests {
			want = "ErrBusy"
		}
		wantOutcome(t, err, want)
		if body.read > 1<<20+1 {
			t.Errorf("status %d: got %d bytes read, want 1 MiB and 1 byte at most", status, body.read)
		}
		if !body.closed {
			t.Errorf("status %d: got a body that wasn't closed, want it closed", status)
		}
		if err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
			t.Errorf("status %d: got error %v, want one that the response is too long", status, err)
		}
	}
}

// A transport other than that of net/http may return no body.
func TestNilBody(t *testing.T) {
	for _, status := range []int{200, 201, 400, 404, 409, 429, 500} {
		store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status}, nil
		}), nil)
		want := unknown
		if status == http.StatusTooManyRequests {
			want = "ErrBusy"
		}
		u := newUser()
		before := clone(u)
		err := store.Create(t.Context(), &u)
		wantOutcome(t, err, want)
		wantUser(t, u, before, err)
		_, err = store.Get(t.Context(), u.Key())
		wantOutcome(t, err, want)
		synctest.Test(t, func(t *testing.T) { // Setup tries again
			if err := store.Setup(t.Context()); err == nil {
				t.Errorf("status %d: got no error from Setup, want one", status)
			}
		})
	}
}

// A Store is safe for concurrent use, also by calls about one user.
func TestConcurrentUse(t *testing.T) {
	f := newFake(t)
	u := f.stored(t)
	const n = 50
	for range n {
		// Each of these succeeds, whichever call gets it.
		f.then(updated)
	}
	store := f.store()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			v := u
			if err := store.Update(t.Context(), &v); err != nil {
				t.Errorf("got error %v from Update, want none", err)
			}
		})
	}
	wg.Wait()
}
