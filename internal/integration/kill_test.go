package integration

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Under load, the only node is killed and started again, several times.
func TestKillSingleNode(t *testing.T) {
	t.Parallel() // it has a server of its own, and mostly waits
	n := startSingle(t)
	kills := soaking(2, 20)
	l, client, index := ledgerOn(t, configOf(n))
	underLoad(t, l, kills, func(ctx context.Context) error {
		if err := n.kill(ctx); err != nil {
			return err
		}
		if err := n.start(ctx); err != nil {
			return err
		}
		return n.waitFor(ctx, "green")
	})
	l.check(t, client, index)
}

// Under load, the node of three that has the primary is killed: the replica
// takes over, and the node comes back.
func TestKillPrimary(t *testing.T) {
	c := startCluster(t)
	kills := soaking(2, 10)
	l, client, index := c.ledger(t.Context(), t)
	killed := map[string]int{}
	underLoad(t, l, kills, func(ctx context.Context) error {
		n, err := c.primaryOf(ctx, index)
		if err != nil {
			return err
		}
		killed[n.Name]++
		if err := n.kill(ctx); err != nil {
			return err
		}
		if rand.IntN(2) == 0 { // sometimes it is back before its copy is replaced
			if err := c.waitFor(ctx, "green", 2); err != nil {
				return err
			}
		}
		if err := n.start(ctx); err != nil {
			return err
		}
		return c.waitFor(ctx, "green", 3)
	})
	t.Logf("killed: %v", killed)
	l.check(t, client, index)
}

// ledger is ledgerOn for an index with a replica, which is replaced at once when its
// node has gone.
func (c *cluster) ledger(ctx context.Context, t *testing.T) (l *ledger, client *elasticsearch.Client, index string) {
	t.Helper()
	l, client, index = ledgerOn(t, configOf(c.nodes...))
	noDelay(t, client, index)
	if err := c.waitFor(ctx, "green", len(c.nodes)); err != nil {
		t.Fatal(err)
	}
	return l, client, index
}

// noDelay has a new replica made at once when a node has gone.
func noDelay(t *testing.T, transport esapi.Transport, index string) {
	t.Helper()
	const body = `{"index.unassigned.node_left.delayed_timeout": "0"}`
	if status, body := request(t, transport, http.MethodPut, "/"+index+"/_settings", body); status != http.StatusOK {
		t.Fatalf("setting the delay: got status %d, want 200: %s", status, strings.TrimSpace(body))
	}
}

// underLoad has users made while strike strikes, and lets it be quiet a little
// before and after each time.
func underLoad(t *testing.T, l *ledger, strikes int, strike func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(strikes+1)*startTime)
	defer cancel()
	var done atomic.Bool
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		l.run(ctx, 8, done.Load)
	}()
	quiet := func() { sleep(ctx, time.Second+time.Duration(rand.Int64N(int64(time.Second)))) }
	quiet()
	var err error
	for range strikes {
		if err = strike(ctx); err != nil {
			break
		}
		quiet()
	}
	done.Store(true)
	<-finished
	if err != nil {
		t.Fatalf("a strike returned %v, want nil", err)
	}
}
