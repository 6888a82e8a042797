package esstore_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// Requests become shorter while the server has no capacity for long ones, and longer
// again afterwards.
func TestImportAdaptsToCapacity(t *testing.T) {
	for name, refusal := range map[string]string{
		"rejected": "es_rejected_execution_exception",
		"breaker":  "circuit_breaking_exception",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newElastic()
				const room = 150_000
				var accepted []int64
				refused := 0
				store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
					if len(accepted) < 20 && r.ContentLength > room {
						refused++
						return response(http.StatusTooManyRequests, failedBody(429, refusal)), nil
					}
					accepted = append(accepted, r.ContentLength)
					return e.Perform(r)
				}), nil)
				sum, err := store.Import(t.Context(), numbers(40_000), &esstore.ImportOptions{Workers: 1, BatchUsers: 2000})
				if err != nil {
					t.Fatal(err)
				}
				wantSummary(t, sum, esstore.ImportSummary{Read: 40_000, Created: 40_000})
				if refused == 0 || refused > 8 {
					t.Errorf("got %d refused requests, want between 1 and 8", refused)
				}
				if last := accepted[len(accepted)-3]; last < 2*room {
					t.Errorf("got a request of %d bytes at the end, want more than %d again", last, 2*room)
				}
			})
		})
	}
}

// A request that alone is too long ends nothing but its own user.
func TestImportGoesOnAfterAUserThatIsTooLong(t *testing.T) {
	e := newElastic()
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		if r.ContentLength > 20_000 {
			return response(http.StatusRequestEntityTooLarge, ""), nil
		}
		return e.Perform(r)
	}), nil)
	var results []esstore.ImportResult
	users := numbered(0)
	long := numbered(1)
	long.Profile = map[string]string{"about": strings.Repeat("x", 30_000)}
	sum, err := store.Import(t.Context(), sequence(users, long, numbered(2)), collect(&results, esstore.ImportOptions{}))
	wantSummary(t, sum, esstore.ImportSummary{Read: 3, Created: 2, Failed: 1})
	if err == nil || results[1].Err == nil {
		t.Errorf("got error %v and %v of the long user, want both", err, results[1].Err)
	}
}

// Pages become shorter while the server has no capacity, or if users are long.
func TestExportAdaptsItsPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		if _, err := esstore.New(e, nil).Import(t.Context(), numbers(3000), nil); err != nil {
			t.Fatal(err)
		}
		var sizes []int
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != "/_search" {
				return e.Perform(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			var query struct{ Size int }
			mustUnmarshal(string(body), &query)
			if len(sizes) < 12 && query.Size > 100 {
				return response(http.StatusTooManyRequests, failedBody(429, "circuit_breaking_exception")), nil
			}
			sizes = append(sizes, query.Size)
			r.Body = io.NopCloser(bytes.NewReader(body))
			return e.Perform(r)
		}), nil)
		var out bytes.Buffer
		n, err := store.Export(t.Context(), &out, nil)
		if err != nil || n != 3000 || strings.Count(out.String(), "\n") != 3000 {
			t.Errorf("got %d users, error %v, want 3000 and none", n, err)
		}
		if sizes[0] > 100 || sizes[len(sizes)-1] <= 100 {
			t.Errorf("got pages of %v users, want short ones first and longer ones at the end", sizes)
		}
	})
}

// A long wait for Elasticsearch is logged, and not each of its requests.
func TestLongWaitIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		var log bytes.Buffer
		begin := time.Now()
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if time.Since(begin) < 100*time.Second {
				return response(http.StatusTooManyRequests, failedBody(429, "es_rejected_execution_exception")), nil
			}
			return e.Perform(r)
		}), &esstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if _, err := store.Import(t.Context(), numbers(10), nil); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "waiting for Elasticsearch"); n != 2 {
			t.Errorf("got %d records in 100 s, want 2: %s", n, log.String())
		}
		if strings.Contains(log.String(), "example.org") {
			t.Errorf("got a log with an address, want none: %s", log.String())
		}
	})
}
