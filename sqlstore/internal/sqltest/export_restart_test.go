package sqltest

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
)

// All processes of PostgreSQL are killed after the first page of an export, and it is started
// again after some time. The export has each user.
func TestExportSurvivesRestart(t *testing.T) {
	t.Parallel() // it mostly waits
	const users, away = 2500, 12 * time.Second
	s := startPrivate(t)
	store := filled(t, database{DB: openPool(t, s.url)}, users)
	restarted := make(chan struct{})
	writes := 0
	n, err := store.Export(t.Context(), transfertest.WriterFunc(func(p []byte) (int, error) {
		if writes++; writes == 1 {
			s.script(t, "kill")
			// As other calls do, a new export doesn't wait.
			if n, err := store.Export(t.Context(), io.Discard, nil); n != 0 || !errors.Is(err, signup.ErrBusy) {
				t.Errorf("a new export without a server: got %d users and the error %v, want 0 and ErrBusy", n, err)
			}
			go func() {
				defer close(restarted)
				time.Sleep(away)
				s.script(t)
			}()
		}
		return len(p), nil
	}), nil)
	<-restarted
	if err != nil || n != users || writes < 3 {
		t.Errorf("got %d users in %d writes and the error %v, want %d in 3 at least and nil", n, writes, err, users)
	}
}
