package esstore_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// indexOf returns the description of an index by Elasticsearch.
func indexOf(schema int, from string, copied any, settings string, aliases ...string) string {
	is := map[string]any{"schema": schema}
	if from != "" {
		is["from"] = from
	}
	if copied != nil {
		is["copied"] = copied
	}
	named := map[string]any{}
	for _, a := range aliases {
		named[a] = map[string]any{}
	}
	var mapping map[string]any
	mustUnmarshal(ours, &mapping)
	mapping["_meta"] = map[string]any{"signup": is}
	b, err := json.Marshal(map[string]any{
		"aliases":  named,
		"mappings": mapping,
		"settings": json.RawMessage("{" + settings + "}"),
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func indices(byName map[string]string) step { return respond(http.StatusOK, indicesBody(byName)) }

func indicesBody(byName map[string]string) string {
	var parts []string
	for name, body := range byName {
		parts = append(parts, fmt.Sprintf("%q:%s", name, body))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

var statsBody = statsOf("users-000001")

func statsOf(index string) string {
	return `{"_shards":{"total":1,"successful":1,"failed":0},"indices":{"` + index + `":{"shards":{"0":[` +
		`{"routing":{"primary":true,"node":"n"},"seq_no":{"max_seq_no":7,"global_checkpoint":7}}]}}}}`
}

var (
	old   = indexOf(1, "", nil, "", "users", "users-000001.own")
	stats = respond(http.StatusOK, statsBody)
	acked = respond(http.StatusOK, `{"acknowledged":true,"shards_acknowledged":true,"index":"users-000002"}`)
)

// If a migration can't start, the error says why, and nothing is deleted.
func TestMigrationFails(t *testing.T) {
	for _, test := range []struct {
		name   string
		script []step
		want   []string // in the error
	}{
		{"a later version migrates",
			[]step{indices(map[string]string{"users-000001": old, "users-000002": indexOf(4, "users-000001", 7, "", "users-000002.copy-x")})},
			[]string{"a later version", "users-000001", "users-000002"}},
		{"not allowed to make an index", []step{indices(map[string]string{"users-000001": old}), denied}, []string{"403", "security_exception"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t, test.script...)
			wantSetupError(t, f.store().Setup(t.Context()), test.want...)
			for _, c := range f.calls {
				if c.method == http.MethodDelete {
					t.Errorf("got the request %s %s, want no deletion", c.method, c.uri)
				}
			}
		})
	}
}

// If another process has moved the alias, and has stopped, Setup does the cleanup.
func TestSetupCleansUp(t *testing.T) {
	const moved = "users-000001.moved-7"
	opening := indexOf(3, "users-000001", 7, `"index.blocks.write":"true"`, "users", "users-000002.own", "users-000002.opening")
	tidy := indexOf(3, "users-000001", 7, "", "users", "users-000002.own")
	for _, test := range []struct {
		name        string
		old, now    string // now is without the block once that was lifted
		forbidden   bool
		sent, wrong string
	}{
		{"all", indexOf(1, "", nil, "", moved), opening, false,
			"PUT /users-000002.opening/_settings, GET /users-000001/_stats/docs, DELETE /users-000001, POST /_aliases", ""},
		{"the old index", indexOf(1, "", nil, "", moved), tidy, false, "GET /users-000001/_stats/docs, DELETE /users-000001", ""},
		{"written to afterwards", indexOf(1, "", nil, "", "users-000001.moved-6"), tidy, false,
			"GET /users-000001/_stats/docs", "users of users-000001 were moved to users-000002, and it was written to afterwards"},
		{"moved to another", indexOf(1, "", nil, "", moved), indexOf(3, "users-000009", 7, "", "users", "users-000002.own"), false,
			"GET /users-000001/_stats/docs", "users of users-000001 were moved"},
		{"not allowed, and not needed", indexOf(1, "", nil, "", moved), tidy, true, "GET /users-000001/_stats/docs", ""},
		{"not allowed, and needed", indexOf(1, "", nil, "", moved), opening, true, "PUT /users-000002.opening/_settings", "status 403"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				there := map[string]string{"users-000001": test.old, "users-000002": test.now}
				begin := time.Now()
				store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
					if req.URL.Path == lookPath {
						return response(http.StatusOK, indicesBody(there)), nil
					}
					d, waits := time.Since(begin), strings.Contains(test.now, "users-000002.opening")
					if waits && d < 5*time.Second {
						t.Errorf("got a request for %s after %v, want none for 5s, during which the other process may do the cleanup", req.URL.Path, d)
					}
					if !waits && d > time.Second {
						t.Errorf("got a request for %s after %v, want all within 1s: the other process has done what it could", req.URL.Path, d)
					}
					sent = append(sent, req.Method+" "+req.URL.Path)
					switch {
					case test.forbidden:
						return response(http.StatusForbidden, failedBody(403, "security_exception")), nil
					case req.Method == http.MethodGet:
						return response(http.StatusOK, statsBody), nil
					case req.Method == http.MethodDelete:
						delete(there, "users-000001")
					case req.URL.Path == "/_aliases":
						there["users-000002"] = tidy
					}
					return response(http.StatusOK, `{"acknowledged":true}`), nil
				}), nil)
				err := store.Setup(t.Context())
				if got := strings.Join(sent, ", "); got != test.sent {
					t.Errorf("got requests %s, want %s", got, test.sent)
				}
				if test.wrong == "" && err != nil || test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
					t.Errorf("got error %v, want %q", err, test.wrong)
				}
			})
		})
	}
}

