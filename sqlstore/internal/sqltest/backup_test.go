package sqltest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// A backup of a SQLite file as docs/sql.md makes it, while users are created, has all users
// that were acknowledged before, and is whole.
func TestBackupSQLite(t *testing.T) {
	db := openSQLite(t, sqliteFile(t))
	s := setUp(t, db, nil)
	create := func(ctx context.Context, i int) error {
		u := signup.User{ID: fmt.Sprint("id-", i), Email: fmt.Sprintf("ada.%d@example.org", i)}
		return s.Create(ctx, &u)
	}
	const before = 50
	for i := range before {
		if err := create(t.Context(), i); err != nil {
			t.Fatalf("Create: got the error %v, want nil", err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := before; ctx.Err() == nil; i++ {
			if err := create(ctx, i); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("Create during the backup: got the error %v, want nil", err)
			}
		}
	})
	copied := filepath.Join(t.TempDir(), "backup.db")
	if _, err := db.ExecContext(t.Context(), "VACUUM INTO ?", copied); err != nil {
		t.Fatalf("VACUUM INTO: got the error %v, want nil", err)
	}
	stop()
	writers.Wait()

	path := url.URL{Path: copied}
	backup := openSQLite(t, "file:"+path.EscapedPath()+"?_pragma=journal_mode(WAL)")
	restored := sqlstore.New(backup, nil)
	for i := range before {
		if _, err := restored.Get(t.Context(), fmt.Sprintf("ada.%d@example.org", i)); err != nil {
			t.Errorf("Get of user %d from the backup: got the error %v, want nil", i, err)
		}
	}
	if findings, err := restored.Check(t.Context()); len(findings) > 0 || err != nil {
		t.Errorf("Check of the backup: got %v and the error %v, want no finding and nil", findings, err)
	}
	var whole string
	if err := backup.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&whole); whole != "ok" {
		t.Errorf("integrity_check: got %q and the error %v, want ok", whole, err)
	}
}
