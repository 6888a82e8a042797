package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// theAdjustable is a server whose cluster settings tests change.
var theAdjustable = sync.OnceValues(func() (*server, error) { return start("with other settings", older, false) })

// What an operation does under a setting.
const (
	works = ""  // returns nil
	fails = "?" // returns an error, of the context or of Elasticsearch
	open  = "*" // depends on the time
)

// A clusterSetting is a setting of the whole cluster, and what each operation does under it:
// one of the constants, or the text that its error contains.
type clusterSetting struct {
	name, settings string // the latter in JSON
	want           map[string]string
	code           string // that Check finds for a new alias or for the old one; "" if none
	blocks         bool   // Elasticsearch blocks the indices after a while
}

const (
	limitReason   = "this action would add"
	readOnly      = "cluster read-only (api)"
	allowDelete   = "cluster read-only / allow delete (api)"
	blockedStatus = "cluster_block_exception"
)

var clusterSettings = []clusterSetting{
	{name: "one shard at most", settings: `"cluster.max_shards_per_node": 1`, code: "shards-limit",
		want: map[string]string{"Setup": limitReason, "Reindex": limitReason}},
	{name: "read-only", settings: `"cluster.blocks.read_only": true`, code: "blocked",
		want: map[string]string{"Setup": readOnly, "Reindex": readOnly, "Register": blockedStatus, "Import": fails}},
	{name: "read-only, except for deletions", settings: `"cluster.blocks.read_only_allow_delete": true`, code: "blocked",
		want: map[string]string{"Setup": allowDelete, "Reindex": allowDelete, "Register": blockedStatus, "Import": fails}},
	{name: "no index made by a write", settings: `"action.auto_create_index": false`},
	{name: "no index made by a write to these names", settings: `"action.auto_create_index": "-signup-test*,+*"`},
	{name: "no shard gets a node", settings: `"cluster.routing.allocation.enable": "none"`, code: "unavailable",
		want: map[string]string{"Setup": open, "Reindex": fails}},
	{name: "memory for requests", settings: `"indices.breaker.request.limit": "1kb"`,
		want: map[string]string{"Reindex": open, "Search": open, "Import": open, "Register": open}},
	{name: "buckets", settings: `"search.max_buckets": 1`},
	{name: "deletion by name only", settings: `"action.destructive_requires_name": true`},
	{name: "a disk that is not full", settings: `"cluster.routing.allocation.disk.threshold_enabled": true, "cluster.info.update.interval": "10s",
		"cluster.routing.allocation.disk.watermark.low": "1b", "cluster.routing.allocation.disk.watermark.high": "1b",
		"cluster.routing.allocation.disk.watermark.flood_stage": "1b"`, // of free space
	},
	{name: "a full disk, by per cent", settings: `"cluster.routing.allocation.disk.threshold_enabled": true, "cluster.info.update.interval": "10s",
		"cluster.routing.allocation.disk.watermark.low": "0.01%", "cluster.routing.allocation.disk.watermark.high": "0.02%",
		"cluster.routing.allocation.disk.watermark.flood_stage": "0.03%"`, code: "blocked", blocks: true,
		want: map[string]string{"Setup": open, "Reindex": open, "Register": blockedStatus, "Import": fails}},
	// These are not among those that were reported.
	{name: "no expensive searches", settings: `"search.allow_expensive_queries": false`, code: "expensive-queries",
		want: map[string]string{"Search": fails}},
	{name: "no index is closed", settings: `"cluster.indices.close.enable": false`},
	{name: "one shard for a search", settings: `"action.search.shard_count.limit": 1`},
	{name: "one shard on a node", settings: `"cluster.routing.allocation.total_shards_per_node": 1`, code: "unavailable",
		want: map[string]string{"Setup": open, "Reindex": fails}},
}

// Under each setting, an operation does what it is for, or returns an error with the reason
// where the request has no user's data. Check finds why. No user and no hash is lost.
func TestClusterSettings(t *testing.T) {
	t.Parallel() // it has a server of its own, and mostly waits
	s := mortal(t, theAdjustable)
	for _, c := range clusterSettings {
		t.Run(c.name, func(t *testing.T) { testClusterSetting(t, s.client(t), c) })
	}
}

