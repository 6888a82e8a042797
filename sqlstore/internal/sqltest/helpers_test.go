package sqltest

import (
	"errors"
	"sync"
	"testing"
)

// wantOne checks that one result is nil, and the others are of the given kind.
func wantOne(t *testing.T, results <-chan error, others error) {
	t.Helper()
	made := 0
	for err := range results {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, others):
			t.Errorf("got the error %v, want %v", err, others)
		}
	}
	if made != 1 {
		t.Errorf("got nil from %d calls, want it from 1", made)
	}
}

// atOnce calls f n times at once.
func atOnce(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