// A migration that fails frees its lease, so that the next one doesn't wait. The
// error says why it failed, and contains nothing of a document.
func TestMigrationGivesUp(t *testing.T) {
	hits := respond(http.StatusOK, `{"hits":{"hits":[{"_id":"x","_seq_no":3,"_primary_term":1,"_source":`+document+`,"sort":[3]}]}}`)
	refreshed := respond(http.StatusOK, `{"_shards":{"total":1,"successful":1,"failed":0}}`)
	copied := []step{stats, refreshed, hits, respond(http.StatusOK, bulkBody(itemDone("index", 201, "created", "x"))),
		refreshed, respond(http.StatusOK, statsOf("users-000002"))}
	copied = copied[:len(copied):len(copied)]
	found := func(id string, version int, source string) step {
		return respond(http.StatusOK, fmt.Sprintf(`{"hits":{"hits":[{"_id":%q,"_version":%d,"_seq_no":0,"_primary_term":1,"_source":%s}]}}`, id, version, source))
	}
	for _, test := range []struct {
		name   string
		script []step // after the copy was made
		want   []string
	}{
		{"two shards", []step{respond(http.StatusOK, `{"_shards":{"failed":0},"indices":{"users-000001":{"shards":{"0":[],"1":[]}}}}`)}, []string{"has 2 shards"}},
		{"numbers as HTML", []step{page(http.StatusOK)}, []string{"not Elasticsearch's"}},
		{"not allowed to ask for numbers", []step{denied}, []string{"403", "security_exception"}},
		{"search refused", []step{stats, refreshed, denied}, []string{"403"}},
		{"search as HTML", []step{stats, refreshed, page(http.StatusOK)}, []string{"not Elasticsearch's"}},
		{"a document that doesn't fit", []step{stats, refreshed, hits,
			respond(http.StatusOK, `{"items":[{"index":{"status":400,"error":{"type":"strict_dynamic_mapping_exception","reason":"`+strings.ReplaceAll(document, `"`, `\"`)+`"}}}]}`),
		}, []string{"users-000001", "400", "strict_dynamic_mapping_exception", "Reindex", "the sequence number 3"}},
		{"one answer too few", []step{stats, refreshed, hits, respond(http.StatusOK, `{"items":[]}`)}, []string{"not Elasticsearch's"}},
		{"a document that a pipeline dropped", []step{stats, refreshed, hits, respond(http.StatusOK, bulkBody(itemDone("index", 200, "noop", "x")))},
			[]string{"users-000001", "users-000002", "pipeline"}},
		{"a document under another id", []step{stats, refreshed, hits, respond(http.StatusOK, bulkBody(itemDone("index", 201, "created", "y")))},
			[]string{"users-000001", "users-000002", "pipeline"}},
		{"a copy without a member", append(copied, found("x", 4, changedDocument(document, map[string]any{"password": nil}))), []string{"the members password", "the document of users-000001 with the sequence number 3", "users-000001 is unchanged"}},
		{"a copy with another member", append(copied, found("x", 4, changedDocument(document, map[string]any{"first_name": "Eve", "more": 1}))), []string{"the members first_name, others"}},
		{"a copy of another version", append(copied, found("x", 5, document)), []string{"another version"}},
		{"a copy without source", append(copied, found("x", 4, "null")), []string{"the members", "password"}},
		{"no copy", append(copied, found("y", 4, document)), []string{"missing"}},
		{"items without status", []step{stats, refreshed, hits, respond(http.StatusOK, `{"items":[{"index":{}}]}`)}, []string{"not Elasticsearch's"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			script := append([]step{indices(map[string]string{"users-000001": old}), acked, acked}, test.script...)
			if strings.Contains(test.name, "copy") { // the lease is looked at before
				script = append(script, acked)
			}
			f := newFake(t, append(script, acked, acked)...)
			err := f.store().Setup(t.Context())
			wantSetupError(t, err, test.want...)
			if strings.HasPrefix(test.name, "not allowed") { // the request has no user's data
				wantNoSecret(t, err, "because")
			} else {
				wantNoSecret(t, err)
			}
			last := f.calls[len(f.calls)-1]
			if last.path != "/_aliases" || !strings.Contains(last.body, `"users-000002.copy-free-`) || !strings.Contains(last.body, `"must_exist":true`) {
				t.Errorf("got the last request %s %s, want one that frees the lease", last.method, last.uri)
			}
			another := strings.Contains(test.name, "copy") || strings.Contains(test.name, "pipeline") || strings.Contains(test.name, "another id") || strings.Contains(test.name, "doesn't fit")
			if got := strings.Contains(f.calls[len(f.calls)-2].body, `"rejected":true`); got != another {
				t.Errorf("got that the copy must be made anew: %t, want %t", got, another)
			}
		})
	}
}

