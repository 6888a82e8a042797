package esstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// Of several users of one key the first one is stored, in whichever batches they
// are, and whatever becomes of the requests.
func TestImportFirstOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		store := esstore.New(troubled(e), nil)
		users := func(yield func(signup.User, error) bool) {
			for i := range 1000 {
				for j := range 3 {
					u := numbered(i)
					u.ID = fmt.Sprintf("%s of %d", u.ID, j)
					if !yield(u, nil) {
						return
					}
				}
			}
		}
		sum, err := store.Import(t.Context(), users, &esstore.ImportOptions{
			Workers: 8, BatchUsers: 7,
			Result: func(r esstore.ImportResult) {
				want := "ErrExists"
				if r.N%3 == 0 {
					want = "nil"
				}
				wantOutcome(t, r.Err, want)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 3000, Created: 1000, Exists: 2000})
		for _, doc := range e.docs {
			if !strings.Contains(doc.source, ` of 0","key"`) {
				t.Error("got another user stored, want the first")
			}
		}
	})
}

// troubled is a way to e on which requests take a while, are lost, or their
// responses are, or are refused, and some items of them alone.
func troubled(e *elastic) transportFunc {
	return func(r *http.Request) (*http.Response, error) {
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		switch rand.IntN(10) {
		case 0:
			return nil, errors.New("no connection")
		case 1:
			return response(http.StatusTooManyRequests, failedBody(429, "es_rejected_execution_exception")), nil
		case 2:
			return response(http.StatusServiceUnavailable, "<html>"), nil
		case 3:
			if _, err := e.Perform(r); err != nil {
				return nil, err
			}
			return nil, io.ErrUnexpectedEOF
		}
		return e.Perform(r)
	}
}

// Whatever trouble there is, all is stored once, and called created, and after it
// present.
func TestImportInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		store := esstore.New(troubled(e), nil)
		opts := &esstore.ImportOptions{Workers: 4, BatchUsers: 20}
		sum, err := store.Import(t.Context(), numbers(2000), opts)
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 2000, Created: 2000})
		if len(e.docs) != 2000 {
			t.Errorf("got %d stored users, want all", len(e.docs))
		}
		before := maps.Clone(e.docs)
		sum, err = store.Import(t.Context(), numbers(2000), opts)
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 2000, Present: 2000})
		if !maps.Equal(e.docs, before) {
			t.Error("got a write of the second import, want none")
		}
	})
}

// An import gives up if it makes no progress with a batch for two minutes, and returns
// of each user that was read what is known.
func TestImportGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		var bulks atomic.Int64
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if bulks.Add(1) > 3 {
				return response(http.StatusTooManyRequests, failedBody(429, "es_rejected_execution_exception")), nil
			}
			return e.Perform(r)
		}), nil)
		var results []esstore.ImportResult
		begin, read := time.Now(), int64(0)
		users := func(yield func(signup.User, error) bool) {
			for u := range numbers(1_000_000) {
				read++
				if !yield(u, nil) {
					return
				}
			}
		}
		sum, err := store.Import(t.Context(), users, collect(&results, esstore.ImportOptions{BatchUsers: 10}))
		if err == nil || err.Error() != "esstore: import: status 429, es_rejected_execution_exception" || errors.Is(err, signup.ErrBusy) {
			t.Errorf("got error %v, want another", err)
		}
		if took := time.Since(begin); took < 2*time.Minute || took > 2*time.Minute+10*time.Second {
			t.Errorf("got %v until it returned, want another time", took)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: read, Created: 30, Failed: read - 30})
		if int64(len(results)) != read || read > 30+30 {
			t.Errorf("got %d results for %d users that were read, want one for each", len(results), read)
		}
		if n := bulks.Load(); n > 200 {
			t.Errorf("got %d requests, want another number", n)
		}
	})
}

// A server that gets something done now and then isn't given up.
func TestImportIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		busyUntil := time.Now()
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if time.Now().Before(busyUntil) {
				return response(http.StatusForbidden, failedBody(403, "cluster_block_exception")), nil
			}
			busyUntil = time.Now().Add(100 * time.Second)
			return e.Perform(r)
		}), nil)
		sum, err := store.Import(t.Context(), numbers(100), &esstore.ImportOptions{Workers: 1, BatchUsers: 10})
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 100, Created: 100})
	})
}

