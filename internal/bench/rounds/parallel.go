package rounds

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Parallel calls do for 0 to n-1, in a number of goroutines, and returns the first error.
func Parallel(goroutines, n int, do func(i int) error) error {
	var (
		next  atomic.Int64
		first error
		once  sync.Once
		wg    sync.WaitGroup
	)
	for range goroutines {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					once.Do(func() { first = err })
					return
				}
			}
		})
	}
	wg.Wait()
	return first
}

// Order returns n random numbers below limit.
func Order(n, limit int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = rand.IntN(limit)
	}
	return all
}
