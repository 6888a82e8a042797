package sqlstore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// Every method ends in the same way after an error that says that nothing was done.
func TestRefusals(t *testing.T) {
	row := &fakeRow{"ada@example.org", "id-1", "V"}
	for _, m := range []struct {
		name   string
		before *fakeRow
		call   func(context.Context, *sqlstore.Store, *signup.User) error
	}{{"create", nil, create}, {"update", row, update}, {"delete", row, remove}, {"get", nil, get}, {"search", nil, search}} {
		once := error(nil)
		if m.name == "get" {
			once = signup.ErrNotFound
		}
		t.Run(m.name, func(t *testing.T) {
			testOutcomes(t, sqlstore.PostgreSQL, m.before, m.call, []outcome{
				{"serialization failure", []step{fails(stateError("40001"))}, once},
				{"deadlock", []step{fails(stateError("40P01")), fails(stateError("40P01"))}, once},
				{"serialization failure each time", many(fails(stateError("40001"))), signup.ErrBusy},
				{"changed column", []step{fails(stateError("0A000")), fails(stateError("0A000"))}, once},
				{"not supported", many(fails(stateError("0A000"))), errUnknown},
				{"no connection", []step{fails(errDial)}, signup.ErrBusy},
				{"too many connections", []step{fails(stateError("53300"))}, signup.ErrBusy},
				{"starting", []step{fails(stateError("57P03"))}, signup.ErrBusy},
				{"statement_timeout", []step{fails(stateError("57014"))}, signup.ErrBusy},
				{"replica", []step{fails(stateError("25006"))}, signup.ErrBusy},
				{"no resources", []step{fails(stateError("53000"))}, signup.ErrBusy},
				{"disk full", []step{fails(stateError("53100"))}, signup.ErrBusy},
				{"out of memory", []step{fails(stateError("53200"))}, signup.ErrBusy},
				{"temp_file_limit", []step{fails(stateError("53400"))}, errUnknown},
				{"not set up", []step{fails(stateError("42P01"))}, errUnknown},
				{"no privilege", []step{fails(stateError("42501"))}, errUnknown},
			})
			testOutcomes(t, sqlstore.SQLite, m.before, m.call, []outcome{
				{"busy", []step{fails(codeError(5)), fails(codeError(5 | 2<<8))}, once},
				{"busy by its text", []step{fails(errors.New("database is locked"))}, once},
				{"busy each time", many(fails(codeError(5))), signup.ErrBusy},
				{"I/O error", []step{fails(codeError(10))}, once},
				{"I/O error each time", many(fails(codeError(10 | 3<<8))), errUnknown},
				{"read-only", []step{fails(codeError(8))}, errUnknown},
				{"full", []step{fails(codeError(13))}, signup.ErrBusy},
				{"full by its text", []step{fails(errors.New("database or disk is full"))}, signup.ErrBusy},
				{"not set up", []step{fails(errors.New("no such table: signup_users"))}, errUnknown},
			})
		})
	}
}

// If the context ends during a write, the result is nil if it was made, and otherwise the
// context's error.
func TestContextEnds(t *testing.T) {
	row := &fakeRow{"ada@example.org", "id-1", "V"}
	for _, m := range []struct {
		name   string
		before *fakeRow
		call   func(context.Context, *sqlstore.Store, *signup.User) error
		made   error // the result if the write was made
	}{{"create", nil, create, nil}, {"update", row, update, nil}, {"delete", row, remove, context.Canceled}} {
		for _, made := range []bool{true, false} {
			ctx, cancel := context.WithCancel(t.Context())
			f, s := newFake(t, sqlstore.PostgreSQL, step{made: made, err: context.Canceled, before: func(*fake) { cancel() }})
			if m.before != nil {
				copied := *m.before
				f.row = &copied
			}
			u := newUser()
			u.Version = "V"
			want := m.made
			if !made {
				want = context.Canceled
			}
			t.Run(m.name, func(t *testing.T) { wantOutcome(t, m.call(ctx, s, &u), want) })
		}
	}
}