// What users yields as an error ends the import, after those before it are stored.
func TestImportErrorOfUsers(t *testing.T) {
	broken := errors.New("the file is broken")
	users := func(yield func(signup.User, error) bool) {
		for u := range numbers(25) {
			if !yield(u, nil) {
				return
			}
		}
		if yield(numbered(25), broken) {
			t.Error("got a call of the sequence after its error, want none")
		}
	}
	e := newElastic()
	sum, err := esstore.New(e, nil).Import(t.Context(), users, &esstore.ImportOptions{BatchUsers: 10})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "esstore: import: ") {
		t.Errorf("got error %v, want another", err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: 25, Created: 25})

	// Neither of two errors hides the other.
	full := transportFunc(func(*http.Request) (*http.Response, error) {
		return response(http.StatusTooManyRequests, failedBody(429, "cluster_block_exception")), nil
	})
	_, err = esstore.New(full, nil).Import(t.Context(), users, nil)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "cluster_block_exception") {
		t.Errorf("got error %v, want another", err)
	}
}

// If the context is done, each user that was read has a result. The outcome of those
// that were being sent is unknown.
func TestImportContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := newElastic()
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return e.Perform(r)
		}), nil)
		time.AfterFunc(3500*time.Millisecond, cancel)
		read, begin := int64(0), time.Now()
		users := func(yield func(signup.User, error) bool) {
			for u := range numbers(1_000_000) {
				read++
				if !yield(u, nil) {
					return
				}
			}
		}
		var results []esstore.ImportResult
		sum, err := store.Import(ctx, users, collect(&results, esstore.ImportOptions{BatchUsers: 10}))
		if took := time.Since(begin); !errors.Is(err, context.Canceled) || took > 4*time.Second {
			t.Errorf("got error %v after %v, want the context's at once", err, took)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: read, Created: 60, Failed: read - 60})
		failures := 0
		for _, r := range results {
			if r.Err != nil {
				wantContextError(t, r.Err, context.Canceled)
				failures++
			}
		}
		if len(e.docs) != 60 || int64(len(results)) != read || int64(failures) != sum.Failed {
			t.Errorf("got %d stored users and %d results, %d of them errors, want one result for each user", len(e.docs), len(results), failures)
		}
	})
}

func TestImportContextDoneBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newFake(t).store().Import(ctx, func(func(signup.User, error) bool) { t.Error("got a call of the sequence, want none") }, nil)
	wantContextError(t, err, context.Canceled)
}

// A panic, or the end of the goroutine, in what Import calls ends the import, and
// leaves nothing behind: synctest waits for all goroutines.
func TestImportPanics(t *testing.T) {
	for name, opts := range map[string]*esstore.ImportOptions{
		"Result":          {BatchUsers: 10, Result: func(esstore.ImportResult) { panic("as planned") }},
		"Progress":        {BatchUsers: 10, Progress: func(esstore.ImportSummary) { panic("as planned") }},
		"goroutine's end": {BatchUsers: 10, Result: func(esstore.ImportResult) { runtime.Goexit() }},
		"users":           {BatchUsers: 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := transportFunc(func(r *http.Request) (*http.Response, error) {
					select {
					case <-time.After(time.Hour):
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
					return nil, errors.New("too late")
				})
				e, calls := newElastic(), 0
				store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
					e.mu.Lock()
					calls++
					first := calls == 1
					e.mu.Unlock()
					if first {
						return e.Perform(r)
					}
					return slow(r)
				}), nil)
				users := func(yield func(signup.User, error) bool) {
					for u := range numbers(35) {
						if !yield(u, nil) {
							return
						}
					}
					panic("as planned")
				}
				begin, finished := time.Now(), make(chan any)
				go func() {
					var recovered any
					defer func() {
						if r := recover(); r != nil {
							recovered = r
						}
						finished <- recovered
					}()
					_, _ = store.Import(t.Context(), users, opts)
					recovered = "returned"
				}()
				r := <-finished
				if want := any("as planned"); r != want && !(name == "goroutine's end" && r == nil) {
					t.Errorf("got the panic %v, want that of the callback", r)
				}
				if took := time.Since(begin); took > time.Minute {
					t.Errorf("got %v until it returned, want another time", took)
				}
			})
		})
	}
}
