package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A patient is an installation that a test damages and repairs.
type patient struct {
	*testing.T
	client *elasticsearch.Client
	alias  string
	index  string // the first one
	store  *esstore.Store
	user   signup.User // the stored user
}

func newPatient(t *testing.T, s *server) *patient {
	p := &patient{T: t, client: s.client(t), alias: indexName(t)}
	p.index = p.alias + "-000001"
	p.store = esstore.New(p.client, &esstore.Options{Alias: p.alias})
	p.setUp()
	p.create()
	return p
}

func (p *patient) create() {
	p.Helper()
	p.user = signup.User{ID: "id-0", Email: "Ada@example.org", FirstName: "Ada", CreatedAt: time.Now()}
	if err := p.store.Create(p.Context(), &p.user); err != nil {
		p.Fatalf("Create returned %v, want nil", err)
	}
}

func (p *patient) setUp() {
	p.Helper()
	if err := p.store.Setup(p.Context()); err != nil {
		p.Fatalf("Setup returned %v, want nil", err)
	}
}

func (p *patient) reindex() {
	p.Helper()
	if err := p.store.Reindex(p.Context()); err != nil {
		p.Fatalf("Reindex returned %v, want nil", err)
	}
}

// send sends a request as Kibana's console takes it, in which ALIAS is the alias.
func (p *patient) send(console string) string {
	p.Helper()
	line, body, _ := strings.Cut(strings.ReplaceAll(console, "ALIAS", p.alias), "\n")
	method, path, _ := strings.Cut(line, " ")
	status, answer := request(p.T, p.client, method, path, body)
	if status >= 300 {
		p.Fatalf("%s: got status %d, want below 300: %s", line, status, answer)
	}
	return answer
}

func (p *patient) set(setting string) {
	p.Helper()
	p.send("PUT /ALIAS-000001/_settings\n{" + setting + "}")
}

// made returns what the index can be made with once more.
func (p *patient) made(settings string) (body map[string]any) {
	p.Helper()
	var indices map[string]map[string]any
	if err := json.Unmarshal([]byte(p.send("GET /ALIAS-000001")), &indices); err != nil {
		p.Fatal(err)
	}
	body = indices[p.index]
	body["settings"] = json.RawMessage("{" + settings + "}")
	return body
}

func (p *patient) make(index string, body map[string]any) {
	p.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	p.send("PUT /" + index + "?wait_for_active_shards=0\n" + string(b))
}

// remake replaces the index by an empty one.
func (p *patient) remake(body map[string]any) {
	p.Helper()
	p.send("DELETE /ALIAS-000001")
	p.make(p.index, body)
}

// copying makes what a migration begins with.
func (p *patient) copying() {
	p.Helper()
	body := p.made(`"index.auto_expand_replicas": "0-1"`)
	// No process holds its lease.
	body["aliases"] = map[string]any{p.alias + "-000002.copy-free-x": map[string]any{}}
	body["mappings"].(map[string]any)["_meta"] = map[string]any{"signup": map[string]any{"schema": 3, "from": p.index, "reduced": true}}
	p.make(p.alias+"-000002", body)
}

// ready waits until the primary can be used.
func (p *patient) ready(index string) {
	p.Helper()
	p.send("GET /_cluster/health/" + index + "?wait_for_status=yellow&timeout=30s")
}

// clone copies the index, without its aliases, and deletes it.
func (p *patient) clone(from, to string) {
	p.Helper()
	p.send("PUT /" + from + "/_block/write")
	p.send("POST /" + from + "/_clone/" + to + "\n" + `{"settings": {"index.blocks.write": null}}`)
	p.send("DELETE /" + from)
	p.ready(to)
}

func (p *patient) check() []esstore.Finding {
	p.Helper()
	findings, err := p.store.Check(p.Context())
	if err != nil {
		p.Fatalf("Check returned %v, want nil", err)
	}
	return findings
}

func codesOf(findings []esstore.Finding) []string {
	codes := []string{}
	for _, f := range findings {
		codes = append(codes, f.Code)
	}
	return codes
}

// apply sends the request of the finding with this code.
func (p *patient) apply(code string) {
	p.Helper()
	for _, f := range p.check() {
		if f.Code == code {
			p.send(f.Request)
			return
		}
	}
	p.Fatalf("got no finding %s, want one", code)
}

