package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

const (
	limitCalls = 1000 // of each process
	limitEach  = 100  // of these, under one name
	limit      = 20   // calls that are let through, under one name
)

func init() {
	children["limit"] = func(*esstore.Store, string) error {
		client, err := childClient()
		if err != nil {
			return err
		}
		addLimited(esstore.NewCounter(client, &esstore.CounterOptions{Alias: os.Getenv(childVariable + "_INDEX")}))
		return nil
	}
}

// addLimited makes limitCalls Adds, 16 at once. It prints a line for each: the name and
// the count, or busy, or unknown.
func addLimited(c *esstore.Counter) {
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < limitCalls; i = next.Add(1) - 1 {
				name := fmt.Sprintf("limit-%d", i/limitEach)
				n, err := c.Add(context.Background(), name, 1, time.Hour)
				result := strconv.Itoa(n)
				switch {
				case errors.Is(err, signup.ErrBusy):
					result = "busy"
				case err != nil:
					result = "unknown"
				}
				mu.Lock()
				fmt.Println(name, result)
				mu.Unlock()
				for err != nil { // until the node is back, so that most calls are made then
					time.Sleep(100 * time.Millisecond)
					_, err = c.Add(context.Background(), name, 0, time.Hour)
				}
			}
		})
	}
	wg.Wait()
}

// Two processes count the calls under ten names while the only node is killed and started
// again. No acknowledged Add is lost, and no limit lets more calls through.
func TestAccountCounterKilled(t *testing.T) {
	t.Parallel() // it mostly waits for a node of its own
	n := startSingle(t)
	client, err := elasticsearch.NewClient(instrumented(configOf(n)))
	if err != nil {
		t.Fatal(err)
	}
	alias := indexName(t)
	c := esstore.NewCounter(client, &esstore.CounterOptions{Alias: alias})
	if err := c.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*startTime)
	defer cancel()
	processes := []*child{startChild(t, n.server, "limit", alias, ""), startChild(t, n.server, "limit", alias, "")}
	for begun := 0; begun == 0; sleep(ctx, 10*time.Millisecond) {
		if begun, err = c.Add(ctx, "limit-2", 0, time.Hour); err != nil {
			t.Fatalf("Add returned %v, want nil", err)
		}
	}
	if err := restart(ctx, n); err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		p.wait(t, startTime)
	}
	checkLimits(t, c, processes)
}

// restart kills the node, starts it again, and waits until it is whole.
func restart(ctx context.Context, n *node) error {
	if err := n.kill(ctx); err != nil {
		return err
	}
	if err := n.start(ctx); err != nil {
		return err
	}
	return n.waitFor(ctx, "green")
}

// checkLimits compares the counts with what the processes have printed.
func checkLimits(t *testing.T, c *esstore.Counter, processes []*child) {
	t.Helper()
	results := map[string]map[string]int{} // by name: how often each result came
	calls, sum, failed := 0, 0, map[string]int{}
	for _, p := range processes {
		for line := range strings.Lines(p.output.String()) {
			if name, result, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, "limit-") {
				if results[name] == nil {
					results[name] = map[string]int{}
				}
				results[name][result]++
				calls++
			}
		}
	}
	if want := len(processes) * limitCalls; calls != want || len(results) != limitCalls/limitEach {
		t.Errorf("got %d results under %d names, want %d under %d", calls, len(results), want, limitCalls/limitEach)
	}
	for name, of := range results {
		through, acknowledged := 0, 0
		for result, times := range of {
			n, err := strconv.Atoi(result)
			if err != nil {
				failed[result] += times
				continue
			}
			acknowledged += times
			if n <= limit {
				through += times
			}
			if times > 1 {
				t.Errorf("%s: got the count %d %d times, want it once", name, n, times)
			}
		}
		all := len(processes) * limitEach
		n, err := c.Add(t.Context(), name, 0, time.Hour)
		if err != nil || n < acknowledged || n > all || through > limit {
			t.Errorf("%s: got the count %d, error %v and %d calls let through, want %d to %d, nil and at most %d", name, n, err, through, acknowledged, all, limit)
		}
		sum += acknowledged
	}
	t.Attr("counter", fmt.Sprintf("1 kill; %d calls, %d acknowledged, %d busy, %d of unknown outcome; lost 0, let through beyond a limit 0",
		calls, sum, failed["busy"], failed["unknown"]))
}
