package signup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// The keys of the model.
const keyA, keyB, keyC = "a@example.org", "b@example.org", "c@example.org"

// A modelCase is a situation of which every order of steps is run. A step is one call of
// the Store. A process may stop after each of its steps, and so what must hold, must
// hold in each state.
type modelCase struct {
	name  string
	users map[string]string // key to ID
	// before is run first, alone.
	before    []modelProcess
	processes []modelProcess
	// depth limits the steps of an order, except with SIGNUP_MODEL=whole, if the states
	// are too many for each run of the tests. 0 is no limit.
	depth int
}

// A modelProcess is a call that other ones run beside. It is tried until try returns an
// outcome.
type modelProcess struct {
	kind, id, from, to string
	try                func(ctx context.Context, a *signup.Accounts) (outcome string)
}

func outcomeOf(again bool, err error) string {
	switch {
	case again:
		return ""
	case err == nil:
		return "ok"
	}
	return err.Error()
}

// moves changes the address of id without a token.
func moves(id, from, to string) modelProcess { return movesFor(id, from, to, time.Hour) }

func movesFor(id, from, to string, life time.Duration) modelProcess {
	target := signup.User{Email: to}
	target.SetKey(to, signup.EmailRule) // for speed
	return modelProcess{"move", id, from, to, func(ctx context.Context, a *signup.Accounts) string {
		_, again, err := a.TryMove(ctx, id, from, target, life)
		return outcomeOf(again, err)
	}}
}

// undoes gives the account of id back to a key, from wherever it is. It has the token
// of the first address, or that of a later one.
func undoes(id, to string, later bool) modelProcess {
	u := modelUser(id, to)
	if later {
		u.SecurityStamp = signup.MovedStamp
	}
	return modelProcess{"undo", id, "", to, func(ctx context.Context, a *signup.Accounts) string {
		_, again, err := a.TryUndo(ctx, u)
		return outcomeOf(again, err)
	}}
}

func registers(id, key string) modelProcess {
	return modelProcess{"register", id, "", key, func(ctx context.Context, a *signup.Accounts) string {
		u := modelUser(id, key)
		again, err := a.TryCreate(ctx, &u)
		return outcomeOf(again, err)
	}}
}

// setsPassword changes the password of id by compare and swap.
func setsPassword(id, key string) modelProcess {
	return modelProcess{"password", id, key, "", func(ctx context.Context, a *signup.Accounts) string {
		u, err := a.Find(ctx, key)
		if err != nil || u.ID != id || u.Placeholder {
			return "gone"
		}
		u.PasswordHash = "new"
		err = a.Store.Update(ctx, &u)
		return outcomeOf(errors.Is(err, signup.ErrConflict) || errors.Is(err, signup.ErrNotFound), err)
	}}
}

func modelUser(id, key string) signup.User {
	u := signup.User{ID: id, Email: key, Active: true, PasswordHash: signup.Hash("of " + id), SecurityStamp: "stamp of " + id}
	u.SetKey(key, signup.EmailRule)
	return u
}

// The first eight are those of the design's model. There, an undo is a second move.
var modelCases = []modelCase{
	{name: "a move, a password change, a sign-up for the new address", users: map[string]string{keyA: "1"},
		processes: []modelProcess{moves("1", keyA, keyB), setsPassword("1", keyA), registers("9", keyB)}},
	{name: "two users move to one address, a third signs up", users: map[string]string{keyA: "1", keyC: "2"},
		processes: []modelProcess{moves("1", keyA, keyB), moves("2", keyC, keyB), registers("9", keyB)}},
	{name: "a move twice, a sign-up", users: map[string]string{keyA: "1"},
		processes: []modelProcess{moves("1", keyA, keyB), moves("1", keyA, keyB), registers("9", keyB)}},
	{name: "a move twice, a password change, a sign-up", users: map[string]string{keyA: "1"},
		processes: []modelProcess{moves("1", keyA, keyB), moves("1", keyA, keyB), setsPassword("1", keyA), registers("9", keyB)}},
	{name: "one moves to the address that another leaves", users: map[string]string{keyA: "1", keyC: "2"},
		processes: []modelProcess{moves("1", keyA, keyC), moves("2", keyC, keyB), setsPassword("2", keyC)}},
	{name: "a move, a move back, a sign-up for the new address", users: map[string]string{keyA: "1"},
		processes: []modelProcess{moves("1", keyA, keyB), moves("1", keyB, keyA), registers("9", keyB)}},
	{name: "a move, a move back, a sign-up for the old address", users: map[string]string{keyA: "1"},
		processes: []modelProcess{moves("1", keyA, keyB), moves("1", keyB, keyA), registers("9", keyA)}},
	{name: "a move twice, a move back, a password change", users: map[string]string{keyA: "1"},
		processes: []modelProcess{moves("1", keyA, keyB), moves("1", keyA, keyB), moves("1", keyB, keyA), setsPassword("1", keyB)}, depth: 15},

	{name: "an undo, a sign-up for the old address", users: map[string]string{keyA: "1"}, before: []modelProcess{moves("1", keyA, keyB)},
		processes: []modelProcess{undoes("1", keyA, false), registers("9", keyA)}},
	{name: "a move, an undo", users: map[string]string{keyA: "1"},
		processes: []modelProcess{moves("1", keyA, keyB), undoes("1", keyA, false)}},
	{name: "an undo twice, a move on", users: map[string]string{keyA: "1"}, before: []modelProcess{moves("1", keyA, keyB)},
		processes: []modelProcess{undoes("1", keyA, false), undoes("1", keyA, false), moves("1", keyB, keyC)}, depth: 19},
	{name: "an undo, a move on, a sign-up for the address in between", users: map[string]string{keyA: "1"}, before: []modelProcess{moves("1", keyA, keyB)},
		processes: []modelProcess{undoes("1", keyA, false), moves("1", keyB, keyC), registers("9", keyC)}},
	{name: "undos from two addresses", users: map[string]string{keyA: "1"}, before: []modelProcess{moves("1", keyA, keyB), moves("1", keyB, keyC)},
		processes: []modelProcess{undoes("1", keyA, false), undoes("1", keyB, true)}},
	{name: "a move, a sign-up for the old address, without time for an undo", users: map[string]string{keyA: "1"},
		processes: []modelProcess{movesFor("1", keyA, keyB, -time.Hour), registers("9", keyA), registers("8", keyB)}},
	{name: "a move, a move on, a move back, a sign-up for the old address, without time for an undo", users: map[string]string{keyA: "1"},
		processes: []modelProcess{movesFor("1", keyA, keyB, -time.Hour), movesFor("1", keyB, keyC, -time.Hour), movesFor("1", keyC, keyA, -time.Hour), registers("9", keyA)}, depth: 15},
}

// modelRun is a run of processes over a new memstore, with the steps that are asked for.
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
	seen := map[modelState]bool{}
	ends = map[string]int{}
	queue := [][]byte{nil}
	for len(queue) > 0 {
		order := queue[0]
		queue = queue[1:]
		if len(order) == c.depth && c.depth > 0 && os.Getenv("SIGNUP_MODEL") != "whole" {
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