// works has the store do all that it can.
func (p *patient) works() {
	p.Helper()
	ctx := p.Context()
	u := signup.User{ID: "id-1", Email: "Grace@example.org", FirstName: "Grace", CreatedAt: time.Now()}
	if err := p.store.Create(ctx, &u); err != nil {
		p.Fatalf("Create returned %v, want nil", err)
	}
	u.LastName = "Hopper"
	if err := p.store.Update(ctx, &u); err != nil {
		p.Errorf("Update returned %v, want nil", err)
	}
	if stored, err := p.store.Get(ctx, u.Key()); err != nil || !stored.Equal(u) {
		p.Errorf("Get returned %v, %v, want %v, nil", stored, err, u)
	}
	if err := p.store.Refresh(ctx); err != nil {
		p.Errorf("Refresh returned %v, want nil", err)
	}
	if ids := p.search(esstore.Query{NameWords: "grace hopper"}); !slices.Equal(ids, []string{u.ID}) {
		p.Errorf("Search yielded the users %q, want %q", ids, u.ID)
	}
	if err := p.store.Delete(ctx, u); err != nil {
		p.Errorf("Delete returned %v, want nil", err)
	}
}

func (p *patient) search(q esstore.Query) (ids []string) {
	p.Helper()
	for u, err := range p.store.SearchText(p.Context(), q) {
		if err != nil {
			p.Fatalf("Search yielded %v, want nil", err)
		}
		ids = append(ids, u.ID)
	}
	return ids
}

// Each problem is caused on a real server of either version. Check finds it and no
// other, and its remedy repairs it.
func TestCheck(t *testing.T) {
	all := servers(t)
	for _, s := range slices.Compact([]*server{all[0], all[len(all)-1]}) {
		t.Run(s.Name, func(t *testing.T) { t.Parallel(); testCheck(t, s, s == all[0]) })
	}
}

