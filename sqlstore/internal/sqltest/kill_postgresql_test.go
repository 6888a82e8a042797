package sqltest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A privateServer is a PostgreSQL server that only one test uses.
type privateServer struct{ directory, url string }

// startPrivate starts a server in a directory of its own. It is stopped and removed at the
// end of the test.
func startPrivate(t *testing.T) privateServer {
	t.Helper()
	// Not t.TempDir, whose parent the server's user can't enter. A socket needs a short name.
	directory, err := os.MkdirTemp("", "signup-kill")
	if err != nil {
		t.Fatal(err)
	}
	s := privateServer{directory: directory}
	t.Cleanup(func() { s.script(t, "stop") })
	s.url = s.script(t)
	return s
}

// script runs scripts/postgresql for the server, and returns what it prints.
func (s privateServer) script(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("../../../scripts/postgresql", append([]string{"-d", s.directory}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("scripts/postgresql %s: got the error %v, want nil: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Under load, all processes of the server are killed, and it is started again.
func TestKillPostgreSQL(t *testing.T) {
	t.Parallel() // it mostly waits
	s := startPrivate(t)
	f := s.underLoad(t, func(i int) {
		s.script(t, "kill")
		if i == 0 { // for longer than a Store tries to find out what became of a write
			time.Sleep(6 * time.Second)
		}
		s.script(t)
	})
	if f.busy < kills() {
		t.Errorf("got %d calls with ErrBusy, want at least one for each of %d kills", f.busy, kills())
	}
}

// Under load, one process of the server is killed, as it is if memory is short. The server
// ends all connections then, and recovers.
func TestKillPostgreSQLBackend(t *testing.T) {
	t.Parallel() // it mostly waits
	s := startPrivate(t)
	s.underLoad(t, func(int) {
		db := openPool(t, s.url)
		var process int
		for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			err := db.QueryRow(`SELECT pid FROM pg_stat_activity
				WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query LIKE '%signup_users%' LIMIT 1`).Scan(&process)
			if err == nil {
				break
			}
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("a process of the server: got the error %v, want nil", err)
			}
		}
		if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
			t.Errorf("kill: got the error %v, want nil", err)
		}
	})
}

// underLoad strikes the server several times while a Store is under load, and compares
// what is stored with the ledger.
func (s privateServer) underLoad(t *testing.T, strike func(i int)) *figures {
	t.Helper()
	db := openPool(t, s.url)
	db.SetMaxOpenConns(loaders)
	store := setUp(t, db, nil)
	var l ledger
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		(&load{store: store, numbered: numbered{journal: l.newPage()}}).run(ctx, loaders)
	}()
	killed := kills()
	for i := range killed {
		quiet()
		strike(i)
	}
	quiet()
	stop()
	<-finished
	return l.check(t, db, killed)
}
