package sqltest

import (
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// An administrator ends all connections, again and again, while users are created and
// changed. What was acknowledged is stored, and no call takes its own change for another
// call's.
func TestTerminated(t *testing.T) {
	db := openPostgreSQL(t)
	o := newPrefix(t, db)
	setUp(t, db, o)
	s := sqlstore.New(openWith(t, "application_name="+o.Prefix), o)
	const users, updates, callers = 30, 3, 6
	var unknown atomic.Int64
	stop := endConnections(t, db, o.Prefix)
	atOnce(callers, func(c int) {
		for i := range users / callers {
			u := signup.User{ID: fmt.Sprintf("id-%d-%d", c, i), Email: fmt.Sprintf("ada%d-%d@example.org", c, i)}
			if err := lifeUnderFire(t, s, &u, updates); err != nil {
				unknown.Add(1)
			}
		}
	})
	ended := stop()
	t.Logf("%d connections were ended; the outcome of %d of %d users' calls stayed unknown", ended, unknown.Load(), users)
	if ended < users || unknown.Load() > users/10 {
		t.Errorf("got %d ended connections and %d unknown outcomes, want %d at least and %d at most", ended, unknown.Load(), users, users/10)
	}
}

// endConnections ends the connections of an application every ten milliseconds, until stop
// is called, which returns how many were ended.
func endConnections(t *testing.T, db *sql.DB, application string) (stop func() int64) {
	t.Helper()
	var ended int64
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
				var n int64
				if err := db.QueryRow("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1", application).Scan(&n); err != nil {
					t.Errorf("pg_terminate_backend: %v", err)
				}
				ended += n
			}
		}
	}()
	return func() int64 {
		close(done)
		<-stopped
		return ended
	}
}

// lifeUnderFire creates and changes u. It returns an error if the outcome of a call stays
// unknown.
func lifeUnderFire(t *testing.T, s *sqlstore.Store, u *signup.User, updates int) error {
	for n := range updates + 1 {
		call := s.Update
		if n == 0 {
			call = s.Create
		}
		u.FirstName = fmt.Sprint("state ", n)
		err := call(t.Context(), u)
		for _, wrong := range []error{signup.ErrExists, signup.ErrReplayed, signup.ErrConflict, signup.ErrNotFound} {
			if errors.Is(err, wrong) {
				t.Errorf("call number %d: got the error %v, want none about the call's own change", n, err)
			}
		}
		if err != nil {
			return err
		}
		got, err := s.Get(t.Context(), u.Key())
		if err != nil {
			return err
		}
		if !got.Equal(*u) || got.Version != u.Version {
			t.Errorf("Get after call number %d: got %q with the Version %s, want %q with %s", n, got.FirstName, got.Version, u.FirstName, u.Version)
		}
	}
	return nil
}