// testCheck breaks installations in all ways, or, as that takes long, in a third.
func testCheck(t *testing.T, s *server, all bool) {
	request := func(code string) func(*patient) { return func(p *patient) { p.apply(code) } }
	for n, c := range []struct {
		name   string
		codes  string
		damage func(p *patient)
		repair func(p *patient)
		lost   bool // the users, by the damage
	}{
		{"no index", "no-alias", func(p *patient) { p.send("DELETE /ALIAS-000001") }, (*patient).setUp, true},
		{"no aliases", "no-alias", func(p *patient) {
			p.send("POST /_aliases\n" + `{"actions": [{"remove": {"index": "ALIAS-000001", "aliases": ["ALIAS", "ALIAS-000001.own"]}}]}`)
		}, request("no-alias"), false},
		{"an index in the alias's place", "alias-is-index", func(p *patient) {
			p.send("POST /_aliases\n" + `{"actions": [{"remove": {"index": "ALIAS-000001", "aliases": ["ALIAS", "ALIAS-000001.own"]}}]}`)
			p.clone(p.index, p.alias)
		}, func(p *patient) {
			p.clone(p.alias, p.index)
			p.apply("no-alias")
		}, false},
		{"two indices", "several-indices", func(p *patient) {
			p.send("PUT /ALIAS-000002\n" + `{"aliases": {"ALIAS": {}}}`)
		}, func(p *patient) {
			p.send("POST /_aliases\n" + `{"actions": [{"remove": {"index": "ALIAS-000002", "alias": "ALIAS"}}]}`)
			p.send("DELETE /ALIAS-000002")
		}, false},
		{"another's index", "foreign-index", func(p *patient) {
			p.send("DELETE /ALIAS-000001")
			p.send("PUT /ALIAS-000001\n" + `{"aliases": {"ALIAS": {}}}`)
		}, func(p *patient) {
			p.send("DELETE /ALIAS-000001")
			p.setUp()
		}, true},
		{"a later version's", "newer-schema", func(p *patient) {
			p.send("PUT /ALIAS-000001/_mapping\n" + `{"_meta": {"signup": {"schema": 99}}}`)
		}, func(p *patient) { // as there is no later version
			p.send("PUT /ALIAS-000001/_mapping\n" + `{"_meta": {"signup": {"schema": 3}}}`)
		}, false},
		{"restored under another name", "index-name", func(p *patient) {
			restored := indexName(p.T)
			p.clone(p.index, restored)
			p.send("POST /_aliases\n" + `{"actions": [{"add": {"index": "` + restored + `", "alias": "ALIAS"}}]}`)
			p.index = restored
		}, func(p *patient) {
			p.clone(p.index, p.alias+"-000002")
			p.apply("no-alias")
		}, false},
		{"a filter", "alias-differs", func(p *patient) {
			p.send("POST /_aliases\n" + `{"actions": [{"add": {"index": "ALIAS-000001", "alias": "ALIAS", "filter": {"term": {"is_active": true}}}}]}`)
		}, request("alias-differs"), false},
		{"not to be written", "alias-differs", func(p *patient) {
			p.send("POST /_aliases\n" + `{"actions": [{"add": {"index": "ALIAS-000001", "alias": "ALIAS", "is_write_index": false}}]}`)
		}, request("alias-differs"), false},
		{"closed", "closed", func(p *patient) { p.send("POST /ALIAS-000001/_close") }, func(p *patient) {
			p.apply("closed")
			p.ready(p.index)
		}, false},
		{"no node for it", "unavailable", func(p *patient) {
			p.remake(p.made(`"index.auto_expand_replicas": "0-1", "index.routing.allocation.require._name": "nobody"`))
		}, func(p *patient) { // such a node comes back
			p.set(`"index.routing.allocation.require._name": null`)
			p.ready(p.index)
		}, true},
		{"read only", "blocked", func(p *patient) { p.set(`"index.blocks.read_only": true`) }, request("blocked"), false},
		{"a full disk", "blocked", func(p *patient) { p.set(`"index.blocks.read_only_allow_delete": true`) }, request("blocked"), false},
		{"no writes", "blocked", func(p *patient) { p.set(`"index.blocks.write": true`) }, request("blocked"), false},
		{"no reads", "blocked", func(p *patient) { p.set(`"index.blocks.read": true`) }, request("blocked"), false},
		{"no metadata", "blocked", func(p *patient) { p.set(`"index.blocks.metadata": true`) }, request("blocked"), false},
		{"two blocks", "blocked blocked", func(p *patient) {
			p.set(`"index.blocks.write": true`)
			p.set(`"index.blocks.read_only": true`)
		}, func(p *patient) {
			p.apply("blocked")
			p.apply("blocked")
		}, false},
		{"no own alias", "no-own-alias", func(p *patient) {
			p.send("POST /_aliases\n" + `{"actions": [{"remove": {"index": "ALIAS-000001", "alias": "ALIAS-000001.own"}}]}`)
		}, request("no-own-alias"), false},
		{"a searchable hash", "mapping-differs", func(p *patient) {
			body := p.made(`"index.auto_expand_replicas": "0-1"`)
			properties := body["mappings"].(map[string]any)["properties"].(map[string]any)
			properties["password"] = map[string]any{"type": "keyword"}
			p.remake(body)
			p.ready(p.index)
			p.create()
		}, (*patient).reindex, false},
		{"dynamic", "dynamic-mapping", func(p *patient) { p.send("PUT /ALIAS-000001/_mapping\n" + `{"dynamic": true}`) }, request("dynamic-mapping"), false},
		{"many fields more", "dynamic-mapping too-many-fields documents", func(p *patient) {
			p.send("PUT /ALIAS-000001/_mapping\n" + `{"dynamic": true}`)
			fields := map[string]any{}
			for i := range 60 {
				fields[fmt.Sprintf("field-%d", i)] = i
			}
			b, err := json.Marshal(fields)
			if err != nil {
				p.Fatal(err)
			}
			p.send("PUT /ALIAS/_doc/stray?refresh=true\n" + string(b))
		}, func(p *patient) {
			p.apply("dynamic-mapping")
			p.reindex()
		}, false},
		{"a pipeline", "pipeline", func(p *patient) { p.set(`"index.default_pipeline": "none-such"`) }, request("pipeline"), false},
		{"async", "durability", func(p *patient) { p.set(`"index.translog.durability": "async"`) }, request("durability"), false},
		{"a replica without a node", "replica-missing", func(p *patient) {
			p.set(`"index.auto_expand_replicas": false, "index.number_of_replicas": 1`)
		}, request("replica-missing"), false},
		{"waiting for all", "wait-for-active-shards", func(p *patient) { p.set(`"index.write.wait_for_active_shards": "all"`) }, request("wait-for-active-shards"), false},
		{"two shards", "several-shards", func(p *patient) {
			p.remake(p.made(`"index.number_of_shards": 2, "index.auto_expand_replicas": "0-1"`))
			p.ready(p.index)
			p.create()
		}, func(p *patient) {
			p.send("PUT /ALIAS-000001/_block/write")
			p.send("POST /ALIAS-000001/_shrink/ALIAS-000002\n" + `{"settings": {"index.number_of_shards": 1, "index.blocks.write": null}}`)
			p.send("DELETE /ALIAS-000001")
			p.apply("no-alias")
			p.ready(p.alias)
		}, false},
		{"an older version's", "older-schema", func(p *patient) {
			p.send("DELETE /ALIAS-000001")
			setUpFirst(p.T, p.client, p.alias)
			p.create()
		}, (*patient).setUp, false},
		{"a migration begun", "older-schema migration-unfinished", func(p *patient) {
			p.copying()
			p.send("DELETE /ALIAS-000001")
			setUpFirst(p.T, p.client, p.alias)
			p.create()
		}, (*patient).setUp, false},
		{"a Reindex begun", "migration-unfinished", (*patient).copying, (*patient).reindex, false},
		{"a migration not ended", "migration-leftover", func(p *patient) {
			if err := p.store.Delete(p.Context(), p.user); err != nil {
				p.Fatalf("Delete returned %v, want nil", err)
			}
			p.send("DELETE /ALIAS-000001")
			p.setUp()
			p.reindex() // without users: the old index would need to have them
			p.send("PUT /ALIAS-000001\n" + `{"aliases": {"ALIAS-000001.moved--1": {}}}`)
			p.create()
		}, (*patient).setUp, false},
		{"a document of another's", "documents", func(p *patient) {
			p.send("PUT /ALIAS/_doc/stray?refresh=true\n" + `{"email_address": "eve@example.org"}`)
		}, (*patient).reindex, false},
		{"a user in another place", "documents", func(p *patient) {
			p.send("PUT /ALIAS/_doc/stray?refresh=true\n" + `{"id": "1", "key": "eve@example.org"}`)
		}, func(p *patient) { p.send("DELETE /ALIAS-000001/_doc/stray?refresh=true") }, false},
		{"no refresh", "refresh-off", func(p *patient) { p.set(`"index.refresh_interval": "-1"`) }, request("refresh-off"), false},
		{"short pages", "result-window", func(p *patient) { p.set(`"index.max_result_window": 100`) }, request("result-window"), false},
		{"an index of before", "other-index", func(p *patient) {
			p.send("PUT /ALIAS-000000\n" + `{"aliases": {"ALIAS-000000.own": {}}}`)
		}, func(p *patient) {
			p.apply("other-index")
			p.send("DELETE /ALIAS-000000")
		}, false},
		{"a hidden index", "other-index", func(p *patient) {
			p.send("PUT /ALIAS-000007\n" + `{"settings": {"index.hidden": true}}`)
		}, func(p *patient) { p.send("DELETE /ALIAS-000007") }, false},
		{"an own alias of two", "alias-differs other-index", func(p *patient) {
			p.send("PUT /ALIAS-000007\n" + `{"aliases": {"ALIAS-000001.own": {}}}`)
		}, func(p *patient) {
			p.apply("alias-differs")
			p.send("DELETE /ALIAS-000007")
		}, false},
		{"a copy that is closed", "closed migration-unfinished", func(p *patient) {
			p.copying()
			p.send("POST /ALIAS-000002/_close")
		}, func(p *patient) {
			p.apply("closed")
			p.ready(p.alias + "-000002")
			p.reindex()
		}, false},
		{"a source that is closed and lacks its aliases", "no-alias closed", func(p *patient) {
			p.copying()
			p.send("POST /_aliases\n" + `{"actions": [{"remove": {"index": "ALIAS-000001", "aliases": ["ALIAS", "ALIAS-000001.own"]}}]}`)
			p.send("POST /ALIAS-000001/_close")
		}, func(p *patient) {
			p.apply("closed")
			p.ready(p.index)
			p.apply("no-alias")
			p.reindex()
		}, false},
		{"a source that is lost", "no-alias", func(p *patient) {
			p.copying()
			p.send("DELETE /ALIAS-000001")
			for _, f := range p.check() {
				if f.Request != "" && f.Code == "no-alias" {
					p.Errorf("got the request %s for an unfinished copy, want none", f.Request)
				}
			}
		}, func(p *patient) {
			p.send("DELETE /ALIAS-000002")
			p.setUp()
		}, true},
		{"another index", "other-index", func(p *patient) { p.send("PUT /ALIAS-000007") }, func(p *patient) { p.send("DELETE /ALIAS-000007") }, false},
	} {
		if !all && n%3 != 0 && soaking(0, 1) == 0 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			p := newPatient(t, s)
			base := codesOf(p.check())
			for _, code := range base {
				if code != "security-off" && code != "no-replica" {
					t.Fatalf("a new store has the findings %q, want only security-off and no-replica", base)
				}
			}
			c.damage(p)
			found := slices.DeleteFunc(codesOf(p.check()), func(code string) bool { return slices.Contains(base, code) })
			if got := strings.Join(found, " "); got != c.codes {
				t.Fatalf("got findings %q, want %q", got, c.codes)
			}
			c.repair(p)
			if codes := codesOf(p.check()); !slices.Equal(codes, base) {
				t.Errorf("after the remedy: got findings %q, want %q", codes, base)
			}
			if !c.lost {
				if u, err := p.store.Get(t.Context(), p.user.Key()); err != nil || !u.Equal(p.user) {
					t.Errorf("Get returned %v, %v, want %v, nil", u, err, p.user)
				}
			}
			p.works()
		})
	}
}

