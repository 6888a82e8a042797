package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gosignup/signup"
)

// eachOnce returns an error unless counts are the numbers from 1, each once.
func eachOnce(counts []int) error {
	slices.Sort(counts)
	for i, n := range counts {
		if n != i+1 {
			return fmt.Errorf("%d Adds of 1 at once: got the count %d in the place of %d, want each number once", len(counts), n, i+1)
		}
	}
	return nil
}

func countAtOnce(ctx context.Context, c ...signup.Counter) error {
	const callers = 1000
	counts := make([]int, callers)
	errs := atOnce(callers, func(i int) (err error) {
		counts[i], err = c[i%len(c)].Add(ctx, "a", 1, countTime)
		return err
	})
	if err := first(errs...); err != nil {
		return fmt.Errorf("%d Adds at once: got the error %w, want nil", callers, err)
	}
	return first(eachOnce(counts), adds(ctx, c[0], countTime, addition{"a", 0, callers}))
}

// countSeries has a few goroutines that call Add without a pause. That finds a gap
// between reading and writing that is far shorter than a call takes to begin.
func countSeries(ctx context.Context, c ...signup.Counter) error {
	const most = 100_000
	var mu sync.Mutex
	var counts []int
	start := time.Now()
	errs := atOnce(runners, func(i int) error {
		var own []int
		for len(own) < 10 || time.Since(start) < raceTime && len(own) < most/runners {
			n, err := c[i%len(c)].Add(ctx, "a", 1, countTime)
			if err != nil {
				return err
			}
			own = append(own, n)
		}
		mu.Lock()
		defer mu.Unlock()
		counts = append(counts, own...)
		return nil
	})
	if err := first(errs...); err != nil {
		return fmt.Errorf("adds by %d goroutines: got the error %w, want nil", runners, err)
	}
	return eachOnce(counts)
}

func countManyNames(ctx context.Context, c ...signup.Counter) error {
	const names, callers = 100, 5
	counts := make([][]int, names)
	for i := range counts {
		counts[i] = make([]int, callers)
	}
	errs := atOnce(names*callers, func(i int) (err error) {
		counts[i%names][i/names], err = c[0].Add(ctx, "name "+strconv.Itoa(i%names), 1, countTime)
		return err
	})
	if err := first(errs...); err != nil {
		return fmt.Errorf("adds to %d names at once: got the error %w, want nil", names, err)
	}
	for _, of := range counts {
		if err := eachOnce(of); err != nil {
			return err
		}
	}
	return nil
}

func countUpAndDown(ctx context.Context, c ...signup.Counter) error {
	const callers, begin = 200, 1000 // so that no count comes near 0
	if err := adds(ctx, c[0], countTime, addition{"a", begin, begin}); err != nil {
		return err
	}
	want := begin
	for i := range callers {
		want += i%7 - 2
	}
	errs := atOnce(callers, func(i int) error {
		_, err := c[i%len(c)].Add(ctx, "a", i%7-2, countTime)
		return err
	})
	errs = append(errs, atOnce(callers, func(i int) error { // and from 0 to 1 and back
		n, err := c[i%len(c)].Add(ctx, "b", 1-2*(i%2), countTime)
		if err == nil && (n < 0 || n > callers/2) {
			return fmt.Errorf("Adds of 1 and -1 at once: got the count %d, want one from 0 to %d", n, callers/2)
		}
		return err
	})...)
	if err := first(errs...); err != nil {
		return fmt.Errorf("%d Adds at once: got the error %w, want nil", callers, err)
	}
	return adds(ctx, c[0], countTime, addition{"a", 0, want})
}

func countEndedContexts(ctx context.Context, c ...signup.Counter) error {
	const callers = 200
	ended, cancel := context.WithCancel(ctx)
	defer cancel()
	time.AfterFunc(time.Millisecond, cancel)
	counts := make([]int, callers)
	errs := atOnce(callers, func(i int) (err error) {
		of := ctx
		if i%2 == 0 {
			of = ended
			time.Sleep(time.Duration(i) * 10 * time.Microsecond)
		}
		counts[i], err = c[0].Add(of, "a", 1, countTime)
		return err
	})
	var counted []int
	for i, err := range errs {
		switch {
		case err == nil:
			counted = append(counted, counts[i])
		case i%2 == 1 || !errors.Is(err, context.Canceled):
			return fmt.Errorf("adds with contexts that end, and without: got the error %w, want context.Canceled or nil", err)
		}
	}
	all, err := c[0].Add(ctx, "a", 0, countTime)
	if err != nil || all < len(counted) || all > callers {
		return fmt.Errorf("after %d Adds of 1 that succeeded, of %d: got the count %d and the error %w, want one from %d to %[2]d", len(counted), callers, all, err, len(counted))
	}
	slices.Sort(counted)
	if once := slices.Compact(slices.Clone(counted)); len(once) != len(counted) {
		return fmt.Errorf("%d Adds of 1 that succeeded: got %d counts that differ, want %d", len(counted), len(once), len(counted))
	}
	return nil
}