// The index of a migration has the settings that an operator has changed, but none
// that belong to the old index alone.
func TestMigrationKeepsSettings(t *testing.T) {
	const settings = `"index.uuid":"x","index.creation_date":"1","index.version.created":"1","index.provided_name":"users-000001",` +
		`"index.number_of_shards":"1","index.number_of_replicas":"2","index.auto_expand_replicas":"false","index.refresh_interval":"5s",` +
		`"index.translog.durability":"async","index.blocks.write":"true","index.routing.allocation.include._tier_preference":"data_hot",` +
		`"index.routing.allocation.initial_recovery._id":"x"`
	f := newFake(t, indices(map[string]string{"users-000001": indexOf(1, "", nil, settings, "users", "users-000001.own")}), denied)
	if err := f.store().Setup(t.Context()); err == nil {
		t.Fatal("got no error from Setup, want one")
	}
	made := f.calls[1]
	var body struct {
		Settings map[string]string
		Aliases  map[string]any
		Mappings struct {
			Meta struct{ Signup map[string]any } `json:"_meta"`
		}
	}
	if err := json.Unmarshal([]byte(made.body), &body); err != nil || made.path != "/users-000002" {
		t.Fatalf("got the request %s, %v, want one that creates users-000002", made.uri, err)
	}
	want := map[string]string{
		"index.number_of_shards": "1", "index.number_of_replicas": "2", "index.auto_expand_replicas": "false",
		"index.refresh_interval": "5s", "index.translog.durability": "async",
		"index.routing.allocation.include._tier_preference": "data_hot",
		"index.default_pipeline":                            "_none", "index.final_pipeline": "_none", "index.blocks.write": "false",
	}
	for name, value := range want {
		if body.Settings[name] != value {
			t.Errorf("got %s %q, want %q", name, body.Settings[name], value)
		}
	}
	for _, name := range []string{"index.uuid", "index.creation_date", "index.version.created", "index.provided_name", "index.routing.allocation.initial_recovery._id"} {
		if value, found := body.Settings[name]; found {
			t.Errorf("got %s %q, want none", name, value)
		}
	}
	if is := body.Mappings.Meta.Signup; is["schema"] != 3.0 || is["from"] != "users-000001" {
		t.Errorf("got _meta %v, want schema 3 from users-000001", is)
	}
	if len(body.Aliases) != 1 {
		t.Errorf("got aliases %v, want the lease alone", body.Aliases)
	}
}

// While another process migrates, Setup waits.
func TestSetupWaitsForMigration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		begin, n := time.Now(), 0
		store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
			if req.Method != http.MethodGet {
				t.Errorf("got the request %s %s, want a GET", req.Method, req.URL.Path)
			}
			n++
			copying := fmt.Sprintf(`{"users-000001":%s,"users-000002":%s}`, old,
				strings.Replace(indexOf(3, "users-000001", n, "", "users-000002.copy-another"), `"schema":3`, fmt.Sprintf(`"schema":3,"beat":%d`, n/10), 1))
			if time.Since(begin) > time.Hour {
				return response(http.StatusOK, `{"users-000002":`+indexOf(3, "users-000001", 9, "", "users", "users-000002.own")+`}`), nil
			}
			return response(http.StatusOK, copying), nil
		}), &esstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err := store.Setup(t.Context()); err != nil {
			t.Errorf("got error %v from Setup, want none", err)
		}
		if n := strings.Count(log.String(), "waiting for another process"); n < 60 || n > 62 {
			t.Errorf("got %d records about the wait in an hour, want one each minute", n)
		}
		if d := time.Since(begin); d < time.Hour || d > time.Hour+time.Minute {
			t.Errorf("got %v until Setup returned, want an hour", d)
		}
	})
}