// A single node's index has no replica, whether or not it would make one.
func TestCheckReplica(t *testing.T) {
	s := plainServer(t)
	p := newPatient(t, s)
	p.set(`"index.auto_expand_replicas": false, "index.number_of_replicas": 0`)
	find := func() esstore.Finding {
		t.Helper()
		for _, f := range p.check() {
			if f.Code == "no-replica" {
				return f
			}
		}
		t.Fatal("got no finding no-replica, want one")
		return esstore.Finding{}
	}
	before := find()
	if before.Request == "" {
		t.Fatal("the finding has no request, want one")
	}
	p.send(before.Request)
	for _, f := range p.check() { // where there is a second node, it has a replica now
		if f.Code == "no-replica" && f.Request != "" {
			t.Errorf("after its request was sent, the finding has the request %s, want none", f.Request)
		}
	}
	p.works()
}

// On a cluster whose index has its replica, Check finds only that security is off.
// If a node is lost, the replica is missing until the other node has one.
func TestClusterCheck(t *testing.T) {
	c := startCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*startTime)
	defer cancel()
	alias := indexName(t)
	store := only(t, alias, c.nodes...)
	if err := store.Setup(ctx); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	if err := c.waitFor(ctx, "green", 3); err != nil {
		t.Fatal(err)
	}
	want := func(when, want string) {
		t.Helper()
		findings, err := store.Check(ctx)
		if got := strings.Join(codesOf(findings), " "); err != nil || got != want {
			t.Errorf("%s, Check found %q, %v, want %q, nil", when, got, err, want)
		}
	}
	want("with three nodes", "security-off")
	primary, err := c.primaryOf(ctx, alias)
	if err != nil {
		t.Fatal(err)
	}
	if err := primary.kill(ctx); err != nil {
		t.Fatal(err)
	}
	others := slices.DeleteFunc(slices.Clone(c.nodes), func(n *node) bool { return n == primary })
	if err := (&cluster{nodes: others}).waitFor(ctx, "yellow", 2); err != nil {
		t.Fatal(err)
	}
	want("while a node is missed", "security-off replica-missing")
	if err := c.heal(ctx); err != nil {
		t.Fatal(err)
	}
	want("with that node again", "security-off")
}
