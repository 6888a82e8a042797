package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// Failures that alternate with waits for another process come to an end, and failures in
// a long wait don't end it.
func TestFailuresBetweenWaits(t *testing.T) {
	busy := &Error{Op: "set up", Status: http.StatusServiceUnavailable}
	race := fmt.Errorf("esstore: set up: %w", errRace)
	for _, c := range []struct {
		name  string
		err   error
		waits int // seconds
		want  bool
	}{
		{"failures, short waits", busy, 5, true},
		{"races, short waits", race, 5, true},
		{"failures, long waits", busy, 300, false},
		{"races, long waits", race, 300, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, a := New(nil, nil), &attempt{op: "set up"}
				var err error
				for n := 0; n < 100 && err == nil; n++ {
					err = a.retry(t.Context(), s, c.err)
					for range c.waits {
						sleep(t.Context(), lastBackoff/5)
						a.waitFor(t.Context(), s, "another process")
					}
				}
				if (err != nil) != c.want {
					t.Errorf("got error %v, want one: %t", err, c.want)
				}
			})
		})
	}
}

// The error of a request that was repeated until the context was done says both.
func TestEndedAfter(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := batcher[int]{
		store: New(nil, nil), pace: newPace(batchBytes), length: func(int) int { return 1 },
		send: func(_ context.Context, items []int) ([]int, *Error) {
			cancel()
			return items, &Error{Op: "reindex", Status: http.StatusTooManyRequests, Type: "circuit_breaking_exception"}
		},
		mayPass: func(*Error) bool { return true },
	}
	_, e := b.run(ctx, []int{1})
	if e == nil || !errors.Is(e, context.Canceled) || !strings.Contains(e.Error(), "after the error: esstore: reindex: status 429, circuit_breaking_exception") {
		t.Errorf("got error %v, want context.Canceled and the error 429", e)
	}
	m := migrationTo(nil)
	m.unassigned = true
	err := m.ended(context.DeadlineExceeded, context.DeadlineExceeded)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "waiting for the shards of users-000002") {
		t.Errorf("got error %v, want one about the shards of the copy", err)
	}
}
