package esstore_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A single is a server that holds one document and needs five milliseconds for a
// request.
type single struct {
	mu       sync.Mutex
	source   string
	seqNo    int
	replaced int
}

func (s *single) Perform(req *http.Request) (*http.Response, error) {
	time.Sleep(5 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	query := req.URL.Query()
	if req.Method == http.MethodGet {
		return response(http.StatusOK, fmt.Sprintf(
			`{"_index":"users-000001","_seq_no":%d,"_primary_term":1,"found":true,"_source":%s}`, s.seqNo, s.source)), nil
	}
	if s.source != "" && query.Get("if_seq_no") != strconv.Itoa(s.seqNo) {
		return response(http.StatusConflict, failedBody(409, "version_conflict_engine_exception")), nil
	}
	if req.Method == http.MethodDelete {
		s.source, s.seqNo = document, s.seqNo+1 // of another write
		return response(http.StatusOK, doneBody("deleted", s.seqNo)), nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if s.source != "" {
		s.replaced++
		s.seqNo++
	}
	s.source = string(body)
	return response(http.StatusOK, doneBody("updated", s.seqNo)), nil
}

// Many Creates of one user at once refuse each other's confirmations. Each of
// them is confirmed nonetheless, by an acknowledged write of its own.
func TestReplaysAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers = 64
		server := &single{}
		store := esstore.New(server, nil)
		errs := make([]error, callers)
		begin := time.Now()
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				u := newUser()
				errs[i] = store.Create(t.Context(), &u)
			})
		}
		wg.Wait()
		made := 0
		for _, err := range errs {
			switch {
			case err == nil:
				made++
			case !errors.Is(err, signup.ErrReplayed):
				t.Errorf("Create: got %v, want ErrReplayed", err)
			}
		}
		if made != 1 || server.replaced != callers-1 {
			t.Errorf("%d Creates returned nil after %d confirmations, want 1 and %d", made, server.replaced, callers-1)
		}
		if d := time.Since(begin); d > 8*time.Second {
			t.Errorf("%d Creates took %v, want at most 8s", callers, d)
		}
	})
}

// A repeated Create leaves the user's Version as it was: Get returns it, and an
// Update and a Delete by it succeed.
func TestReplayKeepsVersion(t *testing.T) {
	for name, write := range map[string]write{"Update": update, "Delete": remove} {
		t.Run(name, func(t *testing.T) {
			server := &single{}
			store := esstore.New(server, nil)
			u := newUser()
			if err := store.Create(t.Context(), &u); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				again := newUser()
				wantOutcome(t, store.Create(t.Context(), &again), "ErrReplayed")
			}
			got, err := store.Get(t.Context(), u.Key())
			if err != nil || got.Version != u.Version || !got.Equal(u) || server.replaced != 2 {
				t.Fatalf("Get returned the Version %q after %d confirmations, error %v, want %q after 2", got.Version, server.replaced, err, u.Version)
			}
			wantOutcome(t, write(t.Context(), store, &u), "nil")
			wantOutcome(t, update(t.Context(), store, &got), "ErrConflict")
		})
	}
}
