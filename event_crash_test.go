package signup_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

var errLost = errors.New("connection lost")

// Wherever the Store fails, no change is without its event, and no event without its
// change.
func TestEventsSurviveCrashes(t *testing.T) {
	for _, e := range eventCalls {
		if e.moves {
			continue
		}
		for _, made := range []bool{false, true} {
			for n := 1; ; n++ {
				c := e.start(t)
				old, _ := c.Store.Get(t.Context(), adaKey)
				store := c.Store
				failing, calls := failAt(store, n, made, errLost)
				c.with(failing)
				err := e.call(t.Context(), c)
				if *calls < n {
					break
				}
				name := fmt.Sprintf("%s, failing at call %d, which was made: %t", e.name, n, made)
				c.with(store)
				now, _ := c.Store.Get(t.Context(), adaKey)
				added := brief(history(t, c.Accounts, adaKey)[len(historyOf(t, old)):])
				changed := !signup.WithoutEvents(now).Equal(signup.WithoutEvents(old))
				if changed && added != e.history || !changed && added != "" {
					t.Errorf("%s: the user was changed: %t, and the history got %q; want %q after a change, and none otherwise", name, changed, added, e.history)
				}
				_, after := c.log.take()
				if err == nil && (added != e.history || brief(after) != e.after) {
					t.Errorf("%s: the call succeeded, the history got %q and After %q; want %q, %q", name, added, brief(after), e.history, e.after)
				}
				if err != nil && e.history != "" && len(after) != 0 {
					t.Errorf("%s: the call returned %v, and After got %q, want none", name, err, brief(after))
				}
			}
		}
	}
}

func historyOf(t testing.TB, u signup.User) []signup.Event {
	t.Helper()
	events, err := signup.StoredEvents(u)
	if err != nil {
		t.Errorf("reading the history returned %v, want nil", err)
	}
	return events
}

// conflictOnce returns store with a first write that is made and reports a conflict
// with itself, as a Store does whose transport repeats a request.
func conflictOnce(store signup.Store) signup.Store {
	done := false
	once := func(write func(context.Context, *signup.User) error, conflict error) func(context.Context, *signup.User) error {
		return func(ctx context.Context, u *signup.User) error {
			if done {
				return write(ctx, u)
			}
			v := *u
			err := write(ctx, &v)
			if err == nil {
				done, err = true, conflict
			}
			return err
		}
	}
	return fakestore.Store{Store: store, OnCreate: once(store.Create, signup.ErrReplayed), OnUpdate: once(store.Update, signup.ErrConflict)}
}

// A write that the Store's transport repeats makes one event.
func TestEventsOfRepeatedWrites(t *testing.T) {
	for _, e := range eventCalls {
		if e.history == "" {
			continue
		}
		c := e.start(t)
		old := history(t, c.Accounts, adaKey)
		c.with(conflictOnce(c.Store))
		err := e.call(t.Context(), c)
		_, after := c.log.take()
		key, _ := signup.CanonicalEmail(e.address())
		added := history(t, c.Accounts, key)[len(old):]
		if err != nil || brief(added) != e.history || brief(after) != e.after {
			t.Errorf("%s: the call returned %v, the history got %q and After %q; want nil, %q, %q", e.name, err, brief(added), brief(after), e.history, e.after)
		}
	}
}

// A call that finds its change made by another call at the same time makes no event.
func TestEventsOfRivals(t *testing.T) {
	var other signup.Session
	endOther := eventCall{name: "EndDevice of another device", prepare: func(t testing.TB, c *eventCase) {
		registerAndLogIn(t, c)
		other = logIn(t, c.Accounts, signup.Client{})
	}, call: func(ctx context.Context, c *eventCase) error { return c.EndDevice(ctx, c.s, other.Device) }}
	for _, e := range append([]eventCall{endOther}, eventCalls...) {
		if e.name != "VerifyEmail" && e.name != "EndDevice" && e.name != endOther.name {
			continue
		}
		c := e.start(t)
		store, calls := c.Store, 0
		rival := *c
		rival.with(store)
		rival.Before, rival.After = nil, nil
		c.with(fakestore.Store{Store: store, OnUpdate: func(ctx context.Context, u *signup.User) error {
			if calls++; calls == 1 {
				if err := e.call(ctx, &rival); err != nil {
					t.Errorf("%s: the rival's call returned %v, want nil", e.name, err)
				}
			}
			return store.Update(ctx, u)
		}})
		err := e.call(t.Context(), c)
		if _, after := c.log.take(); err != nil || calls > 2 || len(after) != 0 {
			t.Errorf("%s: the call returned %v after %d Updates, and After got %q; want nil, at most 2, none", e.name, err, calls, brief(after))
		}
	}
}
