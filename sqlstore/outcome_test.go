package sqlstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

func newUser() signup.User { return signup.User{ID: "id-1", Email: "ada@example.org"} }

// stored is a step before which the user was stored with this ID and version.
func stored(id, version string, s step) step {
	s.before = func(f *fake) { f.row = &fakeRow{"ada@example.org", id, version} }
	return s
}

// gone is a step before which the user was deleted.
func gone(s step) step {
	s.before = func(f *fake) { f.row = nil }
	return s
}

var (
	works      = step{made: true}
	lost       = step{err: io.ErrUnexpectedEOF}             // before the statement had its effect
	lostAfter  = step{made: true, err: io.ErrUnexpectedEOF} // and after it
	terminated = step{made: true, err: stateError("57P01")}
	errDial    = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
)

func fails(err error) step { return step{err: err} }

// errUnknown stands for an error that wraps none of package signup's.
var errUnknown = errors.New("unknown")

var sentinels = []error{
	signup.ErrExists, signup.ErrReplayed, signup.ErrNotFound, signup.ErrConflict, signup.ErrInvalid, signup.ErrBusy,
	context.Canceled,
}

func wantOutcome(t *testing.T, got, want error) {
	t.Helper()
	switch {
	case want == nil && got != nil, want != nil && got == nil:
		t.Errorf("got the error %v, want %v", got, want)
		return
	case got == nil:
		return
	}
	for _, sentinel := range sentinels {
		if is := errors.Is(got, sentinel); is != (sentinel == want) {
			t.Errorf("got the error %v, which is %q: %t; want %v", got, sentinel, is, want)
		}
	}
	if strings.Contains(got.Error(), "correct horse") || !strings.HasPrefix(got.Error(), "sqlstore: ") {
		t.Errorf("got the error %v, want one of sqlstore without values", got)
	}
}

// An outcome is how a method ends after the steps. The user is stored as id-1 with the
// version V before an Update or Delete.
type outcome struct {
	name  string
	steps []step
	want  error
}

func testOutcomes(t *testing.T, d sqlstore.Dialect, before *fakeRow, call func(context.Context, *sqlstore.Store, *signup.User) error, outcomes []outcome) {
	for _, o := range outcomes {
		t.Run(o.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, s := newFake(t, d, o.steps...)
				if before != nil {
					row := *before
					f.row = &row
				}
				u := newUser()
				u.Version = "V"
				err := call(t.Context(), s, &u)
				wantOutcome(t, err, o.want)
				if err != nil && u.Version != "V" {
					t.Errorf("got the Version %q after the error %v, want it as before", u.Version, err)
				}
			})
		})
	}
}

func create(ctx context.Context, s *sqlstore.Store, u *signup.User) error { return s.Create(ctx, u) }
func update(ctx context.Context, s *sqlstore.Store, u *signup.User) error { return s.Update(ctx, u) }
func remove(ctx context.Context, s *sqlstore.Store, u *signup.User) error { return s.Delete(ctx, *u) }

func get(ctx context.Context, s *sqlstore.Store, u *signup.User) error {
	_, err := s.Get(ctx, u.Key())
	return err
}

func search(ctx context.Context, s *sqlstore.Store, _ *signup.User) error {
	for _, err := range s.Search(ctx, signup.Query{}) {
		return err
	}
	return nil
}

// insertOutcomes are how a Create and the import of one user end.
func insertOutcomes() []outcome {
	return []outcome{
		{"made", nil, nil},
		{"held", []step{stored("id-2", "W", works)}, signup.ErrExists},
		{"repeated", []step{stored("id-1", "W", works)}, signup.ErrReplayed},
		{"held, and deleted before that is read", []step{stored("id-2", "W", works), gone(works)}, nil},
		{"lost before the commit", []step{lost}, nil},
		{"lost after the commit", []step{lostAfter}, nil},
		{"lost after the commit, twice", []step{lostAfter, lost}, nil},
		{"terminated after the commit", []step{terminated}, nil},
		{"lost after the commit, and the user changed", []step{lostAfter, stored("id-1", "W", works)}, signup.ErrReplayed},
		{"lost before the commit, and held", []step{lost, stored("id-2", "W", works)}, signup.ErrExists},
		{"lost, and refused then", append([]step{lost}, many(fails(stateError("25006")))...), errUnknown},
		{"lost, and a full disk then", append([]step{lost}, many(fails(stateError("53100")))...), errUnknown},
		{"lost, and no privilege then", append([]step{lost}, many(fails(stateError("42501")))...), errUnknown},
		{"lost, and unreached then", append([]step{lost}, many(fails(errDial))...), errUnknown},
		{"lost after the commit, unreached, then reached", []step{lostAfter, fails(errDial), fails(stateError("57P03"))}, nil},
		{"lost each time", many(lost), errUnknown},
	}
}

func TestCreateOutcomes(t *testing.T) {
	testOutcomes(t, sqlstore.PostgreSQL, nil, create, append(insertOutcomes(), []outcome{
		{"the reading fails", append([]step{stored("id-2", "W", works)}, fails(io.EOF)), signup.ErrExists},
		{"the confirmation is lost", []step{stored("id-1", "W", works), works, lost}, signup.ErrReplayed},
	}...))
}

// many returns the step more often than any call sends statements.
func many(s step) []step {
	steps := make([]step, 2000)
	for i := range steps {
		steps[i] = s
	}
	return steps
}

func TestUpdateOutcomes(t *testing.T) {
	testOutcomes(t, sqlstore.PostgreSQL, &fakeRow{"ada@example.org", "id-1", "V"}, update, []outcome{
		{"made", nil, nil},
		{"changed", []step{stored("id-1", "W", works)}, signup.ErrConflict},
		{"another user", []step{stored("id-2", "V", works)}, signup.ErrConflict},
		{"deleted", []step{gone(works)}, signup.ErrNotFound},
		{"lost before the commit", []step{lost}, nil},
		{"lost after the commit", []step{lostAfter}, nil},
		{"terminated after the commit", []step{terminated}, nil},
		{"lost, and changed since", []step{lostAfter, stored("id-1", "W", works)}, errUnknown},
		{"lost, and deleted since", []step{lostAfter, gone(works)}, errUnknown},
		{"lost each time", many(lost), errUnknown},
	})
}

func TestDeleteOutcomes(t *testing.T) {
	testOutcomes(t, sqlstore.PostgreSQL, &fakeRow{"ada@example.org", "id-1", "V"}, remove, []outcome{
		{"made", nil, nil},
		{"changed", []step{stored("id-1", "W", works)}, signup.ErrConflict},
		{"deleted", []step{gone(works)}, signup.ErrNotFound},
		{"lost before the commit", []step{lost}, nil},
		{"lost after the commit", []step{lostAfter}, nil},
		{"lost, and another user since", []step{lostAfter, stored("id-2", "W", works)}, nil},
		{"lost, and changed since", []step{lost, stored("id-1", "W", works)}, signup.ErrConflict},
		{"lost each time", many(lost), errUnknown},
	})
}
