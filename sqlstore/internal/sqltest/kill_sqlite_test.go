package sqltest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup/sqlstore"
)

// writeChild puts load on the SQLite database of that name, and reports each call on the
// standard output.
func writeChild(args []string) error {
	db, err := sql.Open("sqlite", args[0])
	if err != nil {
		return err
	}
	s := sqlstore.New(db, nil)
	if err := s.Setup(context.Background()); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		<-ended()
		stop()
	}()
	(&load{store: s, numbered: numbered{journal: &jsonJournal{w: os.Stdout}}}).run(ctx, loaders)
	return db.Close()
}

// A writer is a child that writes, and the copying of its calls to a ledger.
type writer struct {
	*child
	writes chan struct{} // closed when the first call was copied, or all were
	copied chan error
}

func startWriter(t *testing.T, l *ledger, name string) *writer {
	t.Helper()
	w := &writer{startChild(t, "write", name), make(chan struct{}), make(chan error, 1)}
	p := l.newPage()
	began := sync.OnceFunc(func() { close(w.writes) })
	go func() {
		defer began()
		for w.lines.Scan() {
			var c call
			if err := json.Unmarshal(w.lines.Bytes(), &c); err != nil {
				w.copied <- fmt.Errorf("%w: %q", err, w.lines.Text())
				return
			}
			p.enter(c)
			began()
		}
		w.copied <- w.lines.Err()
	}()
	return w
}

// kill ends the process at once, as kill -9 does.
func (w *writer) kill(t *testing.T) {
	t.Helper()
	if err := w.Process.Kill(); err != nil {
		t.Errorf("Kill: got the error %v, want nil", err)
	}
	w.finish(t, true)
}

// finish waits for the end of the process, and of its calls.
func (w *writer) finish(t *testing.T, killed bool) {
	t.Helper()
	if err := <-w.copied; err != nil {
		t.Errorf("the calls of a child: got the error %v, want nil", err)
	}
	w.end(t, killed)
}

// A process is killed while it writes to a file, and the next one continues, alone or
// beside another process that writes all the time.
func TestKillSQLite(t *testing.T) {
	for _, others := range []int{0, 1} {
		t.Run(fmt.Sprintf("beside %d processes", others), func(t *testing.T) {
			name := sqliteFile(t)
			var l ledger
			var other []*writer
			for range others {
				other = append(other, startWriter(t, &l, name))
			}
			w := startWriter(t, &l, name)
			time.Sleep(rand.N(100 * time.Millisecond))
			w.kill(t) // while it starts, maybe
			killed := kills()
			for range killed {
				w := startWriter(t, &l, name)
				<-w.writes
				quiet()
				w.kill(t)
			}
			other = append(other, startWriter(t, &l, name))
			quiet()
			for _, w := range other {
				<-w.writes
				_ = w.input.Close()
				w.finish(t, false)
			}
			db := openSQLite(t, name)
			var integrity string
			if err := db.QueryRow("PRAGMA integrity_check").Scan(&integrity); err != nil || integrity != "ok" {
				t.Errorf("integrity_check: got %q and the error %v, want ok and nil", integrity, err)
			}
			if f := l.check(t, db, killed); f.killed < killed {
				t.Errorf("got %d calls that didn't return, want at least one for each of %d kills", f.killed, killed)
			}
		})
	}
}
