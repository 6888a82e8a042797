package integration

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// The only node is killed and started again, several times, while owners change passwords,
// reset them, log in and end sessions. After each start, what was acknowledged stands.
func TestAccountKill(t *testing.T) {
	t.Parallel() // it mostly waits for a node of its own
	n := startSingle(t)
	kills := soaking(2, 10)
	owners, totals := newOwners(t, n, 4)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(kills+1)*startTime)
	defer cancel()
	var steps sync.RWMutex // held for reading during a step
	var done atomic.Bool
	var wg sync.WaitGroup
	for _, o := range owners {
		wg.Go(func() {
			for !done.Load() && ctx.Err() == nil {
				steps.RLock()
				o.step(ctx)
				steps.RUnlock()
			}
		})
	}
	err := error(nil)
	for range kills {
		sleep(ctx, time.Second)
		if err = restart(ctx, n); err != nil {
			break
		}
		steps.Lock()
		for _, o := range owners {
			o.check(ctx)
		}
		steps.Unlock()
	}
	done.Store(true)
	wg.Wait()
	if err != nil || ctx.Err() != nil {
		t.Fatalf("a restart returned %v, and the context %v, want nil", err, ctx.Err())
	}
	if min(totals.passwords.Load(), totals.resets.Load(), totals.logIns.Load(), totals.ends.Load(), totals.voids.Load(), totals.unknown.Load()) == 0 {
		t.Error("got a kind of change of which none was acknowledged, or no call of unknown outcome, want some of each")
	}
	t.Attr("owners", fmt.Sprintf("%d kills; %d calls, of which %d of unknown outcome; acknowledged %d passwords, %d resets, %d log-ins, %d ends of sessions, %d refusals of void tokens; lost %d",
		kills, totals.calls.Load(), totals.unknown.Load(), totals.passwords.Load(), totals.resets.Load(), totals.logIns.Load(), totals.ends.Load(), totals.voids.Load(), totals.lost.Load()))
}

// newOwners registers as many users in a new index on n. Their requests aren't recorded,
// as there are too many to be searched.
func newOwners(t *testing.T, n *node, number int) ([]*owner, *ownerTotals) {
	t.Helper()
	cfg := configOf(n)
	cfg.RetryOnError = esstore.RetryOnError
	client, err := elasticsearch.NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	store := esstore.New(client, &esstore.Options{Alias: indexName(t)})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	accounts, box := newAccounts(store)
	totals := new(ownerTotals)
	var owners []*owner
	for i := range number {
		o := &owner{T: t, ownerTotals: totals, accounts: accounts, box: box, email: fmt.Sprintf("owner%d@example.org", i), password: password(i)}
		if _, err := accounts.Register(t.Context(), signup.Registration{Email: o.email, Password: o.password}); err != nil {
			t.Fatalf("Register returned %v, want nil", err)
		}
		owners = append(owners, o)
	}
	return owners, totals
}
