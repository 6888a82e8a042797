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
		for _, test := range []struct {
			name   string
			script []step
			want   string
		}{
			{"unchanged", []step{conflict, foundLast(2), done(http.StatusOK, map[string]string{"Update": "updated", "Delete": "deleted"}[name], 3)}, "nil"},
			{"changed", []step{conflict, foundChanged}, "ErrConflict"},
			{"changed afterwards", []step{conflict, foundLast(2), conflict, foundChanged}, "ErrConflict"},
			{"confirmed again", []step{conflict, foundLast(2), conflict, foundLast(3), down, down}, unknown},
			{"no capacity", []step{conflict, foundLast(2), tooMany}, "ErrBusy"},
		} {
			t.Run(name+", "+test.name, func(t *testing.T) {
				f := newFake(t)
				u := f.stored(t)
				again := newUser()
				// The second confirmation keeps what the first has noted.
				f.then(conflict, foundFirst, done(http.StatusOK, "updated", 1), conflict, foundLast(1), done(http.StatusOK, "updated", 2), foundLast(2))
				for range 2 {
					wantOutcome(t, f.store().Create(t.Context(), &again), "ErrReplayed")
				}
				got, err := f.store().Get(t.Context(), u.Key())
				if err != nil || got.Version != u.Version || !got.Equal(u) {
					t.Fatalf("Get returned the Version %q, error %v, want %q", got.Version, err, u.Version)
				}
				// The fake counts the writes that are refused, too.
				f.mu.Lock()
				last := f.writes[len(f.writes)-1]
				f.mu.Unlock()
				for i, s := range test.script {
					test.script[i] = func(w http.ResponseWriter, r *http.Request, writes []string) {
						if r.Method == http.MethodGet {
							writes = []string{last}
						}
						s(w, r, writes)
					}
				}
				f.then(test.script...)
				before := clone(u)
				err = write(t.Context(), f.store(), &u)
				wantOutcome(t, err, test.want)
				if name == "Update" {
					wantUser(t, u, before, err)
				}
			})
		}
	}
}
