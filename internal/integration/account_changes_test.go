package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// Different calls change one account at once, through two Stores. No acknowledged change
// is lost.
func TestAccountChanges(t *testing.T) {
	p := newPair(t, plainServer(t), false)
	u := p.register(t, "ada@example.org", "correct horse battery")
	c := &changes{T: t, pair: p, email: u.Email, labels: map[string]bool{}, password: "correct horse battery"}
	c.left.Store(1000)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() { c.device(t.Context(), i, p.accounts[i%2]) })
	}
	wg.Go(func() { c.passwords(t.Context()) })
	for i := range 3 {
		wg.Go(func() { c.names(t.Context(), p.accounts[i%2]) })
	}
	wg.Wait()
	c.check()
}

// changes are what the calls have changed of one account.
type changes struct {
	*testing.T
	*pair
	email string
	left  atomic.Int64 // calls to be made
	// What was acknowledged, and what was refused.
	logIns, ended, passwordsSet, named atomic.Int64
	busy, refused, over                atomic.Int64

	mu             sync.Mutex
	labels         map[string]bool // of the devices that are listed
	password       string          // the last one that was set
	begun, settled int             // changes of the password
}

// failed counts err, and reports whether there is one. If it isn't one of the allowed
// errors, the test fails.
func (c *changes) failed(what string, err error, allowed ...error) bool {
	if errors.Is(err, signup.ErrBusy) {
		c.busy.Add(1)
	} else if err != nil && !slices.Contains(allowed, err) {
		c.Errorf("%s returned %v, want nil, ErrBusy or one of %v", what, err, allowed)
	}
	return err != nil
}

// device logs in again and again with one device, under another label each time, and
// ends the device sometimes.
func (c *changes) device(ctx context.Context, worker int, a *signup.Accounts) {
	cookie, listed := "", ""
	for round := 0; c.left.Add(-1) >= 0; round++ {
		c.mu.Lock()
		password, settled := c.password, c.settled
		c.mu.Unlock()
		label := fmt.Sprintf("%d-%d", worker, round)
		s, err := a.LogIn(ctx, c.email, password, signup.Client{Cookie: cookie, Label: label})
		if c.failed("LogIn", err, signup.ErrBadCredentials) {
			if err == signup.ErrBadCredentials {
				c.awaitPassword(ctx, settled)
			}
			continue
		}
		c.logIns.Add(1)
		cookie = a.DeviceCookie(s)
		c.relabel(listed, label)
		listed = label
		if round%3 != 2 || c.left.Add(-1) < 0 {
			continue
		}
		if err := a.EndDevice(ctx, s, s.Device); c.failed("EndDevice", err, signup.ErrEnded) {
			c.over.Add(1) // by a new password, which leaves the device listed
			continue
		}
		c.ended.Add(1)
		c.relabel(listed, "")
		listed = ""
	}
}

// awaitPassword waits, after a log-in that was refused, until the change of the password
// has ended that was the reason.
func (c *changes) awaitPassword(ctx context.Context, settled int) {
	c.refused.Add(1)
	for ctx.Err() == nil {
		c.mu.Lock()
		begun, ended := c.begun, c.settled
		c.mu.Unlock()
		if begun == settled {
			c.Errorf("LogIn returned ErrBadCredentials, want nil, as no change of the password has begun")
		}
		if begun == settled || ended > settled {
			return
		}
		sleep(ctx, time.Millisecond)
	}
}

// relabel notes that the device with a label has another one, or that it is new or gone.
func (c *changes) relabel(from, to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.labels, from)
	if to != "" {
		c.labels[to] = true
	}
}

// passwords changes the password in both ways, through both Stores, once for about 15
// other calls, so that most log-ins have the present one.
func (c *changes) passwords(ctx context.Context) {
	for i, left := 0, c.left.Add(-1); left >= 0; i, left = i+1, c.left.Add(-1) {
		for c.left.Load() > max(0, left-15) {
			sleep(ctx, time.Millisecond)
		}
		c.mu.Lock()
		old := c.password
		c.begun++
		c.mu.Unlock()
		a, next := c.accounts[i%2], fmt.Sprintf("the next correct horse of %d", i)
		var err error
		if i%4 < 2 {
			_, err = a.SetPassword(ctx, c.email, next)
		} else {
			_, err = a.ChangePassword(ctx, c.email, old, next)
		}
		failed := c.failed("a change of the password", err)
		c.mu.Lock()
		c.settled++
		if !failed {
			c.password = next
			c.passwordsSet.Add(1)
		}
		c.mu.Unlock()
	}
}

// names adds 1 to the number that is the first name, as an application changes a user.
func (c *changes) names(ctx context.Context, a *signup.Accounts) {
	for c.left.Add(-1) >= 0 {
		err := signup.ErrConflict
		for errors.Is(err, signup.ErrConflict) {
			var u signup.User
			if u, err = a.Store.Get(ctx, c.email); err != nil {
				break
			}
			n, _ := strconv.Atoi(u.FirstName) // "" is 0
			u.FirstName = strconv.Itoa(n + 1)
			err = a.Store.Update(ctx, &u)
		}
		if !c.failed("Get or Update", err) {
			c.named.Add(1)
		}
	}
}
