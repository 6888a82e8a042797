package sqltest

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/gosignup/signup/sqlstore"
)

// loaders is how many callers a process has under load.
const loaders = 12

// kills returns how many kills a test makes.
func kills() int {
	if os.Getenv("SIGNUP_TEST_SOAK") != "" {
		return 20
	}
	return 3
}

// quiet waits a random time between two kills.
func quiet() { time.Sleep(300*time.Millisecond + rand.N(700*time.Millisecond)) }

// check compares the database, which is whole again, with the ledger. The users are in
// the tables of the default prefix.
func (l *ledger) check(t *testing.T, db *sql.DB, killed int) *figures {
	t.Helper()
	f, err := l.judge(t.Context(), sqlstore.New(db, nil))
	if err != nil {
		t.Fatalf("Get, after the last kill: got the error %v, want nil or ErrNotFound", err)
	}
	for what, n := range f.wrong() {
		if n != 0 {
			t.Errorf("%s: got %d, want 0", what, n)
		}
	}
	var rows, ids int
	if err := db.QueryRow("SELECT count(*), count(DISTINCT id) FROM signup_users").Scan(&rows, &ids); err != nil {
		t.Fatal(err)
	}
	if rows != f.users || ids != f.users {
		t.Errorf("got %d rows with %d IDs, want %d of each, one for each user", rows, ids, f.users)
	}
	for _, op := range []string{"create", "update", "delete"} {
		if f.made[op] < killed {
			t.Errorf("got %d acknowledged calls of %s, want at least one for each of %d kills", f.made[op], op, killed)
		}
	}
	for text, n := range f.texts {
		t.Logf("of unknown outcome, with the error %q: %d", text, n)
	}
	if all := f.made["create"] + f.made["update"] + f.made["delete"]; f.unknown > all/5 {
		t.Errorf("got %d calls of unknown outcome beside %d that were acknowledged, want a fifth at most", f.unknown, all)
	}
	t.Attr("ledger", fmt.Sprintf("%d kills: %v", killed, f))
	return f
}
