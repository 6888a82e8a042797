package sqltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/sqlstore"
	"github.com/gosignup/signup/transfer"
)

// results imports users and returns their results, which must come in their order.
func results(t *testing.T, s *sqlstore.Store, opts transfer.ImportOptions, users ...signup.User) (got []string, err error) {
	t.Helper()
	opts.Result = func(r transfer.ImportResult) {
		if r.N != int64(len(got)) || !r.User.Equal(users[r.N]) {
			t.Errorf("got the result of user %d, want that of user %d", r.N, len(got))
		}
		got = append(got, transfertest.Outcome(r))
	}
	sum, err := s.Import(t.Context(), transfertest.Sequence(nil, users...), &opts)
	if sum.Read != int64(len(got)) || sum.Created+sum.Present+sum.Exists+sum.Invalid+sum.Failed != sum.Read {
		t.Errorf("got the summary %+v, want one of %d results", sum, len(got))
	}
	return got, err
}

// Each user has its result, in batches of any size, and what was stored stays as it is.
func TestImportResults(t *testing.T) {
	ada := signup.User{ID: "id-1", Email: "ada@example.org", FirstName: "Ada"}
	changed, other, twin := ada, ada, signup.User{ID: "id-3", Email: "twin@example.org"}
	changed.FirstName, other.ID = "Augusta", "id-2"
	second, moved := twin, twin
	second.ID, moved.Email = "id-4", "moved@example.org"
	invalid := []signup.User{
		{},
		{ID: "id-5", Email: "long@example.org", Private: signup.Private(make([]byte, signup.MaxPrivate+1))},
		{ID: "id-6", Email: "unknown@example.org", PasswordHash: "unknown"},
		{ID: "id-7", Email: "nul@example.org", LastName: "\x00"},
	}
	users := append([]signup.User{ada, other, twin, twin, second}, invalid...)
	users = append(users, moved)
	want := []string{"present", "exists", "created", "present", "exists", "invalid", "invalid", "invalid", "invalid", "created"}
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		for _, opts := range []transfer.ImportOptions{{}, {BatchUsers: 1}, {BatchUsers: 3}, {BatchBytes: 1}} {
			d := newDatabase(t)
			s := setUp(t, d.DB, d.options)
			stored := changed
			if err := s.Create(t.Context(), &stored); err != nil {
				t.Fatal(err)
			}
			if got, err := results(t, s, opts, users...); err != nil || !slices.Equal(got, want) {
				t.Errorf("got the results %v and the error %v, want %v and nil", got, err, want)
			}
			if u, err := s.Get(t.Context(), ada.Key()); err != nil || !u.Equal(changed) || u.Version != stored.Version {
				t.Errorf("Get: got %q and the error %v, want the user that was stored before", u.FirstName, err)
			}
			if u, err := s.Get(t.Context(), twin.Key()); err != nil || u.ID != twin.ID {
				t.Errorf("Get: got the ID %q and the error %v, want %q, which was first", u.ID, err, twin.ID)
			}
		}
	})
}

// An import that is repeated finds its users. Progress follows each batch, and no batch
// has more parameters than the database accepts.
func TestImportAgain(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		const n = 4000
		s := filled(t, newDatabase(t), n)
		for batch, most := range map[int]int{0: n / 500, 100: n / 100, 1 << 30: 4} {
			calls, read := 0, int64(0)
			opts := transfertest.Accept()
			opts.BatchUsers = batch
			opts.Progress = func(sum transfer.ImportSummary) {
				if sum.Read <= read || sum.Present != sum.Read {
					t.Errorf("Progress: got %+v after %d users, want more, all Present", sum, read)
				}
				calls, read = calls+1, sum.Read
			}
			sum, err := s.Import(t.Context(), transfertest.Users(n), opts)
			if err != nil || sum != (transfer.ImportSummary{Read: n, Present: n}) || calls == 0 || calls > most {
				t.Errorf("batches of %d: got %+v, %d calls of Progress and the error %v, want all Present, 1 to %d calls and nil", batch, sum, calls, err, most)
			}
		}
	})
}

func TestImportEnds(t *testing.T) {
	broken := errors.New("broken")
	ada := signup.User{ID: "id-1", Email: "ada@example.org"}
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s := setUp(t, d.DB, d.options)
		if sum, err := s.Import(t.Context(), transfertest.Sequence(broken, ada), nil); !errors.Is(err, broken) || sum.Created != 1 || sum.Read != 1 {
			t.Errorf("got %+v and the error %v, want 1 user and %v", sum, err, broken)
		}
		if sum, err := s.Import(t.Context(), transfertest.Sequence(nil, ada), &transfer.ImportOptions{BatchBytes: -1}); err == nil || sum.Read != 0 {
			t.Errorf("with a negative option: got %+v and the error %v, want an error at once", sum, err)
		}
		if sum, err := s.Import(t.Context(), transfertest.Sequence(nil), nil); err != nil || sum != (transfer.ImportSummary{}) {
			t.Errorf("of no users: got %+v and the error %v, want none and nil", sum, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		opts := transfertest.Accept()
		opts.BatchUsers = 10
		opts.Progress = func(transfer.ImportSummary) { cancel() }
		sum, err := s.Import(ctx, transfertest.Users(100), opts)
		if !errors.Is(err, context.Canceled) || sum != (transfer.ImportSummary{Read: 10, Created: 10}) {
			t.Errorf("after the end of the context: got %+v and the error %v, want 10 users and Canceled", sum, err)
		}
		if sum, err := s.Import(ctx, transfertest.Users(100), nil); !errors.Is(err, context.Canceled) || sum.Read != 0 {
			t.Errorf("with a context that is done: got %+v and the error %v, want none and Canceled", sum, err)
		}
	})
}

// A user that violates a constraint of the application fails alone.
func TestImportConstraint(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s := setUp(t, d.DB, d.options)
		if _, err := d.ExecContext(t.Context(), "CREATE UNIQUE INDEX "+d.prefix()+"own ON "+d.prefix()+"users (last_name) WHERE last_name <> ''"); err != nil {
			t.Fatal(err)
		}
		var users []signup.User
		var want []string
		for i := range 20 {
			u := signup.User{ID: fmt.Sprint("id-", i), Email: fmt.Sprintf("ada%d@example.org", i)}
			outcome := "created"
			if i%7 == 3 {
				u.LastName = "Lovelace"
				if i > 3 {
					outcome = "failed"
				}
			}
			users, want = append(users, u), append(want, outcome)
		}
		got, err := results(t, s, transfer.ImportOptions{}, users...)
		if !slices.Equal(got, want) {
			t.Errorf("got the results %v, want %v", got, want)
		}
		wantPlain(t, err, "sqlstore: import: ")
		if err != nil && strings.Contains(err.Error(), "Lovelace") {
			t.Errorf("got the error %v, want one without values", err)
		}
	})
}
