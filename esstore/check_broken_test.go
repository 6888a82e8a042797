package esstore_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gosignup/signup/esstore"
)

// broken has installations with one problem each.
var broken = []struct {
	name    string
	codes   string
	damage  func(index object) // of users-000001
	indices func(index object) object
	part    step            // the response that shows the problem
	others  map[string]step // by the end of the path: further responses that show it
	request string          // a prefix of the first finding's request
}{
	{name: "no index", codes: "no-alias", indices: func(object) object { return object{} }},
	{
		name: "no alias", codes: "no-alias", damage: func(i object) { i["aliases"] = object{} },
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users","index":"users-000001","is_write_index":true}},{"add":{"alias":"users-000001.own","index":"users-000001"}}]}`,
	},
	{
		name: "no alias, and a copy that isn't whole", codes: "no-alias",
		indices: func(i object) object {
			i["aliases"] = object{}
			return object{"users-000001": i, "users-000002": object{"mappings": object{"_meta": object{"signup": object{"schema": 3, "from": "users-000001"}}}}}
		},
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users","index":"users-000001",`,
	},
	{
		name: "no alias, and a copy that is whole", codes: "no-alias",
		indices: func(i object) object {
			i["aliases"] = object{"users-000001.moved-7": object{}}
			return object{"users-000001": i, "users-000002": object{"mappings": object{"_meta": object{"signup": object{"schema": 3, "from": "users-000001"}}}}}
		},
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users","index":"users-000002",`,
	},
	{
		name: "no alias, three indices", codes: "no-alias",
		indices: func(i object) object {
			i["aliases"] = object{}
			return object{"users-000002": i, "users-000010": i, "users-9": i, "users-000011": object{"mappings": object{}}}
		}, // any may be the right one: no request
	},
	{
		name: "no alias, and a backup", codes: "no-alias",
		indices: func(i object) object {
			i["aliases"] = object{"users-000001.own": object{}}
			backup := maps.Clone(i)
			backup["aliases"] = object{}
			return object{"users-000001": i, "users-000002": backup}
		},
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users","index":"users-000001",`,
	},
	{
		name: "no alias, and a backup with its own alias", codes: "no-alias",
		indices: func(i object) object {
			i["aliases"] = object{"users-000001.own": object{}}
			backup := maps.Clone(i)
			backup["aliases"] = object{"users-000002.own": object{}}
			return object{"users-000001": i, "users-000002": backup}
		}, // either may be the right one: no request
	},
	{
		name: "no alias, restored from the end of a migration", codes: "no-alias",
		damage:  func(i object) { i["aliases"] = object{"users-000001.moved-7": object{}} },
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users","index":"users-000001",`,
	},
	{
		name: "no alias, a foreign index", codes: "no-alias",
		indices: func(object) object { return object{"users-000001": object{"mappings": object{}}} },
	},
	{
		name: "no alias, a later version's", codes: "no-alias",
		damage: func(i object) { i["aliases"] = object{}; signupOf(i)["schema"] = 4 },
	},
	{name: "an index", codes: "alias-is-index", indices: func(i object) object { return object{"users": i} }},
	{
		name: "two indices", codes: "several-indices",
		indices: func(i object) object { return object{"users-000001": i, "users-000002": i} },
	},
	{name: "another's", codes: "foreign-index", damage: func(i object) { delete(in(i, "mappings"), "_meta") }},
	{name: "later", codes: "newer-schema", damage: func(i object) { signupOf(i)["schema"] = 4; propertiesOf(i)["more"] = object{} }},
	{
		name: "another name", codes: "index-name",
		indices: func(i object) object { return object{"restored": i} },
	},
	{
		name: "filter", codes: "alias-differs", damage: func(i object) { in(i, "aliases")["users"] = object{"filter": object{"match_all": object{}}} },
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users","index":"users-000001","is_write_index":true}}]}`,
	},
	{name: "routing", codes: "alias-differs", damage: func(i object) { in(i, "aliases")["users"] = object{"index_routing": "1"} }},
	{name: "routing of searches", codes: "alias-differs", damage: func(i object) { in(i, "aliases")["users"] = object{"search_routing": "1"} }},
	{name: "no writes", codes: "alias-differs", damage: func(i object) { in(i, "aliases")["users"] = object{"is_write_index": false} }},
	{
		name: "closed", codes: "closed", damage: setting("index.verified_before_close", "true"),
		request: "POST /users-000001/_open",
	},
	{name: "red", codes: "unavailable", part: copied(2, 0)},
	{name: "read only", codes: "blocked", damage: setting("index.blocks.read_only", "true"), request: "PUT /users-000001/_settings\n" + `{"index.blocks.read_only":null}`},
	{name: "full disk", codes: "blocked", damage: setting("index.blocks.read_only_allow_delete", "true"), request: "PUT /users-000001/_settings\n" + `{"index.blocks.read_only_allow_delete":null}`},
	{name: "metadata", codes: "blocked", damage: setting("index.blocks.metadata", "true"), request: "PUT /users-000001/_settings\n" + `{"index.blocks.metadata":null}`},
	{name: "no reads", codes: "blocked", damage: setting("index.blocks.read", "true"), request: "PUT /users-000001/_settings\n" + `{"index.blocks.read":null}`},
	{name: "no reads, and so no documents", codes: "blocked", damage: setting("index.blocks.read", "true"), part: failed(http.StatusForbidden, "cluster_block_exception")},
	{
		name: "two blocks", codes: "blocked blocked",
		damage: func(i object) {
			setting("index.blocks.write", "true")(i)
			setting("index.blocks.read_only", "true")(i)
		},
		request: "PUT /users-000001/_settings\n" + `{"index.blocks.read_only":null}`, // which lets nothing be changed but itself
	},
	{name: "no own alias", codes: "no-own-alias", damage: func(i object) { delete(in(i, "aliases"), "users-000001.own") }, request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users-000001.own","index":"users-000001"}}]}`},
	{name: "no security, 400", codes: "security-off", part: respond(http.StatusBadRequest, `{"error":"no handler found for uri [/x] and method [POST]"}`)},
	{name: "no security, 405", codes: "security-off", part: respond(http.StatusMethodNotAllowed, `{"error":"Incorrect HTTP method","status":405}`)},
	{name: "policy", codes: "lifecycle", damage: setting("index.lifecycle.name", "logs"), request: "POST /users-000001/_ilm/remove"},
	{name: "field missing", codes: "index-differs", damage: func(i object) { delete(propertiesOf(i), "key") }},
	{name: "hash searchable", codes: "mapping-differs", damage: func(i object) { propertiesOf(i)["password"] = object{"type": "keyword"} }},
	{name: "a parameter more", codes: "mapping-extra", damage: func(i object) { in(propertiesOf(i), "key")["store"] = true }},
	{name: "short keys only", codes: "mapping-differs", damage: func(i object) { in(propertiesOf(i), "key")["ignore_above"] = 5 }},
	{name: "dynamic", codes: "dynamic-mapping", damage: func(i object) { in(i, "mappings")["dynamic"] = "true" }, request: "PUT /users-000001/_mapping\n" + `{"dynamic":"strict"}`},
	{name: "dynamic by default", codes: "dynamic-mapping", damage: func(i object) { delete(in(i, "mappings"), "dynamic") }},
	{name: "not dynamic, but not strict", codes: "dynamic-mapping", damage: func(i object) { in(i, "mappings")["dynamic"] = false }},
	{name: "more fields", codes: "too-many-fields", damage: func(i object) { propertiesOf(i)["ada.qx@example.org"] = object{"type": "text"} }},
	{name: "one privilege missing", codes: "privileges", part: privileged("index")},
	{name: "all privileges missing", codes: "privileges privileges privileges privileges privileges privileges", part: privileged(applicationPrivileges...)},
	{name: "pipeline", codes: "pipeline", damage: setting("index.default_pipeline", "x"), request: "PUT /users-000001/_settings\n" + `{"index.default_pipeline":null}`},
	{name: "last pipeline", codes: "pipeline", damage: setting("index.final_pipeline", "x"), request: "PUT /users-000001/_settings\n" + `{"index.final_pipeline":null}`},
	{name: "async", codes: "durability", damage: setting("index.translog.durability", "ASYNC"), request: "PUT /users-000001/_settings\n" + `{"index.translog.durability":"request"}`},
	{name: "replica missing", codes: "replica-missing", part: copied(2, 1)},
	{name: "replica missing of a fixed number", codes: "replica-missing", damage: setting("index.auto_expand_replicas", "false"), part: copied(2, 1), request: "PUT /users-000001/_settings\n" + `{"index.auto_expand_replicas":"0-1"}`},
	{name: "one of two replicas missing", codes: "replica-missing", damage: setting("index.auto_expand_replicas", "false"), part: copied(3, 2)},
	{name: "no replica yet", codes: "no-replica", damage: setting("index.number_of_replicas", "0")},
	{
		name: "no replica ever", codes: "no-replica",
		damage: func(i object) {
			setting("index.number_of_replicas", "0")(i)
			delete(in(i, "settings"), "index.auto_expand_replicas")
		},
		request: "PUT /users-000001/_settings\n" + `{"index.auto_expand_replicas":"0-1"}`,
	},
	{name: "wait for all", codes: "wait-for-active-shards", damage: setting("index.write.wait_for_active_shards", "all"), request: "PUT /users-000001/_settings\n" + `{"index.write.wait_for_active_shards":"1"}`},
	{name: "shards", codes: "several-shards", damage: setting("index.number_of_shards", "3")},
	{name: "older", codes: "older-schema", damage: func(i object) { signupOf(i)["schema"] = 1; delete(propertiesOf(i), "name") }},
	{
		name: "migration begun", codes: "migration-unfinished",
		indices: func(i object) object {
			return object{"users-000001": i, "users-000002": object{"aliases": object{"users-000002.copy-x": object{}}, "mappings": object{"_meta": object{"signup": object{"schema": 3, "from": "users-000001"}}}}}
		},
	},
	{
		name: "migration not ended", codes: "migration-leftover",
		indices: func(i object) object {
			return object{"users-000001": i, "users-000000": object{"aliases": object{"users-000000.moved-7": object{}}}}
		},
	},
	{
		name: "restored from the end of a migration", codes: "migration-leftover",
		damage: func(i object) { in(i, "aliases")["users-000001.moved-7"] = object{} },
	},
	{
		name: "an unfinished copy with short pages", codes: "migration-unfinished result-window",
		indices: func(i object) object {
			copied := unfinished()
			copied["settings"] = object{"index.max_result_window": "100"}
			return object{"users-000001": i, "users-000002": copied}
		},
	},
	{
		name: "migration killed", codes: "blocked migration-leftover",
		indices: func(i object) object {
			setting("index.blocks.write", "true")(i)
			return object{"users-000001": i, "users-000000": object{"aliases": object{"users-000000.moved-7": object{}}}}
		},
	},
	{name: "without a key", codes: "documents", part: hits(`{"_id":"ada.qx@example.org","_source":{"id":"ID-4711"}}`, ownHit)},
	{name: "without an id", codes: "documents", part: hits(strings.Replace(ownHit, `"id":"ID-4711",`, "", 1))},
	{name: "of another id", codes: "documents", part: hits(strings.Replace(ownHit, "JfIpt", "JfIpT", 1))},
	{name: "of other types", codes: "documents", part: hits(strings.Replace(ownHit, `"ID-4711"`, "[1]", 1))},
	{name: "no refresh", codes: "refresh-off", damage: setting("index.refresh_interval", "-1"), request: "PUT /users-000001/_settings\n" + `{"index.refresh_interval":null}`},
	{name: "no refresh, by zero", codes: "refresh-off", damage: setting("index.refresh_interval", "0ms")},
	{name: "no refresh for an hour", codes: "refresh-off", damage: setting("index.refresh_interval", "1h"), request: "PUT /users-000001/_settings\n" + `{"index.refresh_interval":null}`},
	{name: "no refresh for two minutes", codes: "refresh-off", damage: setting("index.refresh_interval", "120s")},
	{name: "no refresh for a day", codes: "refresh-off", damage: setting("index.refresh_interval", "1D")},
	{
		name: "documents in the log", codes: "slow-log", damage: settings("index.indexing.slowlog.threshold.index.warn", "0ms", "index.indexing.slowlog.source", ""),
		request: "PUT /users-000001/_settings\n" + `{"index.indexing.slowlog.source":"false"}`,
	},
	{name: "documents of slow writes in the log", codes: "slow-log", damage: settings("index.indexing.slowlog.threshold.index.trace", "10s", "index.indexing.slowlog.source", "true"), request: "PUT "},
	{name: "the first characters in the log", codes: "slow-log", damage: settings("index.indexing.slowlog.threshold.index.info", "1", "index.indexing.slowlog.source", "100"), request: "PUT "},
	{
		name: "queries in the log", codes: "slow-log", damage: settings("index.search.slowlog.threshold.query.info", "1s", "index.search.slowlog.threshold.fetch.warn", "-1"),
		request: "PUT /users-000001/_settings\n" + `{"index.search.slowlog.threshold.query.info":null}`,
	},
	{name: "queries and documents in the log", codes: "slow-log slow-log", damage: settings("index.search.slowlog.threshold.fetch.debug", "0", "index.indexing.slowlog.threshold.index.debug", "0", "index.indexing.slowlog.source", "1000"), request: "PUT "},
	{name: "very short pages", codes: "result-window", damage: setting("index.max_result_window", "100"), request: "PUT /users-000001/_settings\n" + `{"index.max_result_window":null}`},
	{name: "short pages", codes: "result-window", damage: setting("index.max_result_window", "9999"), request: "PUT /users-000001/_settings\n" + `{"index.max_result_window":null}`},
	{
		name: "restored to look at", codes: "other-index",
		indices: func(i object) object { return object{"users-000001": i, "users-000007": object{}} },
	},
	{
		name: "no longer used, but still written to", codes: "other-index",
		indices: func(i object) object {
			return object{"users-000001": i, "users-000007": object{"aliases": object{"users-000007.own": object{}}}}
		},
		request: "POST /_aliases\n" + `{"actions":[{"remove":{"alias":"users-000007.own","index":"users-000007","must_exist":true}}]}`,
	},
	{
		name: "data stream", codes: "alias-is-index",
		indices: func(object) object {
			return object{".ds-users-2026.11.27-000001": object{"data_stream": "users"}, "users-000001": object{}}
		},
	},
	{
		name: "own alias of two", codes: "alias-differs other-index",
		indices: func(i object) object {
			return object{"users-000001": i, "users-000007": object{"aliases": object{"users-000001.own": object{}}}}
		},
		request: "POST /_aliases\n" + `{"actions":[{"remove":{"alias":"users-000001.own","index":"users-000007","must_exist":true}}]}`,
	},
	{
		name: "own alias of a neighbour too", codes: "alias-differs",
		indices: func(i object) object {
			return object{"users-000001": i, "people": object{"aliases": object{"users-000001.own": object{}}}}
		},
		request: "POST /_aliases\n" + `{"actions":[{"remove":{"alias":"users-000001.own","index":"people","must_exist":true}}]}`,
	},
	{
		name: "own alias with a filter", codes: "alias-differs", damage: func(i object) { in(i, "aliases")["users-000001.own"] = object{"filter": object{"match_all": object{}}} },
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users-000001.own","index":"users-000001"}}]}`,
	},
	{
		name: "a closed copy", codes: "closed migration-unfinished",
		indices: func(i object) object {
			return object{"users-000001": i, "users-000002": object{
				"aliases": object{"users-000002.copy-x": object{}}, "settings": object{"index.verified_before_close": "true"},
				"mappings": object{"_meta": object{"signup": object{"schema": 3, "from": "users-000001"}}},
			}}
		},
		request: "POST /users-000002/_open",
	},
	{
		name: "no alias, and the source is closed", codes: "no-alias closed",
		indices: func(i object) object {
			i["aliases"] = object{}
			setting("index.verified_before_close", "true")(i)
			return object{"users-000001": i, "users-000002": unfinished()}
		},
	},
	{
		name: "no alias, and the source of the copy is lost", codes: "no-alias",
		indices: func(object) object { return object{"users-000002": unfinished()} },
	},
	{
		name: "no alias, a restored copy, perhaps unfinished", codes: "no-alias",
		indices: func(object) object {
			copied := unfinished()
			delete(copied, "aliases")
			return object{"users-000002": copied}
		},
	},
	{
		name: "no alias, and a copy that the alias was moved to", codes: "no-alias",
		indices: func(object) object {
			copied := unfinished()
			copied["aliases"] = object{"users-000002.own": object{}}
			return object{"users-000002": copied}
		},
		request: "POST /_aliases\n" + `{"actions":[{"add":{"alias":"users","index":"users-000002",`,
	},
	{
		name: "read-only cluster", codes: "blocked",
		others: map[string]step{
			"/_doc/check":        failed(http.StatusForbidden, "cluster_block_exception"),
			"/_cluster/settings": respond(http.StatusOK, `{"persistent":{"cluster.blocks.read_only":"true"},"transient":{}}`),
		},
		request: "PUT /_cluster/settings\n" + `{"persistent":{"cluster.blocks.read_only":null}}`,
	},
	{
		name: "cluster with a full disk", codes: "blocked",
		others: map[string]step{
			"/_doc/check":        failed(http.StatusForbidden, "cluster_block_exception"),
			"/_cluster/settings": respond(http.StatusOK, `{"persistent":{},"transient":{"cluster.blocks.read_only_allow_delete":"true"}}`),
		},
		request: "PUT /_cluster/settings\n" + `{"transient":{"cluster.blocks.read_only_allow_delete":null}}`,
	},
	{
		name: "a cluster without a master", codes: "blocked",
		others: map[string]step{"/_doc/check": failed(http.StatusServiceUnavailable, "cluster_block_exception")},
	},
	{
		name: "a block that may not be read", codes: "blocked",
		others: map[string]step{"/_doc/check": failed(http.StatusForbidden, "cluster_block_exception"), "/_cluster/settings": denied},
	},
	{
		name: "no index in a read-only cluster", codes: "no-alias blocked",
		indices: func(object) object { return object{} },
		others:  map[string]step{"/_cluster/settings": respond(http.StatusOK, `{"persistent":{"cluster.blocks.read_only":"true"},"transient":{}}`)},
	},
	{
		name: "no index in a full cluster", codes: "no-alias shards-limit",
		indices: func(object) object { return object{} },
		others: map[string]step{"/_health_report/shards_capacity": respond(http.StatusOK,
			`{"indicators":{"shards_capacity":{"status":"red","details":{"data":{"max_shards_in_cluster":1}}}}}`)},
	},
	{
		name: "no expensive queries", codes: "expensive-queries not-checked",
		others: map[string]step{
			"/_search":           failed(http.StatusBadRequest, "search_phase_execution_exception"),
			"/_cluster/settings": respond(http.StatusOK, `{"persistent":{"search.allow_expensive_queries":"false"},"transient":{}}`),
		},
		request: "PUT /_cluster/settings\n" + `{"persistent":{"search.allow_expensive_queries":null}`,
	},
	{
		name: "a data stream's template for the alias", codes: "data-stream-template",
		others: map[string]step{"/_index_template": respond(http.StatusOK,
			`{"index_templates":[{"name":"x","index_template":{"index_patterns":["users"],"priority":7,"data_stream":{"hidden":false}}}]}`)},
	},
	{
		name: "a data stream's template for the next index", codes: "data-stream-template",
		others: map[string]step{"/_index_template": respond(http.StatusOK,
			`{"index_templates":[{"name":"y","index_template":{"index_patterns":["*"],"priority":7}},{"name":"x","index_template":{"index_patterns":["a","users-*2"],"priority":8,"data_stream":{"hidden":false}}}]}`)},
	},
	{name: "another program's index", codes: "other-index", indices: func(i object) object {
		return object{"users-000001": i, "users-1": object{"mappings": object{"properties": object{}}}}
	}},
	{name: "not to be read", codes: "not-checked", part: denied},
}

// unfinished returns a copy of users-000001 that a migration has begun.
func unfinished() object {
	return object{
		"aliases":  object{"users-000002.copy-x": object{}},
		"mappings": object{"_meta": object{"signup": object{"schema": 3, "from": "users-000001"}}},
	}
}

// settings is setting for pairs of a name and a value.
func settings(pairs ...string) func(object) {
	return func(index object) {
		for i := 0; i < len(pairs); i += 2 {
			setting(pairs[i], pairs[i+1])(index)
		}
	}
}

func setting(name, value string) func(object) {
	return func(index object) { in(index, "settings")[name] = value }
}

// damaged returns a healthy installation with a damaged index. If others isn't nil,
// the indices are those that it returns. damage may be nil too.
func damaged(t *testing.T, damage func(object), others func(object) object) object {
	t.Helper()
	index := healthy(t)
	if damage != nil {
		damage(index)
	}
	if others != nil {
		return others(index)
	}
	return object{"users-000001": index}
}

func TestCheckBroken(t *testing.T) {
	for _, test := range broken {
		t.Run(test.name, func(t *testing.T) {
			indices := damaged(t, test.damage, test.indices)
			// By the end of the path, because not every part is requested.
			parts := map[string]step{
				"/_security/user/_has_privileges": privileged(),
				"/_stats/docs":                    copied(2, 2),
				"/_search":                        hits(ownHit),
				"/_doc/check":                     conflict,
				"/_cluster/settings":              respond(http.StatusOK, `{"persistent":{},"transient":{}}`),
				"/_health_report/shards_capacity": respond(http.StatusOK, `{"indicators":{"shards_capacity":{"status":"green"}}}`),
				"/_index_template":                noTemplates,
			}
			switch code, _, _ := strings.Cut(test.codes, " "); code {
			case "security-off", "privileges":
				parts["/_security/user/_has_privileges"] = test.part
			case "unavailable", "replica-missing":
				parts["/_stats/docs"] = test.part
			default:
				if test.part != nil {
					parts["/_search"] = test.part
				}
			}
			f := newFake(t, respond(http.StatusOK, marshal(indices)))
			whichever := func(w http.ResponseWriter, r *http.Request, writes []string) {
				for end, part := range parts {
					if strings.HasSuffix(r.URL.Path, end) {
						part(w, r, writes)
						return
					}
				}
				t.Errorf("got a request for %s, want none", r.URL.Path)
			}
			for end, part := range test.others {
				parts[end] = part
			}
			f.then(slices.Repeat([]step{whichever}, 7)...)
			findings, err := f.store().Check(t.Context())
			f.script = nil // not every part is requested
			if err != nil || codesOf(findings) != test.codes {
				t.Fatalf("got findings %q, %v, want %q", codesOf(findings), err, test.codes)
			}
			wantTexts(t, findings)
			request := findings[0].Request
			if test.request == "" && request != "" && test.codes != "alias-differs" && test.codes != "dynamic-mapping" && test.codes != "refresh-off" && test.codes != "blocked" {
				t.Errorf("got request %s, want none", request)
			}
			if !strings.HasPrefix(request, test.request) {
				t.Errorf("got request %s, want %s", request, test.request)
			}
		})
	}
}

// If Setup refuses, Check finds the reason.
func TestCheckWhereSetupRefuses(t *testing.T) {
	for _, test := range broken {
		if strings.HasPrefix(test.codes, "no-alias") || test.part != nil || test.others != nil {
			continue
		}
		indices := damaged(t, test.damage, test.indices)
		// If Setup doesn't refuse, its next request is forbidden.
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet && r.URL.Path == lookPath {
				return response(http.StatusOK, marshal(indices)), nil
			}
			return response(http.StatusForbidden, failedBody(http.StatusForbidden, "security_exception")), nil
		}), nil)
		var err error
		synctest.Test(t, func(t *testing.T) { err = store.Setup(t.Context()) })
		refuses := err != nil && !strings.Contains(err.Error(), "403")
		fatal := []string{
			"alias-is-index", "several-indices", "foreign-index", "newer-schema", "index-name", "alias-differs", "closed",
			"index-differs", "pipeline", "lifecycle",
		}
		if test.name == "a closed copy" { // only Reindex needs it
			fatal = nil
		}
		if code, _, _ := strings.Cut(test.codes, " "); refuses != slices.Contains(fatal, code) {
			t.Errorf("%s: Check finds %s; got %v from Setup, want it to refuse: %t", test.name, test.codes, err, !refuses)
		}
	}
}

// TestCheckBroken finds each code of the table, and no other.
func TestCheckFindsAllCodes(t *testing.T) {
	var found []string
	for _, test := range broken {
		found = append(found, strings.Fields(test.codes)...)
	}
	for _, code := range found {
		if esstore.CheckSeverity(code) == "" {
			t.Errorf("got code %q, want one of the table", code)
		}
	}
	for _, code := range esstore.CheckCodes() {
		if !slices.Contains(found, code) {
			t.Errorf("got no test for %s, want one", code)
		}
	}
}
