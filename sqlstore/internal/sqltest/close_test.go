package sqltest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/sqlstore"
)

// After calls whose contexts end at any moment, no connection is in use and none of the
// package's goroutines runs. So the directory can be removed once the database is closed.
func TestNothingOutlivesCalls(t *testing.T) {
	rounds := 20
	if os.Getenv("SIGNUP_TEST_SOAK") != "" {
		rounds = 1000
	}
	for round := range rounds {
		// Not t.TempDir, which removes the directory at the end of the test.
		directory, err := os.MkdirTemp("", "signup-close")
		if err != nil {
			t.Fatal(err)
		}
		name := "file:" + filepath.Join(directory, "users.db") + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"
		db, err := sql.Open("sqlite", name)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns([]int{0, 1, 3}[round%3]) // 0 is no limit
		if round%4 != 0 {                           // otherwise the calls meet no tables
			setUp(t, db, nil)
		}
		callBriefly(db)
		wantUnused(t, db, round)
		if err := db.Close(); err != nil {
			t.Errorf("round %d: Close: got the error %v, want nil", round, err)
		}
		if err := os.RemoveAll(directory); err != nil {
			t.Errorf("round %d: RemoveAll: got the error %v, want nil", round, err)
		}
		if left := running("signup/sqlstore."); left != "" {
			t.Errorf("round %d: got the goroutine %q after the calls, want none", round, left)
		}
	}
}

// wantUnused checks that no connection is in use after the calls of a round. With a limit,
// [sql.DB] opens connections in a goroutine of its own for calls that wait for one, and
// counts them as in use. It doesn't give that up when these calls end.
func wantUnused(t *testing.T, db *sql.DB, round int) {
	t.Helper()
	for begin := time.Now(); db.Stats().InUse != 0; time.Sleep(time.Millisecond) {
		if stats := db.Stats(); stats.MaxOpenConnections == 0 || time.Since(begin) > 10*time.Second {
			t.Errorf("round %d: got %d connections in use after the calls, want none", round, stats.InUse)
			return
		}
	}
}

// callBriefly calls each method several times at once, with contexts that end soon.
func callBriefly(db *sql.DB) {
	s, c := sqlstore.New(db, nil), sqlstore.NewCounter(db, nil)
	calls := []func(ctx context.Context, u *signup.User){
		func(ctx context.Context, u *signup.User) { _ = s.Setup(ctx) },
		func(ctx context.Context, u *signup.User) { _, _ = s.Check(ctx) },
		func(ctx context.Context, u *signup.User) { _ = s.Create(ctx, u); _ = s.Delete(ctx, *u) },
		func(ctx context.Context, u *signup.User) { _ = s.Create(ctx, u); _ = s.Update(ctx, u) },
		func(ctx context.Context, u *signup.User) { _, _ = s.Get(ctx, u.Key()) },
		func(ctx context.Context, u *signup.User) {
			for range s.Search(ctx, signup.Query{}) {
			}
		},
		func(ctx context.Context, u *signup.User) { _, _ = s.Export(ctx, io.Discard, nil) },
		func(ctx context.Context, u *signup.User) {
			_, _ = s.Import(ctx, transfertest.Users(200), transfertest.Accept())
		},
		func(ctx context.Context, u *signup.User) { _, _ = c.Add(ctx, u.ID, 1, time.Hour) },
	}
	atOnce(3*len(calls), func(i int) {
		for n := range 3 {
			ctx, cancel := context.WithTimeout(context.Background(), rand.N(4*time.Millisecond))
			id := fmt.Sprintf("id-%d-%d", i, n)
			calls[i%len(calls)](ctx, &signup.User{ID: id, Email: id + "@example.org"})
			cancel()
		}
	})
}

// running returns a goroutine that has a function with this text in its name; "" if there is
// none.
func running(text string) string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, text) {
			return stack
		}
	}
	return ""
}
