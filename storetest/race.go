package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gosignup/signup"
)

const (
	crowd      = 64 // goroutines that make one call each at once
	runners    = 8  // goroutines that make the calls of a race
	leastRaces = 3
	mostRaces  = 128 // without a break
)

// raceTime is for how long a rule races calls, if leastRaces take less.
var raceTime = time.Second

// atOnce runs f in n goroutines that start together, and returns their errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// A race is a call that several goroutines make at once, on the n-th user of a
// series.
type race struct {
	prepare func(n, size int) error         // for size goroutines
	call    func(n, i int) error            // by the goroutine i
	judge   func(n int, errs []error) error // the errors of all goroutines
}

// run runs the race on three users with a crowd, and then on a series of users
// with a few goroutines. Each of these makes its calls on one user after
// the other, without waiting for the others. A call that comes too late is
// refused, and so takes less time than the one that came first: the goroutines
// catch up with each other and stay side by side. That finds a gap of far less
// than a microsecond between a check and a write, and needs neither a pause
// within the gap nor a barrier at each user, which busy processors would make
// slow.
//
// The series ends after raceTime. If a call takes milliseconds, so that the
// series is short, it takes as long within the gap.
func (r race) run(ctx context.Context) error {
	n := 0
	for range leastRaces {
		if err := r.prepare(n, crowd); err != nil {
			return err
		}
		if err := r.judge(n, atOnce(crowd, func(i int) error { return r.call(n, i) })); err != nil {
			return err
		}
		n++
	}
	start := time.Now()
	for size := leastRaces; ; size = min(2*size, mostRaces) {
		errs := make([][]error, size)
		for k := range errs {
			errs[k] = make([]error, runners)
			if err := r.prepare(n+k, runners); err != nil {
				return err
			}
		}
		atOnce(runners, func(i int) error {
			for k := range errs {
				errs[k][i] = r.call(n+k, i)
			}
			return nil
		})
		for k := range errs {
			if err := r.judge(n+k, errs[k]); err != nil {
				return err
			}
		}
		n += size
		if time.Since(start) > raceTime || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// oneOf returns which of errs is nil, or an error unless it is just one and
// each of the others is one of targets.
func oneOf(call string, errs []error, targets ...error) (int, error) {
	winner, winners := -1, 0
	for i, err := range errs {
		if err == nil {
			winner = i
			winners++
		} else if err := is(call, err, targets...); err != nil {
			return -1, err
		}
	}
	if winners != 1 {
		return -1, fmt.Errorf("%d calls of %s at once: got nil from %d of them, want 1", len(errs), call, winners)
	}
	return winner, nil
}

// racers returns changed copies of u for a race. They share u's Profile, and
// their key is set to what it is: neither making them nor computing the key is to
// take time from the calls.
func racers(u signup.User, size int, change func(u *signup.User, i int)) []signup.User {
	u.SetKey(u.Key(), u.KeyRule())
	users := make([]signup.User, size)
	for i := range users {
		users[i] = u
		change(&users[i], i)
	}
	return users
}
