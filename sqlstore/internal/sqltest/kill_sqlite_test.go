package sqltest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"testing"

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
	copied chan error
}

func startWriter(t *testing.T, l *ledger, name string) *writer {
	t.Helper()
	w := &writer{startChild(t, "write", name), make(chan error, 1)}
	p := l.newPage()
	go func() {
		for w.lines.Scan() {
			var c call
			if err := json.Unmarshal(w.lines.Bytes(), &c); err != nil {
				w.copied <- fmt.Errorf("%w: %q", err, w.lines.Text())
				return
			}
			p.enter(c)
		}
		w.copied <- w.lines.Err()
	}()
	return w
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
			killed := kills()
			for range killed {
				w := startWriter(t, &l, name)
				quiet()
				if err := w.Process.Kill(); err != nil {
					t.Error(err)
				}
				w.finish(t, true)
			}
			other = append(other, startWriter(t, &l, name))
			quiet()
			for _, w := range other {
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