func testClusterSetting(t *testing.T, client *elasticsearch.Client, c clusterSetting) {
	store, alias := newStore(t, client)
	accounts := &signup.Accounts{Store: store, Hasher: signup.Bcrypt{Cost: 4}}
	const password = "correct horse battery staple"
	registration := func(n int) signup.Registration {
		return signup.Registration{Email: fmt.Sprintf("ada.%d@example.org", n), Password: password, FirstName: "Ada"}
	}
	var stored []signup.User
	for n := range 5 {
		u, err := accounts.Register(t.Context(), registration(n))
		if err != nil {
			t.Fatalf("Register returned %v, want nil", err)
		}
		stored = append(stored, u)
	}
	if err := store.Refresh(t.Context()); err != nil {
		t.Fatalf("Refresh returned %v, want nil", err)
	}
	fresh := esstore.New(client, &esstore.Options{Alias: indexName(t)})

	put := func(settings string) {
		t.Helper()
		if status, body := request(t, client, http.MethodPut, "/_cluster/settings", `{"persistent": {`+settings+`}}`); status != http.StatusOK {
			t.Fatalf("cluster settings: got status %d, want 200: %s", status, body)
		}
	}
	reset := func() { put(resetOf(c.settings)) }
	put(c.settings)
	defer reset()
	if c.blocks {
		waitForBlock(t, client, alias)
	}

	var codes []string
	for _, op := range []struct {
		name string
		do   func(ctx context.Context) error
	}{
		{"Check", func(ctx context.Context) error {
			findings, err := store.Check(ctx)
			codes = append(codes, codesOf(findings)...)
			return err
		}},
		{"Setup again", store.Setup},
		{"Register", func(ctx context.Context) error {
			u, err := accounts.Register(ctx, registration(5))
			if err == nil {
				stored = append(stored, u)
			}
			return err
		}},
		{"Authenticate", func(ctx context.Context) error {
			_, err := accounts.Authenticate(ctx, "ada.0@example.org", password)
			return err
		}},
		{"Search", func(ctx context.Context) error {
			n := 0
			for _, err := range store.Search(ctx, signup.Query{EmailPrefix: "ada."}) {
				if err != nil {
					return err
				}
				n++
			}
			if n < 5 {
				return fmt.Errorf("Search yielded %d users", n)
			}
			return nil
		}},
		{"Import", func(ctx context.Context) error {
			u := signup.User{ID: "imported", Email: "grace@example.org", Active: true, CreatedAt: time.Now(), PasswordHash: stored[0].PasswordHash}
			_, err := store.Import(ctx, func(yield func(signup.User, error) bool) { yield(u, nil) }, nil)
			if err == nil {
				stored = append(stored, u)
			}
			return err
		}},
		{"Setup", fresh.Setup},
		{"Check of another alias", func(ctx context.Context) error {
			findings, err := fresh.Check(ctx)
			codes = append(codes, codesOf(findings)...)
			return err
		}},
		{"Reindex", store.Reindex},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		err := op.do(ctx)
		cancel()
		t.Logf("%s: %v", op.name, err)
		wantUnder(t, op.name, err, c.want[op.name])
	}
	t.Logf("Check: %q", codes)
	if c.code != "" && !slices.Contains(codes, c.code) {
		t.Errorf("Check found %q, want %s among them", codes, c.code)
	}

	reset()
	restored := context.WithoutCancel(t.Context())
	unblockAll(restored, t, client, alias)
	for _, err := range []error{store.Setup(restored), fresh.Setup(restored), store.Reindex(restored)} {
		if err != nil {
			t.Errorf("without the setting: got error %v, want nil", err)
		}
	}
	lost := 0
	for _, u := range stored {
		if got, err := accounts.Authenticate(restored, u.Email, password); err != nil || got.ID != u.ID {
			lost++
			t.Errorf("Authenticate returned %v, %v, want the user %s", got, err, u.ID)
		}
	}
	t.Attr("users", fmt.Sprintf("acknowledged %d, lost %d", len(stored), lost))
}

// resetOf returns settings, in JSON, with null for each value.
func resetOf(settings string) string {
	var nulls []string
	for _, part := range strings.Split(settings, `"`) {
		if strings.HasPrefix(part, "cluster.") || strings.HasPrefix(part, "action.") || strings.HasPrefix(part, "search.") || strings.HasPrefix(part, "indices.") {
			nulls = append(nulls, `"`+part+`": null`)
		}
	}
	return strings.Join(nulls, ", ")
}

// waitForBlock waits until Elasticsearch has found that the disk is full.
func waitForBlock(t *testing.T, client *elasticsearch.Client, alias string) {
	t.Helper()
	for range 120 {
		if _, body := request(t, client, http.MethodGet, "/"+alias+"/_settings?flat_settings=true", ""); strings.Contains(body, `"index.blocks.read_only_allow_delete":"true"`) {
			return
		}
		sleep(t.Context(), time.Second)
	}
	t.Fatalf("got no block within two minutes, want one")
}

// unblockAll lifts what a full disk has set, as Elasticsearch does later.
func unblockAll(ctx context.Context, t *testing.T, client *elasticsearch.Client, alias string) {
	t.Helper()
	for range 20 {
		status, body := request(t, client, http.MethodPut, "/"+alias+"-*/_settings?expand_wildcards=all", `{"index.blocks.read_only_allow_delete": null}`)
		if status == http.StatusOK {
			return
		}
		t.Logf("lifting the block: got status %d: %.200s", status, body)
		sleep(ctx, time.Second)
	}
}

func wantUnder(t *testing.T, op string, err error, want string) {
	t.Helper()
	switch {
	case want == open:
	case want == works && err != nil:
		t.Errorf("%s returned %v, want nil", op, err)
	case want == fails && err == nil, want != works && want != fails && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s returned %v, want an error: %s", op, err, want)
	case errors.Is(err, signup.ErrNotFound), errors.Is(err, signup.ErrBadCredentials):
		t.Errorf("%s returned %v, want no error that says that there is no such user", op, err)
	}
}
