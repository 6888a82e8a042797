package signup_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A modelRun is a run of processes over a new memstore, with the steps that are asked for.
type modelRun struct {
	store     signup.Store
	accounts  *signup.Accounts
	processes []*steppedProcess
	stop      chan struct{}
}

// A steppedProcess is a process that waits before each of its calls of the Store.
type steppedProcess struct {
	modelProcess
	started bool
	step    chan struct{} // lets it make a call
	waits   chan struct{} // it waits before the next call, or has ended
	history []byte        // what its calls have returned since the last attempt began
	outcome string        // not empty: it has ended
}

type steppedKey struct{}

func newModelRun(t testing.TB, c modelCase, without string) *modelRun {
	r := &modelRun{store: memstore.New(), stop: make(chan struct{})}
	for _, key := range []string{keyA, keyB, keyC} {
		if id := c.users[key]; id != "" {
			u := modelUser(id, key)
			if err := r.store.Create(context.Background(), &u); err != nil {
				t.Fatalf("Create returned %v, want nil", err)
			}
		}
	}
	r.accounts = (&signup.Accounts{Store: steppedStore{r.store, r.stop}}).WithMovingRules(without)
	for _, p := range c.before {
		alone := (&signup.Accounts{Store: r.store}).WithMovingRules(without)
		if got := p.try(context.Background(), alone); got != "ok" {
			t.Fatalf("%s: %s alone ended with %q, want ok", c.name, p.kind, got)
		}
	}
	for _, p := range c.processes {
		r.processes = append(r.processes, &steppedProcess{modelProcess: p, step: make(chan struct{}), waits: make(chan struct{})})
	}
	return r
}

// advance lets a process make its next call, and returns when it waits again.
func (r *modelRun) advance(i int) {
	p := r.processes[i]
	if !p.started {
		p.started = true
		go func() {
			ctx := context.WithValue(context.Background(), steppedKey{}, p)
			outcome := ""
			for outcome == "" {
				p.history = p.history[:0]
				outcome = p.try(ctx, r.accounts)
			}
			p.outcome = outcome
			p.waits <- struct{}{}
		}()
		<-p.waits
	}
	p.step <- struct{}{}
	<-p.waits
}

func (r *modelRun) documents() map[string]signup.User {
	documents := make(map[string]signup.User, 3)
	for _, key := range []string{keyA, keyB, keyC} {
		if u, err := r.store.Get(context.Background(), key); err == nil {
			documents[key] = u
		}
	}
	return documents
}

// broken returns what doesn't hold, or "".
func (r *modelRun) broken(c modelCase) string {
	documents := r.documents()
	places := map[string][]string{} // of IDs
	at := map[string]signup.User{}
	for _, key := range []string{keyA, keyB, keyC} {
		if u, ok := signup.LogsIn(documents, key); ok {
			places[u.ID], at[key] = append(places[u.ID], key), u
		}
	}
	for _, id := range c.users {
		if len(places[id]) != 1 {
			return fmt.Sprintf("user %s logs in with %d addresses, want 1", id, len(places[id]))
		}
	}
	moves, undone := map[string]int{}, false
	for _, p := range r.processes {
		if p.kind == "move" || p.kind == "undo" {
			moves[p.id]++
		}
		undone = undone || p.kind == "undo"
	}
	for _, p := range r.processes {
		if p.outcome != "ok" {
			continue
		}
		switch {
		case p.kind == "password" && !undone && at[places[p.id][0]].PasswordHash != "new":
			return "a password change is lost"
		case p.kind == "register" && at[p.to].ID != p.id:
			return "a registered user can't log in"
		case (p.kind == "move" || p.kind == "undo") && moves[p.id] == 1 && places[p.id][0] != p.to:
			return "a moved user logs in with " + places[p.id][0] + ", want " + p.to
		case p.kind == "undo" && moves[p.id] == 1 && at[p.to].PasswordHash != "":
			return "after an undo, a password works"
		}
	}
	return ""
}

// explore runs every order of steps, the short ones first, and returns the number of
// states, or the order after which something doesn't hold.
func (c modelCase) explore(t testing.TB, without string) (states int, ends map[string]int, broken string) {
	depth := c.depth
	switch {
	case os.Getenv("SIGNUP_MODEL") == "whole":
		depth = 0
	case raceEnabled && without == "":
		depth = 10 // each process has a goroutine, but only one of them runs
	}
	seen := map[modelState]bool{}
	ends = map[string]int{}
	queue := [][]byte{nil}
	for len(queue) > 0 {
		order := queue[0]
		queue = queue[1:]
		if len(order) == depth && depth > 0 {
			return len(seen), ends, ""
		}
		for next := range c.processes {
			r := newModelRun(t, c, without)
			ended := false
			for _, i := range append(order[:len(order):len(order)], byte(next)) {
				if ended = r.processes[i].outcome != ""; ended {
					break
				}
				r.advance(int(i))
			}
			if ended { // next has no step here
				close(r.stop)
				continue
			}
			state := r.state()
			if !seen[state] {
				seen[state] = true
				if what := r.broken(c); what != "" {
					broken = fmt.Sprintf("%s, after the steps of the processes %v", what, append(order, byte(next)))
				}
				if all := r.ends(); all != "" {
					ends[all]++
				}
				queue = append(queue, append(order[:len(order):len(order)], byte(next)))
			}
			close(r.stop)
			if broken != "" {
				return len(seen), ends, broken
			}
		}
	}
	return len(seen), ends, ""
}

// ends returns the outcomes if all processes have ended.
func (r *modelRun) ends() (all string) {
	for _, p := range r.processes {
		if p.outcome == "" {
			return ""
		}
		all += p.kind + ": " + p.outcome + ". "
	}
	return all
}

// In every order of steps, and wherever a process stops, each user logs in with exactly
// one address.
func TestEmailChangeModel(t *testing.T) {
	for _, c := range modelCases {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			states, ends, broken := c.explore(t, "")
			t.Logf("%d states, %d outcomes, %v", states, len(ends), time.Since(start).Round(time.Millisecond))
			if broken != "" {
				t.Errorf("%s", broken)
			}
			for e, n := range ends {
				t.Logf("%5d %s", n, e)
			}
		})
	}
}

// Each of these steps, which look needless, is needed.
func TestEmailChangeModelWithout(t *testing.T) {
	for step, name := range map[string]string{
		"write-back":                   "a move, a password change, a sign-up for the new address",
		"claim again":                  "a move, a password change, a sign-up for the new address",
		"read again":                   "a move twice, a move back, a password change",
		"read again, from another key": "an undo twice, a move on",
	} {
		for _, c := range modelCases {
			if c.name != name {
				continue
			}
			states, _, broken := c.explore(t, step)
			t.Logf("without the step %q: %d states, %s", step, states, broken)
			if broken == "" {
				t.Errorf("%s without the step %q: nothing was broken, want the test to find it", c.name, step)
			}
		}
	}
}
