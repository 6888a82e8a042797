package sqltest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A privateServer is a PostgreSQL server that only one test uses.
type privateServer struct{ directory string }

// startPrivate starts a server in a directory of its own. It is stopped and removed at the
// end of the test.
func startPrivate(t *testing.T) (s privateServer, url string) {
	t.Helper()
	// Not t.TempDir, whose parent the server's user can't enter. A socket needs a short name.
	directory, err := os.MkdirTemp("", "signup-kill")
	if err != nil {
		t.Fatal(err)
	}
	s = privateServer{directory}
	t.Cleanup(func() { s.script(t, "stop") })
	return s, s.script(t)
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
	s, url := startPrivate(t)
	db := openPool(t, url)
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
		s.script(t, "kill")
		if i == 0 { // for longer than a Store tries to find out what became of a write
			time.Sleep(6 * time.Second)
		}
		s.script(t)
	}
	quiet()
	stop()
	<-finished
	if f := l.check(t, db, killed); f.busy < killed {
		t.Errorf("got %d calls with ErrBusy, want at least one for each of %d kills", f.busy, killed)
	}
}
