package esstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

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

func TestImportRefusesOptions(t *testing.T) {
	for _, opts := range []esstore.ImportOptions{{Workers: -1}, {BatchUsers: -1}, {BatchBytes: -1}} {
		_, err := newFake(t).store().Import(t.Context(), numbers(1), &opts)
		if err == nil || !strings.HasPrefix(err.Error(), "esstore: import: ") {
			t.Errorf("%+v: got error %v, want one of import", opts, err)
		}
	}
	_, err := esstore.New(nil, nil).Import(t.Context(), numbers(0), nil)
	if err == nil || err.Error() != "esstore: import: the transport is nil" {
		t.Errorf("got error %v, want another", err)
	}
}

// An import without users sends nothing.
func TestImportNobody(t *testing.T) {
	sum, err := newFake(t).store().Import(t.Context(), sequence(), &esstore.ImportOptions{
		Result:   func(esstore.ImportResult) { t.Error("got a call of Result, want none") },
		Progress: func(esstore.ImportSummary) { t.Error("got a call of Progress, want none") },
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{})
}

// Progress grows, and the last of it is the end.
func TestImportProgress(t *testing.T) {
	var all []esstore.ImportSummary
	sum, err := esstore.New(newElastic(), nil).Import(t.Context(), numbers(95), &esstore.ImportOptions{
		Workers: 3, BatchUsers: 10,
		Progress: func(s esstore.ImportSummary) { all = append(all, s) }, // which -race sees, were there two at once
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 10 || all[9] != sum {
		t.Fatalf("got %d calls, the last with %+v, want others", len(all), all[len(all)-1])
	}
	for i, s := range all[:9] {
		if s.Created < int64(10*i+5) || s.Created > s.Read {
			t.Errorf("got call %d with %+v, want another summary", i, s)
		}
	}
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

// How much memory an import takes doesn't depend on how many users there are.
func TestImportMemory(t *testing.T) {
	users := 20_000
	if os.Getenv("SIGNUP_TEST_SOAK") != "" {
		users = 1_000_000
	}
	const action = `{"create":{"_id":"`
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		var items []string
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), action); ok {
				items = append(items, itemDone("create", 201, "created", id[:43]))
			}
		}
		return response(http.StatusOK, bulkBody(items...)), lines.Err()
	}), nil)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var early, most int64
	batches := 0
	sum, err := store.Import(t.Context(), numbers(users), &esstore.ImportOptions{BatchUsers: 500, Progress: func(esstore.ImportSummary) {
		switch batches++; {
		case batches == 8:
			early = heap()
		case batches > 8 && batches%max(8, users/500/20) == 0:
			most = max(most, heap())
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: int64(users), Created: int64(users)})
	// 16,000 users would be more than that.
	if grown := most - early; most == 0 || grown > 1<<20 {
		t.Errorf("got a heap that has grown by %d bytes since %d users, want a constant one", grown, 8*500)
	} else {
		t.Attr("import_memory", fmt.Sprintf("%d users: live heap %d KiB after 4000, at most %d KiB later", users, early>>10, most>>10))
	}
}
