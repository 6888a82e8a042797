package esstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/storetest"
)

// A countServer is a transport that keeps documents as Elasticsearch does. fault may
// respond to a write in its place, before or after apply, which makes the write.
type countServer struct {
	mu    sync.Mutex
	docs  map[string]countDoc
	seqNo int
	calls int
	fault func(r *http.Request, apply func() *http.Response) (*http.Response, error)
}

type countDoc struct {
	source string
	seqNo  int
}

func (s *countServer) Perform(r *http.Request) (*http.Response, error) {
	var body string
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	s.mu.Lock()
	s.calls++
	fault := s.fault
	s.mu.Unlock()
	apply := func() *http.Response { return s.apply(r, body) }
	if fault != nil && r.Method != http.MethodGet {
		return fault(r, apply)
	}
	return apply(), nil
}

func (s *countServer) apply(r *http.Request, body string) *http.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.docs == nil {
		s.docs = map[string]countDoc{}
	}
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	doc, exists := s.docs[id]
	const index = "users-counts-000001"
	q := r.URL.Query()
	refused := q.Get("op_type") == "create" && exists ||
		q.Has("if_seq_no") && (!exists || q.Get("if_seq_no") != fmt.Sprint(doc.seqNo))
	result := "updated"
	switch {
	case r.Method == http.MethodGet && !exists:
		return response(http.StatusNotFound, fmt.Sprintf(`{"_index":%q,"_id":%q,"found":false}`, index, id))
	case r.Method == http.MethodGet:
		return response(http.StatusOK, fmt.Sprintf(`{"_index":%q,"_id":%q,"_seq_no":%d,"_primary_term":1,"found":true,"_source":%s}`, index, id, doc.seqNo, doc.source))
	case refused:
		return response(http.StatusConflict, failedBody(http.StatusConflict, "version_conflict_engine_exception"))
	case r.Method == http.MethodDelete:
		delete(s.docs, id)
		result = "deleted"
	default:
		s.docs[id] = countDoc{body, s.seqNo}
	}
	s.seqNo++
	return response(http.StatusOK, fmt.Sprintf(`{"_index":%q,"_id":%q,"result":%q,"_seq_no":%d,"_primary_term":1}`, index, id, result, s.seqNo-1))
}

func (s *countServer) counter() *esstore.Counter { return esstore.NewCounter(s, nil) }

func (s *countServer) failNext(fault func(*http.Request, func() *http.Response) (*http.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = func(r *http.Request, apply func() *http.Response) (*http.Response, error) {
		s.mu.Lock()
		s.fault = nil
		s.mu.Unlock()
		return fault(r, apply)
	}
}

func TestCounter(t *testing.T) {
	var servers sync.Map
	storetest.RunCounterWith(t, func(*testing.T) signup.Counter {
		s := new(countServer)
		c := s.counter()
		servers.Store(signup.Counter(c), s)
		return c
	}, storetest.CounterOptions{Another: func(_ *testing.T, c signup.Counter) signup.Counter {
		s, _ := servers.Load(c)
		return s.(*countServer).counter()
	}})
}

var errLost = errors.New("the connection was lost")

// If a response is lost, the count is exact as long as no other process adds meanwhile.
func TestCounterLostResponse(t *testing.T) {
	for _, n := range []int{2, -2, -5} {
		for _, made := range []bool{true, false} {
			s := new(countServer)
			c := s.counter()
			add(t, c, 5, 5)
			s.failNext(func(_ *http.Request, apply func() *http.Response) (*http.Response, error) {
				if made {
					apply()
				}
				return nil, errLost
			})
			add(t, c, n, 5+n)
			add(t, c, 0, 5+n)
		}
	}
}

// If another process adds after a write whose response is lost, an n above 0 may count
// twice, and an n below 0 is an error.
func TestCounterLostResponseAndAnother(t *testing.T) {
	for _, n := range []int{2, -2} {
		for _, made := range []bool{true, false} {
			s := new(countServer)
			c := s.counter()
			add(t, c, 10, 10)
			s.failNext(func(_ *http.Request, apply func() *http.Response) (*http.Response, error) {
				if made {
					apply()
				}
				if _, err := s.counter().Add(t.Context(), "correct horse", 1, time.Hour); err != nil {
					t.Errorf("got error %v from Add, want none", err)
				}
				return nil, errLost
			})
			_, err := c.Add(t.Context(), "correct horse", n, time.Hour)
			if (err != nil) != (n < 0) || errors.Is(err, signup.ErrBusy) {
				t.Errorf("Add(%d), made %t: got error %v, want one that isn't ErrBusy if n is below 0", n, made, err)
			}
			want := 11 + n
			if n > 0 && made {
				want += n
			}
			if n < 0 && !made {
				want = 11
			}
			add(t, c, 0, want)
		}
	}
}

// Errors are of the type Error, contain no name, and say ErrBusy only if nothing was added.
func TestCounterErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		kind   string
		busy   bool
	}{
		{"no capacity", http.StatusTooManyRequests, "es_rejected_execution_exception", true},
		{"read-only", http.StatusForbidden, "cluster_block_exception", true},
		{"no privilege", http.StatusForbidden, "security_exception", false},
		{"not set up", http.StatusNotFound, "index_not_found_exception", false},
		{"down", http.StatusServiceUnavailable, "unavailable_shards_exception", false},
		{"others were first", http.StatusConflict, "version_conflict_engine_exception", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &countServer{fault: func(*http.Request, func() *http.Response) (*http.Response, error) {
				return response(test.status, failedBody(test.status, test.kind)), nil
			}}
			_, err := s.counter().Add(t.Context(), "correct horse", 1, time.Hour)
			e, ok := errors.AsType[*esstore.Error](err)
			if !ok || e.Op != "count" || e.Status != test.status || errors.Is(err, signup.ErrBusy) != test.busy {
				t.Errorf("got the error %v, ErrBusy %t; want an Error of count with status %d, ErrBusy %t", err, errors.Is(err, signup.ErrBusy), test.status, test.busy)
			}
			if ok && strings.Contains(err.Error(), "horse") {
				t.Errorf("got the error %v, want one without the name", err)
			}
		})
	}
}

