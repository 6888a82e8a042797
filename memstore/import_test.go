package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/transfer"
)

// Each user has its result, and what was stored stays as it is.
func TestImportResults(t *testing.T) {
	ada := signup.User{ID: "id-1", Email: "ada@example.org", FirstName: "Ada"}
	changed, other, twin := ada, ada, signup.User{ID: "id-3", Email: "twin@example.org"}
	changed.FirstName, other.ID = "Augusta", "id-2"
	second := twin
	second.ID = "id-4"
	long := signup.User{ID: "id-5", Email: "long@example.org", Private: signup.Private(make([]byte, signup.MaxPrivate+1))}
	unknown := signup.User{ID: "id-6", Email: "unknown@example.org", PasswordHash: "unknown"}
	late := signup.User{ID: "id-7", Email: "late@example.org", EmailVerifiedAt: time.Unix(1417906500123, 0)}
	s := memstore.New()
	if err := s.Create(t.Context(), &changed); err != nil {
		t.Fatal(err)
	}
	users := []signup.User{ada, other, twin, twin, second, {}, long, unknown, late}
	want := []string{"present", "exists", "created", "present", "exists", "invalid", "invalid", "invalid", "invalid"}
	var got []string
	var last transfer.ImportSummary
	sum, err := s.Import(t.Context(), transfertest.Sequence(nil, users...), &transfer.ImportOptions{
		Result: func(r transfer.ImportResult) {
			if r.N != int64(len(got)) || !r.User.Equal(users[r.N]) {
				t.Errorf("got the result of user %d, want that of user %d", r.N, len(got))
			}
			got = append(got, transfertest.Outcome(r))
		},
		Progress: func(s transfer.ImportSummary) { last = s },
	})
	if err != nil || sum != (transfer.ImportSummary{Read: 9, Created: 1, Present: 2, Exists: 2, Invalid: 4}) || last != sum {
		t.Errorf("got %+v, the last progress %+v and the error %v, want another", sum, last, err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got the results %v, want %v", got, want)
	}
	if u, err := s.Get(t.Context(), ada.Key()); err != nil || !u.Equal(changed) || u.Version != changed.Version {
		t.Errorf("Get: got %q and the error %v, want the user that was stored before", u.FirstName, err)
	}
}

// An import that is repeated finds its users. Users that move arrive as they were.
func TestImportAgain(t *testing.T) {
	const n = 2500
	from, to := filled(t, n), memstore.New()
	transfertest.Move(t, from, to, n)
	calls := 0
	opts := transfertest.Accept()
	opts.BatchUsers, opts.Progress = 100, func(transfer.ImportSummary) { calls++ }
	sum, err := to.Import(t.Context(), transfertest.Users(n), opts)
	if err != nil || sum != (transfer.ImportSummary{Read: n, Present: n}) || calls != n/100 {
		t.Errorf("got %+v, %d calls of Progress and the error %v, want all Present, %d and nil", sum, calls, err, n/100)
	}
}

func TestImportEnds(t *testing.T) {
	broken := errors.New("broken")
	ada := signup.User{ID: "id-1", Email: "ada@example.org"}
	s := memstore.New()
	if sum, err := s.Import(t.Context(), transfertest.Sequence(broken, ada), nil); !errors.Is(err, broken) || sum.Created != 1 || sum.Read != 1 {
		t.Errorf("got %+v and the error %v, want 1 user and %v", sum, err, broken)
	}
	if sum, err := s.Import(t.Context(), transfertest.Sequence(nil, ada), &transfer.ImportOptions{BatchUsers: -1}); err == nil || sum.Read != 0 {
		t.Errorf("with a negative option: got %+v and the error %v, want an error at once", sum, err)
	}
	failed := &transfer.ImportOptions{CheckHash: func(signup.Hash) error { return broken }}
	if sum, err := s.Import(t.Context(), transfertest.Sequence(nil, ada, ada), failed); !errors.Is(err, broken) || sum.Failed != 2 {
		t.Errorf("with a CheckHash that fails: got %+v and the error %v, want 2 that failed and %v", sum, err, broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	opts := transfertest.Accept()
	opts.Result = func(r transfer.ImportResult) {
		if r.N == 9 {
			cancel()
		}
	}
	sum, err := memstore.New().Import(ctx, transfertest.Users(20), opts)
	if !errors.Is(err, context.Canceled) || sum.Read != 10 || sum.Created != 10 {
		t.Errorf("after the end of the context: got %+v and the error %v, want 10 users and Canceled", sum, err)
	}
	if sum, err := memstore.New().Import(ctx, transfertest.Users(20), nil); !errors.Is(err, context.Canceled) || sum.Read != 0 {
		t.Errorf("with a context that is done: got %+v and the error %v, want none and Canceled", sum, err)
	}
}
