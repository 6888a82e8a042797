package sqlstore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
	"github.com/gosignup/signup/transfer"
)

// importOne imports u, and returns the error of its result: ErrReplayed if it is Present.
func importOne(t *testing.T) func(context.Context, *sqlstore.Store, *signup.User) error {
	return func(ctx context.Context, s *sqlstore.Store, u *signup.User) (result error) {
		sum, err := s.Import(ctx, func(yield func(signup.User, error) bool) { yield(*u, nil) },
			&transfer.ImportOptions{Result: func(r transfer.ImportResult) {
				if result = r.Err; r.Present {
					result = errors.Join(errPresent, r.Err)
				}
			}})
		if sum.Failed == 0 && err != nil || sum.Failed == 1 && err != result || sum.Read != 1 {
			t.Errorf("got %+v and the error %v, want the error of a user that failed", sum, err)
		}
		return result
	}
}

type presentError struct{}

func (presentError) Error() string        { return "sqlstore: present" }
func (presentError) Is(target error) bool { return target == signup.ErrReplayed }

var errPresent error = presentError{}

func TestImportOutcomes(t *testing.T) {
	testOutcomes(t, sqlstore.PostgreSQL, nil, importOne(t), append(insertOutcomes(), []outcome{
		{"the reading fails", []step{stored("id-2", "W", works), lost}, signup.ErrExists},
		{"the confirmation is lost", []step{lostAfter, works, works, lost}, nil},
		{"the confirmation finds nothing", []step{lostAfter, works, works, stored("id-1", "W", works)}, signup.ErrReplayed},
		{"others prevent it", []step{fails(stateError("40001")), fails(stateError("40P01"))}, nil},
		{"others prevent it each time", many(fails(stateError("40001"))), signup.ErrBusy},
		{"unreached", many(fails(errDial)), signup.ErrBusy},
		{"the server stops", many(fails(stateError("57P03"))), signup.ErrBusy},
		{"the disk is full", many(fails(stateError("53100"))), signup.ErrBusy},
		{"refused", many(fails(stateError("42501"))), errUnknown},
		{"refused because of the user", many(fails(stateError("23514"))), errUnknown},
	}...))
}