// blockNext makes the next request wait until release is closed. blocked is closed when
// it waits.
func (s *countServer) blockNext() (blocked, release chan struct{}) {
	blocked, release = make(chan struct{}), make(chan struct{})
	s.failNext(func(_ *http.Request, apply func() *http.Response) (*http.Response, error) {
		close(blocked)
		<-release
		return apply(), nil
	})
	return blocked, release
}

// An Add returns when its context ends, and those that wait with it are made.
func TestCounterContext(t *testing.T) {
	s := new(countServer)
	c := s.counter()
	blocked, release := s.blockNext()
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, 2)
	go func() {
		_, err := c.Add(ctx, "correct horse", 1, time.Hour)
		results <- err
	}()
	<-blocked
	cancel()
	if err := <-results; !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v, want context.Canceled", err)
	}
	close(release)
	add(t, c, 1, 2)
}

// Adds at once are written together.
func TestCounterTogether(t *testing.T) {
	s := new(countServer)
	c := s.counter()
	blocked, release := s.blockNext()
	const callers = 100
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if _, err := c.Add(t.Context(), "correct horse", 1, time.Hour); err != nil {
				t.Errorf("got the error %v, want nil", err)
			}
		})
	}
	<-blocked
	time.Sleep(50 * time.Millisecond) // the others are waiting by then, most probably
	close(release)
	wg.Wait()
	if s.calls > callers {
		t.Errorf("%d Adds at once: got %d requests, want far fewer than two each", callers, s.calls)
	}
	add(t, c, 0, callers)
}

// A window that a clock ahead of this one has begun ends a window from now at the latest.
func TestCounterClockAhead(t *testing.T) {
	s := new(countServer)
	c := s.counter()
	add(t, c, 1, 1)
	for id := range s.docs {
		s.docs[id] = countDoc{fmt.Sprintf(`{"count":7,"end":%d,"window":60000,"token":"T"}`, time.Now().AddDate(50, 0, 0).UnixMilli()), s.docs[id].seqNo}
	}
	add(t, c, 1, 8)
	for _, doc := range s.docs {
		var got struct{ End int64 }
		if err := json.Unmarshal([]byte(doc.source), &got); err != nil || time.Until(time.UnixMilli(got.End)) > time.Minute+time.Second {
			t.Errorf("got the document %s, want an end within a minute", doc.source)
		}
	}
}

func add(t *testing.T, c *esstore.Counter, n, want int) {
	t.Helper()
	if got, err := c.Add(t.Context(), "correct horse", n, time.Hour); got != want || err != nil {
		t.Errorf("Add(%d): got %d and error %v, want %d and nil", n, got, err, want)
	}
}
