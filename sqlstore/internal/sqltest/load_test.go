package sqltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gosignup/signup"
)

// counted are the names of the users that many callers change.
var counted = []string{"count-1", "count-2"}

// A load makes calls of a Store, and enters them in a journal.
type load struct {
	store signup.Store
	numbered
}

// run has workers make users, change and delete them, until ctx is done. A call that is
// under way then is finished.
func (l *load) run(ctx context.Context, workers int) {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				switch rand.IntN(4) {
				case 0:
					l.contend()
				case 1:
					l.count(counted[rand.IntN(len(counted))])
				default:
					l.live()
				}
			}
		})
	}
	wg.Wait()
}

// do makes a call of the Store, which is given up early now and then.
func (l *load) do(c call, f func(context.Context, *signup.User) error, u *signup.User) string {
	patience := 30 * time.Second
	if rand.IntN(30) == 0 {
		patience = rand.N(20 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c = l.next(c)
	l.enter(c)
	err := f(ctx, u)
	if c.Outcome = outcomeOf(err); c.Outcome == unknown {
		c.Error = err.Error()
	}
	l.enter(c)
	if c.Outcome == busy || c.Outcome == unknown {
		time.Sleep(20 * time.Millisecond) // a server that is down refuses fast
	}
	return c.Outcome
}

// create makes the user of c, again while the outcome is unknown or busy, a few times. It
// reports whether the user is there.
func (l *load) create(c call, u *signup.User) bool {
	c.Op = "create"
	for range 100 {
		switch l.do(c, l.store.Create, u) {
		case made:
			return true
		case busy, unknown:
			continue
		case "replayed": // after an unknown outcome; the Version isn't known
			stored, err := l.store.Get(context.Background(), u.Key())
			*u = stored
			return err == nil
		}
		return false
	}
	return false
}

// live makes a user that no other caller touches, changes them and maybe deletes them,
// until an outcome is unknown.
func (l *load) live() {
	c := call{Kind: kindOwn, Name: newName(kindOwn)}
	c.ID = "id-" + c.Name
	u := c.user()
	if !l.create(c, &u) {
		return
	}
	if rand.IntN(4) == 0 { // a repetition, which stores nothing
		again := c.user()
		c.Op = "create"
		l.do(c, l.store.Create, &again)
	}
	for range rand.IntN(4) {
		c.Op, c.N = "update", c.N+1
		next := c.user()
		next.Version = u.Version
		if l.do(c, l.store.Update, &next) != made {
			return
		}
		u = next
	}
	if rand.IntN(3) == 0 {
		c.Op = "delete"
		l.do(c, func(ctx context.Context, u *signup.User) error { return l.store.Delete(ctx, *u) }, &u)
	}
}

// contend has three callers create a user at once, two of them the same. Other processes
// may choose the same name.
func (l *load) contend() {
	name := fmt.Sprint("rival-", time.Now().UnixMilli()/20)
	same := call{Kind: kindRival, Name: name, ID: newName("id")}
	other := call{Kind: kindRival, Name: name, ID: newName("id")}
	var wg sync.WaitGroup
	for _, c := range []call{same, same, other} {
		wg.Go(func() {
			u := c.user()
			l.create(c, &u)
		})
	}
	wg.Wait()
}

// count adds 1 to the number of a user that many callers change.
func (l *load) count(name string) {
	u, err := l.store.Get(context.Background(), name+"@example.org")
	switch {
	case errors.Is(err, signup.ErrNotFound):
		c := call{Kind: kindCount, Name: name, ID: "id-" + name}
		u = c.user()
		if !l.create(c, &u) {
			return
		}
	case err != nil:
		time.Sleep(20 * time.Millisecond)
		return
	}
	var n int
	if _, err := fmt.Sscan(u.Profile["number"], &n); err != nil {
		n = -1
	}
	c := call{Op: "update", Kind: kindCount, Name: name, ID: u.ID, N: n + 1}
	next := c.user()
	next.Version = u.Version
	l.do(c, l.store.Update, &next)
}
