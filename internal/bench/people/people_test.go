package people

import (
	"slices"
	"testing"
)

// No two users have the same key, and keys aren't made in their order: half of all steps
// lead to a smaller one.
func TestKeys(t *testing.T) {
	const n = 10_000
	var keys []string
	for _, u := range slices.Concat(New(n/2), New(n/2)) {
		keys = append(keys, u.Key())
	}
	down := 0
	for i := 1; i < n; i++ {
		if keys[i] < keys[i-1] {
			down++
		}
	}
	if down < n*45/100 || down > n*55/100 {
		t.Errorf("got %d of %d keys less than the one before, want about half", down, n)
	}
	slices.Sort(keys)
	if got := len(slices.Compact(keys)); got != n {
		t.Errorf("got %d keys of %d users, want as many as users", got, n)
	}
}
