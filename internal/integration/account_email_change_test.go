package integration

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
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
	check := func() {
		steps.Lock()
		defer steps.Unlock()
		var checks sync.WaitGroup
		for _, m := range movers {
			checks.Go(func() {
				for _, u := range m.users {
					u.check(ctx)
				}
			})
		}
		checks.Wait()
	}
	err := error(nil)
	for range kills {
		sleep(ctx, time.Second+time.Duration(mathrand.Int64N(int64(time.Second))))
		if err = restart(ctx, n); err != nil {
			break
		}
		check()
	}
	done.Store(true)
	wg.Wait()
	check()
	if err != nil || ctx.Err() != nil {
		t.Fatalf("a restart returned %v, and the context %v, want nil", err, ctx.Err())
	}
	totals.report(t, kills, movers)
}

// moveTotals are what all movers have seen, beside the totals of their owners.
type moveTotals struct {
	owners                                      ownerTotals
	changes, undone, canceled, signUps, refused atomic.Int64 // acknowledged; refused: ErrExists
	abandoned, applied, doubled                 atomic.Int64 // applied: abandoned, and carried out
	asked                                       atomic.Int64 // for contested addresses

	mu      sync.Mutex
	waiting map[string]chan struct{} // for another caller, by contested address
	winners map[string]string        // the ID of the user, by contested address
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

// free returns an address that is asked for once.
func (m *moveTotals) free() string { return fmt.Sprintf("free%d@example.org", m.asked.Add(1)) }

// contested returns an address that three callers get, one after the other.
func (m *moveTotals) contested() string {
	return fmt.Sprintf("contested%d@example.org", m.asked.Add(1)/3)
}

// meet waits a little until another caller contends for the address.
func (m *moveTotals) meet(ctx context.Context, address string) {
	if !strings.HasPrefix(address, "contested") {
		return
	}
	m.mu.Lock()
	other, ok := m.waiting[address]
	if ok {
		delete(m.waiting, address)
		close(other)
	} else {
		other = make(chan struct{})
		m.waiting[address] = other
	}
	m.mu.Unlock()
	select {
	case <-other:
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// won notes that the user with an ID has got an address. No other user gets it in this
// test, as it is held for an undo.
func (m *moveTotals) won(t *testing.T, address, id string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if other := m.winners[address]; other != "" && other != id {
		m.doubled.Add(1)
		t.Error("got two users that an address was acknowledged for, want one")
	}
	m.winners[address] = id
}

func (m *moveTotals) report(t *testing.T, kills int, movers []*mover) {
	t.Helper()
	o := &m.owners
	if min(m.changes.Load(), m.undone.Load(), m.canceled.Load(), m.signUps.Load(), m.refused.Load(), o.passwords.Load(), o.logIns.Load(), o.unknown.Load(), m.abandoned.Load()) == 0 {
		t.Error("got a kind of change of which none was acknowledged, or none refused, abandoned or of unknown outcome; want some of each")
	}
	users := 0
	for _, mover := range movers {
		users += len(mover.users)
	}
	t.Attr("moves", fmt.Sprintf("%d kills; %d users; acknowledged %d changes of address, %d undone, %d canceled, %d passwords, %d resets, %d log-ins; refused as taken %d; %d calls, of which %d of unknown outcome; %d changes abandoned, of which %d were made; lost %d, doubled %d",
		kills, users, m.changes.Load(), m.undone.Load(), m.canceled.Load(), o.passwords.Load(), o.resets.Load(), o.logIns.Load(), m.refused.Load(),
		o.calls.Load(), o.unknown.Load(), m.abandoned.Load(), m.applied.Load(), o.lost.Load(), m.doubled.Load()))
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
	switch mathrand.IntN(12) {
	case 0, 1, 2:
		u.move(ctx, m.contested())
	case 3, 4:
		u.move(ctx, m.free())
	case 5:
		u.move(ctx, u.addresses[mathrand.IntN(len(u.addresses))])
	case 6, 7:
		u.undo(ctx)
	case 8:
		u.cancel(ctx, m.free())
	case 9:
		u.changePassword(ctx)
	case 10:
		m.signUp(ctx, m.contested())
	case 11:
		u.check(ctx)
	}
}

// check compares what the user can log in with with what was acknowledged.
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
