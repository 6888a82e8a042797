package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A cluster is of nodes with a network of their own.
type cluster struct{ nodes []*node }

// startCluster returns the cluster of three nodes, all of them up: what a test before
// has killed is started again.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := mortal(t, theCluster)
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	if err := c.heal(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

var theCluster = sync.OnceValues(func() (*cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*startTime)
	defer cancel()
	c, err := newCluster(ctx, 3)
	if err != nil {
		return nil, err
	}
	if err := c.heal(ctx); err != nil {
		return nil, err
	}
	told := *c.nodes[0].server
	told.Name = "a cluster of three nodes"
	return c, told.register()
})

func newCluster(ctx context.Context, size int) (*cluster, error) {
	if err := reap(); err != nil {
		return nil, err
	}
	network := "signup-" + strings.ToLower(runID)
	addresses, err := newNetwork(ctx, network)
	if err != nil {
		return nil, err
	}
	c := &cluster{}
	var names []string
	for i := range size {
		names = append(names, fmt.Sprintf("node-%d", i+1))
	}
	for i, name := range names {
		n, err := newNode(ctx, name, network, addresses[i], map[string]string{
			"node.name":                    name,
			"cluster.name":                 network,
			"cluster.initial_master_nodes": strings.Join(names, ","),
			"discovery.seed_hosts":         strings.Join(addresses[:size], ","),
			"transport.publish_host":       addresses[i],
			// Many systems allow fewer maps than a node of a cluster insists on.
			"node.store.allow_mmap": "false",
			// A node that was killed is missed at once, since its connections end. A node
			// that was disconnected is missed after these 2 × 5 s, not the default's 3 × 10 s.
			"cluster.fault_detection.follower_check.timeout":     "5s",
			"cluster.fault_detection.follower_check.retry_count": "2",
			"cluster.fault_detection.leader_check.timeout":       "5s",
			"cluster.fault_detection.leader_check.retry_count":   "2",
			// So long may the master wait for a node that no longer responds, not 30 s.
			"cluster.publish.timeout": "10s",
			// So that one that is connected again tries others soon, not after 30 s.
			"discovery.probe.connect_timeout": "2s",
			"transport.connect_timeout":       "5s",
		})
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, n)
	}
	return c, nil
}

// heal connects and starts all nodes and waits until nothing is amiss.
func (c *cluster) heal(ctx context.Context) error {
	errs := make([]error, len(c.nodes))
	var wg sync.WaitGroup
	for i, n := range c.nodes {
		wg.Go(func() {
			if n.cut {
				errs[i] = n.connect(ctx)
			}
			errs[i] = errors.Join(errs[i], n.start(ctx))
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return c.waitFor(ctx, "green", len(c.nodes))
}

// waitFor waits until the cluster is of that many nodes and has this status or a
// better one, and no shard is on its way. Any node that is up gets the request.
func (c *cluster) waitFor(ctx context.Context, status string, nodes int) error {
	for {
		var errs []error
		for _, n := range c.nodes {
			err := n.healthy(ctx, status, nodes)
			if err == nil {
				return nil
			}
			errs = append(errs, err)
		}
		if pause(ctx) != nil {
			return fmt.Errorf("no cluster of %d nodes that is %s: %w", nodes, status, errors.Join(errs...))
		}
	}
}

// primaryOf returns the node that holds the primary of the index's one shard, and
// waits for a while where there is none: a cluster that is whole again may still
// lose a node that was slow to respond.
func (c *cluster) primaryOf(ctx context.Context, index string) (*node, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		n, err := c.knownPrimary(ctx, index)
		if err == nil || pause(ctx) != nil {
			return n, err
		}
	}
}

func (c *cluster) knownPrimary(ctx context.Context, index string) (*node, error) {
	var errs []error
	for _, asked := range c.nodes {
		var shards []struct{ PriRep, Node string }
		if err := asked.ask(ctx, "/_cat/shards/"+index+"?format=json&h=prirep,node", &shards); err != nil {
			errs = append(errs, err)
			continue
		}
		for _, n := range c.nodes {
			for _, s := range shards {
				if s.PriRep == "p" && s.Node == n.Name {
					return n, nil
				}
			}
		}
		errs = append(errs, fmt.Errorf("%s knows no primary of %s", asked.Name, index))
	}
	return nil, errors.Join(errs...)
}

// client returns a client that knows all nodes. It has its default settings, except for
// the size of the pool, and for logs and traces, which are recorded.
func (c *cluster) client(t *testing.T) *elasticsearch.Client {
	t.Helper()
	transport, err := c.nodes[0].transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := configOf(c.nodes...)
	cfg.Transport = transport
	client, err := elasticsearch.NewClient(instrumented(cfg))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestCluster checks what the tests of faults stand on: Setup's index has a replica
// where there are nodes for it, which takes over when the primary's node is killed,
// and the node comes back with its address.
func TestCluster(t *testing.T) {
	begin := time.Now()
	took := func(what string) {
		t.Helper()
		t.Attr(what, time.Since(begin).Round(10*time.Millisecond).String())
		begin = time.Now()
	}
	c := startCluster(t)
	took("up")

	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("got %v, want no error", err)
		}
	}
	client, index := c.client(t), indexName(t)
	store := esstore.New(client, &esstore.Options{Alias: index})
	try(store.Setup(ctx))
	noDelay(t, client, index)
	try(c.waitFor(ctx, "green", 3))
	if _, body := request(t, client, http.MethodGet, "/_cat/shards/"+index+"?h=prirep,state", ""); strings.Count(body, "STARTED") != 2 {
		t.Fatalf("got the shards %s, want a primary and a replica", body)
	}
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	try(store.Create(ctx, &u))
	took("index_with_replica")

	first, err := c.primaryOf(ctx, index)
	try(err)
	try(first.kill(ctx))
	took("killed")
	try(c.waitFor(ctx, "yellow", 2))
	took("yellow")
	second, err := c.primaryOf(ctx, index)
	try(err)
	if second == first {
		t.Errorf("got %s as the node of the primary, want another: it was killed", second.Name)
	}
	if stored, err := store.Get(ctx, u.Key()); err != nil || !stored.Equal(u) {
		t.Errorf("Get returned %v, %v, want %v, nil", stored, err, u)
	}
	try(c.waitFor(ctx, "green", 2))
	took("green_by_new_replica")

	try(first.start(ctx))
	took("started_again")
	try(c.waitFor(ctx, "green", 3))
	took("green_with_three_nodes")
}
