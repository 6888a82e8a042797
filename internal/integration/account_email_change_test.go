package integration

import (
	"context"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup/esstore"
)

// The only node is killed and started again, several times, while users change their
// addresses, undo changes, contend for addresses with each other and with sign-ups, change
// passwords and log in. Calls are abandoned as well, as if the process that makes them had
// ended. After each start, each user logs in with one address: the last one that was
// acknowledged.
func TestAccountEmailChangeKilled(t *testing.T) {
	t.Parallel() // it mostly waits for a node of its own
	n := startSingle(t)
	kills := soaking(3, 20)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(kills+1)*startTime)
	defer cancel()
	totals, movers := newMovers(ctx, t, n, 8)
	var steps sync.RWMutex // held for reading during a step
	var done atomic.Bool
	var wg sync.WaitGroup
	for _, m := range movers {
		wg.Go(func() {
			for !done.Load() && ctx.Err() == nil {
				steps.RLock()
				m.step(ctx)
				steps.RUnlock()
			}
		})
	}
	err := error(nil)
	for range kills {
		sleep(ctx, time.Second+time.Duration(mathrand.Int64N(int64(time.Second))))
		if err = restart(ctx, n); err != nil {
			break
		}
		steps.Lock()
		checkAll(ctx, movers)
		steps.Unlock()
	}
	for end := time.Now().Add(time.Minute); !totals.complete() && time.Now().Before(end); { // on a slow machine
		sleep(ctx, 100*time.Millisecond)
	}
	done.Store(true)
	wg.Wait()
	checkAll(ctx, movers)
	if err != nil || ctx.Err() != nil {
		t.Fatalf("a restart returned %v, and the context %v, want nil", err, ctx.Err())
	}
	totals.report(t, kills, movers)
}

// newMovers returns movers of the users in a new index on n, with a user each. Each has a
// client of its own, whose requests aren't recorded, as there are too many to be searched.
func newMovers(ctx context.Context, t *testing.T, n *node, number int) (*moveTotals, []*mover) {
	t.Helper()
	totals := &moveTotals{waiting: map[string]chan struct{}{}, winners: map[string]string{}}
	alias := indexName(t)
	var movers []*mover
	for range number {
		cfg := configOf(n)
		cfg.RetryOnError = esstore.RetryOnError
		client, err := elasticsearch.NewClient(cfg)
		if err != nil {
			t.Fatal(err)
		}
		store := esstore.New(client, &esstore.Options{Alias: alias})
		if err := store.Setup(ctx); err != nil {
			t.Fatalf("Setup returned %v, want nil", err)
		}
		m := &mover{T: t, moveTotals: totals, store: store}
		if !m.signUp(ctx, totals.free()) {
			t.Fatal("got no user for an address that is free, want one")
		}
		movers = append(movers, m)
	}
	return totals, movers
}

// A mover is the only caller that changes its users. The last one moves.
type mover struct {
	*testing.T
	*moveTotals
	store *esstore.Store
	users []*movingUser
}

// step makes one change. A user that has had many addresses moves no longer, as the number
// of those that are held for an undo is limited.
func (m *mover) step(ctx context.Context) {
	u := m.users[len(m.users)-1]
	for len(u.addresses) > 12 && ctx.Err() == nil {
		if m.signUp(ctx, m.free()) {
			u = m.users[len(m.users)-1]
		}
	}
	switch mathrand.IntN(13) {
	case 0, 1, 2:
		u.move(ctx, m.contested())
	case 3, 4:
		u.move(ctx, m.free())
	case 5:
		u.move(ctx, u.addresses[mathrand.IntN(len(u.addresses))])
	case 6, 7, 8:
		u.undo(ctx)
	case 9:
		u.cancel(ctx, m.free())
	case 10:
		u.changePassword(ctx)
	case 11:
		m.signUp(ctx, m.contested())
	case 12:
		u.check(ctx)
	}
}

// checkAll checks all users of the movers.
func checkAll(ctx context.Context, movers []*mover) {
	var wg sync.WaitGroup
	for _, m := range movers {
		wg.Go(func() {
			for _, u := range m.users {
				u.check(ctx)
			}
		})
	}
	wg.Wait()
}

// check wants the user to log in with the address that was acknowledged last, and with no
// other.
func (u *movingUser) check(ctx context.Context) {
	u.Helper()
	at := u.places(ctx)
	if ctx.Err() != nil || slices.Equal(at, []string{u.email}) {
		return
	}
	if len(at) > 1 {
		u.doubled.Add(1)
	} else {
		u.lost.Add(1)
	}
	u.Errorf("the user logs in with %d addresses, the acknowledged one among them: %t; want 1, true", len(at), slices.Contains(at, u.email))
}
