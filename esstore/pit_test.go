package esstore_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// A point in time that is opened while the context becomes done is closed, too, unless
// the response takes longer than two seconds.
func TestPointInTimeIsClosedAfterDeadline(t *testing.T) {
	for _, op := range []string{"search", "export"} {
		for late, closings := range map[time.Duration]int{-time.Millisecond: 1, time.Millisecond: 1, time.Second: 1, time.Hour: 0} {
			t.Run(op+" "+late.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					u := versionedUser(t)
					e := newElastic()
					store := esstore.New(e, nil)
					if _, err := store.Import(t.Context(), numbers(1), nil); err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					closed := 0
					begin := time.Now()
					err := methods[op](ctx, esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
						switch {
						case r.URL.Path == "/users/_pit":
							select {
							case <-time.After(time.Second + late):
							case <-r.Context().Done():
								return nil, r.Context().Err()
							}
						case r.Method == http.MethodDelete:
							closed++
							if err := r.Context().Err(); err != nil {
								t.Errorf("got context error %v at the closing, want none", err)
							}
						case r.URL.Path == "/_search":
							select {
							case <-time.After(time.Second):
							case <-r.Context().Done():
								return nil, r.Context().Err()
							}
						case strings.HasPrefix(r.URL.Path, "/users,"):
							w := httptest.NewRecorder()
							setUp(w, r, nil)
							return w.Result(), nil
						}
						return e.Perform(r)
					}), nil), u)
					wantContextError(t, err, context.DeadlineExceeded)
					if closed != closings {
						t.Errorf("got %d closings, want %d", closed, closings)
					}
					if took := time.Since(begin); took > 4*time.Second {
						t.Errorf("got %v until it returned, want 4s at most", took)
					}
				})
			})
		}
	}
}
