package signup_test

import (
	"context"
	"errors"
	"time"

	"github.com/gosignup/signup"
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
