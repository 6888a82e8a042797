package sqltest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/sqlstore"
	"github.com/gosignup/signup/transfer"
)

// A connection breaks in each batch, before a statement reaches the server or after it was
// committed. Each user is stored once, and counted as created.
func TestImportConnectionBreaks(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			const n, batch = 500, 50
			p, url := newProxy(t)
			direct := openPostgreSQL(t)
			o := newPrefix(t, direct)
			setUp(t, direct, o)
			opts := transfertest.Accept()
			opts.BatchUsers = batch
			opts.Progress = func(transfer.ImportSummary) { p.cut.Store(when) }
			s := sqlstore.New(openPool(t, url), o)
			sum, err := s.Import(t.Context(), transfertest.Users(n), opts)
			if err != nil || sum != (transfer.ImportSummary{Read: n, Created: n}) {
				t.Errorf("got %+v and the error %v, want all Created and nil", sum, err)
			}
			if cuts := p.cuts.Load(); cuts != n/batch-1 {
				t.Errorf("got %d broken connections, want %d", cuts, n/batch-1)
			}
			transfertest.WantUsers(t, sqlstore.New(direct, o), n)
		})
	}
}

// The context ends when a batch is stored, but the response is lost: the users of the
// batch are Created.
func TestImportContextEndsInDoubt(t *testing.T) {
	const n = 100
	p, url := newProxy(t)
	direct := openPostgreSQL(t)
	o := newPrefix(t, direct)
	setUp(t, direct, o)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for p.cuts.Load() == 0 && ctx.Err() == nil {
			time.Sleep(100 * time.Microsecond)
		}
		cancel()
	}()
	opts := transfertest.Accept()
	opts.BatchUsers = n / 2
	p.cut.Store("after")
	sum, err := sqlstore.New(openPool(t, url), o).Import(ctx, transfertest.Users(n), opts)
	if !errors.Is(err, context.Canceled) || sum != (transfer.ImportSummary{Read: n / 2, Created: n / 2}) {
		t.Errorf("got %+v and the error %v, want %d Created and Canceled", sum, err, n/2)
	}
	transfertest.WantUsers(t, sqlstore.New(direct, o), n/2)
}

// An administrator ends all connections, again and again, during an import that is resumed
// when it ends with an error. Each user is stored once. No user is Present before an
// import has failed.
func TestImportTerminated(t *testing.T) {
	const n = 2000
	db := openPostgreSQL(t)
	o := newPrefix(t, db)
	setUp(t, db, o)
	s := sqlstore.New(openWith(t, "application_name="+o.Prefix), o)
	opts := transfertest.Accept()
	opts.BatchUsers = 20
	stop := endConnections(t, db, o.Prefix)
	var sum transfer.ImportSummary
	err := errors.New("not imported yet")
	tries, created := 0, int64(0)
	for ; err != nil && tries < 5; tries++ {
		sum, err = s.Import(t.Context(), transfertest.Users(n), opts)
		if created += sum.Created; sum.Exists+sum.Invalid > 0 || tries == 0 && sum.Present > 0 {
			t.Errorf("import number %d: got %+v, want only users that are Created or failed", tries, sum)
		}
	}
	ended := stop()
	t.Logf("%d connections were ended in %d imports", ended, tries)
	if err != nil || sum.Created+sum.Present != n || created > n || ended < 5 {
		t.Errorf("got %+v, %d Created in all, %d ended connections and the error %v, want all users, %d at most, 5 at least and nil", sum, created, ended, err, n)
	}
	transfertest.WantUsers(t, s, n)
}

// If nothing could be done, the error is ErrBusy, and so is that of each user.
func TestImportBusy(t *testing.T) {
	db := openPostgreSQL(t)
	o := newPrefix(t, db)
	setUp(t, db, o)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec("LOCK TABLE " + o.Prefix + "users"); err != nil {
		t.Fatal(err)
	}
	users := []signup.User{{ID: "id-1", Email: "ada@example.org"}, {}, {ID: "id-3", Email: "eve@example.org"}}
	got, err := results(t, sqlstore.New(openWith(t, "lock_timeout=50ms"), o), transfer.ImportOptions{}, users...)
	if want := []string{"busy", "invalid", "busy"}; !errors.Is(err, signup.ErrBusy) || !slices.Equal(got, want) {
		t.Errorf("with a locked table: got the results %v and the error %v, want %v and ErrBusy", got, err, want)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	sum, err := sqlstore.New(db, o).Import(short, transfertest.Users(5), transfertest.Accept())
	if !errors.Is(err, context.DeadlineExceeded) || sum != (transfer.ImportSummary{Read: 5, Failed: 5}) {
		t.Errorf("with a deadline: got %+v and the error %v, want 5 that failed and DeadlineExceeded", sum, err)
	}
	p, url := newProxy(t)
	p.close()
	if sum, err := sqlstore.New(openPool(t, url), o).Import(t.Context(), transfertest.Users(5), nil); !errors.Is(err, signup.ErrBusy) || sum.Created > 0 {
		t.Errorf("without a server: got %+v and the error %v, want no user and ErrBusy", sum, err)
	}
}

// Two imports of the same users at once, in opposite orders: each user is stored once, and
// counted once as Created and once as Present.
func TestImportsAtOnce(t *testing.T) {
	const n = 1000
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		setUp(t, d.DB, d.options)
		var users []signup.User
		for u := range transfertest.Users(n) {
			users = append(users, u)
		}
		backward := slices.Clone(users)
		slices.Reverse(backward)
		var sums [2]transfer.ImportSummary
		atOnce(2, func(i int) {
			opts := transfertest.Accept()
			opts.BatchUsers = 50
			var err error
			sums[i], err = sqlstore.New(d.another(t), d.options).Import(t.Context(), transfertest.Sequence(nil, [][]signup.User{users, backward}[i]...), opts)
			if err != nil {
				t.Errorf("import %d: got the error %v, want nil", i, err)
			}
		})
		if sums[0].Created+sums[1].Created != n || sums[0].Present+sums[1].Present != n {
			t.Errorf("got %+v and %+v, want %d Created and %d Present in all", sums[0], sums[1], n, n)
		}
		transfertest.WantUsers(t, sqlstore.New(d.DB, d.options), n)
	})
}
