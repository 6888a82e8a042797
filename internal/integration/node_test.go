package integration

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A node is an Elasticsearch in a container of its own that can be killed and started
// again: it keeps its address and its data.
type node struct {
	*server
	container   string
	network, ip string // by which it talks to others; none of a single node
	cut         bool   // from the network
}

// singleUsed is held by the test that uses the single node.
var singleUsed sync.Mutex

// startSingle returns a node apart from the servers, which runs: tests may kill it. Until
// the test ends, it is the only one with that node.
func startSingle(t *testing.T) *node {
	t.Helper()
	singleUsed.Lock()
	t.Cleanup(singleUsed.Unlock)
	n := mortal(t, theSingle)
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	if err := n.start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := n.waitFor(ctx, "green"); err != nil {
		t.Fatal(err)
	}
	return n
}

var theSingle = sync.OnceValues(func() (*node, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*startTime)
	defer cancel()
	n, err := newNode(ctx, "a single node", "", "", map[string]string{"discovery.type": "single-node"})
	if err != nil {
		return nil, err
	}
	if err := n.start(ctx); err != nil {
		return nil, err
	}
	return n, n.register()
})

// mortal returns what start starts, in containers: a given server must not be killed.
func mortal[T any](t *testing.T, start func() (T, error)) T {
	t.Helper()
	if onGivenServer() {
		t.Fatal("got a given server, want containers: leave this test out, as make integration does, because it kills servers")
	}
	v, err := start()
	if err != nil {
		t.Fatalf("got %v, want an Elasticsearch to kill\nRun 'make test', which sets up Docker and the image.", err)
	}
	return v
}

// newNode makes the container of a node, which start starts.
func newNode(ctx context.Context, name, network, ip string, settings map[string]string) (*node, error) {
	setUpLibrary()
	n := &node{server: &server{Name: name, StandIn: standIn(image(older))}, network: network, ip: ip}
	if err := reap(); err != nil {
		return nil, err
	}
	host, err := dockerHost(ctx)
	if err != nil {
		return nil, err
	}
	// Docker would choose another at each start.
	hostPort, err := freePort()
	if err != nil {
		return nil, err
	}
	n.URL = "http://" + host + ":" + hostPort

	env := map[string]string{
		"xpack.security.enabled": "false",
		"ES_JAVA_OPTS":           javaOptions,
		// As in the servers: a disk that is 90 % full is enough for tests.
		"cluster.routing.allocation.disk.threshold_enabled": "false",
	}
	maps.Copy(env, settings)
	args := []string{"create", "--label", label + "=" + runID, "--publish", hostPort + ":" + port}
	for k, v := range env {
		args = append(args, "--env", k+"="+v)
	}
	if n.container, err = docker(ctx, append(args, image(older))...); err != nil {
		return nil, err
	}
	if network != "" {
		err = n.connect(ctx)
	}
	return n, err
}

// kill ends the node's processes with SIGKILL.
func (n *node) kill(ctx context.Context) error {
	_, err := docker(ctx, "kill", "--signal", "KILL", n.container)
	return err
}

// start starts the node, if it doesn't run, and waits until it responds. A node
// responds when it has found a master, or has found none for half a minute.
func (n *node) start(ctx context.Context) error {
	if _, err := docker(ctx, "start", n.container); err != nil {
		return err
	}
	for {
		err := n.ask(ctx, "/_nodes/_local?filter_path=nodes.*.name", nil)
		if err == nil {
			return nil
		}
		running, _ := docker(ctx, "inspect", "--format", "{{.State.Running}}", n.container)
		if running != "true" || pause(ctx) != nil {
			log, _ := docker(context.WithoutCancel(ctx), "logs", "--tail", "30", n.container)
			return fmt.Errorf("%s: %w\n%s", n.Name, err, log)
		}
	}
}

// disconnect takes the node from the others, as if a cable were pulled: no connection
// is closed. The node itself can be reached as before.
func (n *node) disconnect(ctx context.Context) error {
	_, err := docker(ctx, "network", "disconnect", n.network, n.container)
	n.cut = n.cut || err == nil
	return err
}

// connect undoes disconnect.
func (n *node) connect(ctx context.Context) error {
	_, err := docker(ctx, "network", "connect", "--ip", n.ip, n.network, n.container)
	n.cut = n.cut && err != nil
	return err
}

// waitFor waits until a single node has this status: see cluster.waitFor.
func (n *node) waitFor(ctx context.Context, status string) error {
	return (&cluster{nodes: []*node{n}}).waitFor(ctx, status, 1)
}

// healthy returns nil if the node knows these numbers of nodes and this status, or a
// better one, and that no shard is on its way.
func (n *node) healthy(ctx context.Context, status string, nodes int) error {
	query := url.Values{
		"wait_for_status":                 {status},
		"wait_for_nodes":                  {strconv.Itoa(nodes)},
		"wait_for_no_initializing_shards": {"true"},
		"wait_for_no_relocating_shards":   {"true"},
		"timeout":                         {"1s"},
		"master_timeout":                  {"1s"},
		"filter_path":                     {"status,number_of_nodes,*_shards"},
	}
	return n.ask(ctx, "/_cluster/health?"+query.Encode(), nil)
}

// ask is do for a node that may be dying.
func (n *node) ask(ctx context.Context, path string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return n.do(ctx, http.MethodGet, path, v)
}

// pause waits a moment. It returns ctx's error if ctx ends first.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}
