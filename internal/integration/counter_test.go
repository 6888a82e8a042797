package integration

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/storetest"
)

// newCounter returns a counter that is set up, through a transport of its own.
func newCounter(t *testing.T, s *server, alias string) *esstore.Counter {
	t.Helper()
	c := esstore.NewCounter(s.client(t), &esstore.CounterOptions{Alias: alias})
	if err := c.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	return c
}

func TestCounter(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			var aliases sync.Map // by Counter
			storetest.RunCounterWith(t, func(t *testing.T) signup.Counter {
				alias := indexName(t)
				c := newCounter(t, s, alias)
				aliases.Store(signup.Counter(c), alias)
				return c
			}, storetest.CounterOptions{Another: func(t *testing.T, c signup.Counter) signup.Counter {
				alias, _ := aliases.Load(c)
				return newCounter(t, s, alias.(string))
			}})
		})
	}
}

// Four processes' worth of counters add 1 at once. Each number comes once, and an Add that
// was refused as busy wasn't counted.
func TestCounterProcesses(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			const processes, callers, each = 4, 25, 10
			alias := indexName(t)
			var mu sync.Mutex
			seen, busy := map[int]bool{}, 0
			var wg sync.WaitGroup
			start := time.Now()
			for range processes {
				c := newCounter(t, s, alias)
				for range callers {
					wg.Go(func() {
						for range each {
							n, err := c.Add(t.Context(), "a", 1, time.Hour)
							mu.Lock()
							switch {
							case signupBusy(err):
								busy++
							case err != nil:
								t.Errorf("Add returned %v, want nil or ErrBusy", err)
							case seen[n]:
								t.Errorf("Add returned %d twice, want each number once", n)
							}
							if err == nil {
								seen[n] = true
							}
							mu.Unlock()
						}
					})
				}
			}
			wg.Wait()
			all, err := newCounter(t, s, alias).Add(t.Context(), "a", 0, time.Hour)
			if want := processes*callers*each - busy; err != nil || all != want || len(seen) != want {
				t.Errorf("after %d Adds of which %d were busy: got the count %d, %d results and error %v, want %d, %[6]d and nil",
					processes*callers*each, busy, all, len(seen), err, want)
			}
			t.Logf("%d Adds by %d processes in %s, %d busy", processes*callers*each, processes, time.Since(start), busy)
		})
	}
}

// The index has no name, and no document of a count that is back at 0 or has ended.
func TestCounterDocuments(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client, alias := s.client(t), indexName(t)
			c := newCounter(t, s, alias)
			for _, name := range []string{"kept", "zero", "ended"} {
				if n, err := c.Add(t.Context(), name, 2, time.Hour); n != 2 || err != nil {
					t.Fatalf("Add returned %d and %v, want 2 and nil", n, err)
				}
			}
			if n, err := c.Add(t.Context(), "zero", -2, time.Hour); n != 0 || err != nil {
				t.Errorf("Add returned %d and %v, want 0 and nil", n, err)
			}
			search := func() string {
				t.Helper()
				request(t, client, "POST", "/"+alias+"/_refresh", "")
				status, body := request(t, client, "GET", "/"+alias+"/_search?filter_path=hits.hits", "")
				if status != http.StatusOK {
					t.Fatalf("search: got status %d, want 200: %s", status, body)
				}
				return body
			}
			if body := search(); strings.Count(body, `"_id"`) != 2 || strings.Contains(body, "kept") || strings.Contains(body, "ended") {
				t.Errorf("got the documents %s, want two without a name", body)
			}
			// An hour ago, as if the test had waited.
			id := documentIDOf("ended")
			ended := fmt.Sprintf(`{"count":2,"end":%d,"window":1000,"token":"T"}`, time.Now().Add(-time.Hour).UnixMilli())
			if status, body := request(t, client, "PUT", "/"+alias+"/_doc/"+id, ended); status != http.StatusOK {
				t.Fatalf("PUT: got status %d, want 200: %s", status, body)
			}
			search()
			if err := c.Sweep(t.Context()); err != nil {
				t.Errorf("Sweep returned %v, want nil", err)
			}
			if body := search(); strings.Count(body, `"_id"`) != 1 || strings.Contains(body, id) {
				t.Errorf("after Sweep: got the documents %s, want the one that hasn't ended", body)
			}
		})
	}
}

// An index that a template has spoiled is refused, and so is one with other fields.
func TestCounterSetupRefuses(t *testing.T) {
	s := servers(t)[0]
	client := s.client(t)
	for name, body := range map[string]string{
		"an ingest pipeline": `"settings":{"index.default_pipeline":"other"},"mappings":{}`,
		"other fields":       `"mappings":{"properties":{"count":{"type":"byte"}}}`,
		"excluded fields":    `"mappings":{"_source":{"excludes":["end"]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			alias := indexName(t)
			index := alias + "-000001"
			if status, got := request(t, client, "PUT", "/"+index, fmt.Sprintf(`{"aliases":{%q:{}},%s}`, alias, body)); status != http.StatusOK {
				t.Fatalf("PUT of the index: got status %d, want 200: %s", status, got)
			}
			err := esstore.NewCounter(client, &esstore.CounterOptions{Alias: alias}).Setup(t.Context())
			if err == nil || !strings.Contains(err.Error(), "can't be used for counts") {
				t.Errorf("Setup returned %v, want an error that the index can't be used", err)
			}
		})
	}
}

// Setups at once all succeed.
func TestCounterSetupAtOnce(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			alias := indexName(t)
			var wg sync.WaitGroup
			for range 4 {
				client := s.client(t)
				wg.Go(func() {
					if err := esstore.NewCounter(client, &esstore.CounterOptions{Alias: alias}).Setup(t.Context()); err != nil {
						t.Errorf("Setup returned %v, want nil", err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func signupBusy(err error) bool { return errors.Is(err, signup.ErrBusy) }

// documentIDOf returns the id of the document of a name.
func documentIDOf(name string) string {
	id := sha256.Sum256([]byte(name))
	return base64.RawURLEncoding.EncodeToString(id[:])
}
