package esstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

// A JSON object.
type object = map[string]any

// healthy returns an index that Setup has made, with a replica, as Elasticsearch
// describes it.
func healthy(t *testing.T) object {
	t.Helper()
	f := newFake(t, empty, made)
	if err := f.store().Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	var index object
	if err := json.Unmarshal([]byte(f.calls[1].body), &index); err != nil {
		t.Fatal(err)
	}
	index["settings"].(object)["index.number_of_replicas"] = "1"
	return index
}

func in(o object, path ...string) object {
	for _, name := range path {
		o = o[name].(object)
	}
	return o
}

func signupOf(index object) object     { return in(index, "mappings", "_meta", "signup") }
func propertiesOf(index object) object { return in(index, "mappings", "properties") }

// The steps that follow the one for the indices, as a healthy installation responds.

var applicationPrivileges = []string{"read", "index", "delete", "maintenance", "view_index_metadata", "monitor"}

func privileged(lacking ...string) step {
	granted := object{}
	for _, name := range applicationPrivileges {
		granted[name] = !slices.Contains(lacking, name)
	}
	return respond(http.StatusOK, marshal(object{"index": object{"users": granted, "users-*": granted}}))
}

func copied(total, successful int) step {
	return respond(http.StatusOK, fmt.Sprintf(`{"_shards":{"total":%d,"successful":%d,"failed":0}}`, total, successful))
}

func hits(documents ...string) step {
	return respond(http.StatusOK, `{"hits":{"hits":[`+strings.Join(documents, ",")+`]}}`)
}

var ownHit = `{"_id":"` + strings.TrimPrefix(documentPath, "/_doc/") + `","_source":{"id":"ID-4711","key":"ada.qx@example.org"}}`

// noTemplates is the response to the request for the index templates if there is none.
var noTemplates = respond(http.StatusOK, "{}")

func codesOf(findings []esstore.Finding) string {
	codes := make([]string, 0, len(findings))
	for _, f := range findings {
		codes = append(codes, f.Code)
	}
	return strings.Join(codes, " ")
}

func wantTexts(t *testing.T, findings []esstore.Finding) {
	t.Helper()
	for _, f := range findings {
		if f.Problem == "" || f.Remedy == "" {
			t.Errorf("got %+v, want a Problem and a Remedy", f)
		}
		if want := esstore.CheckSeverity(f.Code); want == "" {
			t.Errorf("got code %q, want one of the table", f.Code)
		} else if f.Severity != want {
			t.Errorf("%s: got severity %q, want %q", f.Code, f.Severity, want)
		}
		method, rest, _ := strings.Cut(f.Request, " ")
		path, body, _ := strings.Cut(rest, "\n")
		if f.Request != "" && (!slices.Contains([]string{"PUT", "POST"}, method) || !strings.HasPrefix(path, "/") || body != "" && !json.Valid([]byte(body))) {
			t.Errorf("%s: got request %q, want a PUT or POST with a path and perhaps a JSON body", f.Code, f.Request)
		}
		for _, secret := range append(secrets, "because", "hashqx") {
			// The other requests have no user's data.
			if secret == "because" && !strings.HasPrefix(f.Problem, "Documents") {
				continue
			}
			if strings.Contains(f.Problem+f.Remedy+f.Request, secret) {
				t.Errorf("got %+v, want no %q in it", f, secret)
			}
		}
	}
}

func TestCheckHealthy(t *testing.T) {
	f := newFake(t, respond(http.StatusOK, marshal(object{"users-000001": healthy(t)})), privileged(), copied(2, 2), hits(ownHit), conflict, noTemplates)
	findings, err := f.store().Check(t.Context())
	if err != nil || findings != nil {
		t.Errorf("got %+v, %v, want no findings", findings, err)
	}
	wantCall(t, f.calls[0], http.MethodGet, lookPath, lookQuery)
	wantCall(t, f.calls[1], http.MethodPost, "/_security/user/_has_privileges", nil)
	wantCall(t, f.calls[2], http.MethodGet, "/users-000001/_stats/docs", url.Values{"filter_path": {"_shards"}})
	wantCall(t, f.calls[3], http.MethodPost, "/users-000001/_search", url.Values{"allow_partial_search_results": {"false"}})
	wantCall(t, f.calls[4], http.MethodDelete, "/users-000001/_doc/check", url.Values{"if_seq_no": {"9007199254740991"}, "if_primary_term": {"1"}, "timeout": {"5000ms"}})
	wantCall(t, f.calls[5], http.MethodGet, "/_index_template", url.Values{"filter_path": {"index_templates.name,index_templates.index_template.index_patterns,index_templates.index_template.priority,index_templates.index_template.data_stream"}})
	if want := `{"index":[` + marshal(object{
		"names": []string{"users", "users-*"}, "privileges": applicationPrivileges,
	}) + `]}`; f.calls[1].body != want {
		t.Errorf("got privileges request %s, want %s", f.calls[1].body, want)
	}
}

// The findings of an installation with many problems are in the order of the table.
func TestCheckOrder(t *testing.T) {
	index := healthy(t)
	for _, test := range broken {
		if test.damage != nil && slices.Contains([]string{"routing", "read only", "no own alias", "dynamic", "async", "no replica yet", "no refresh", "hash searchable", "more fields", "policy", "pipeline", "short pages", "shards", "wait for all"}, test.name) {
			test.damage(index)
		}
	}
	f := newFake(t, respond(http.StatusOK, marshal(object{"users-000001": index, "users-000009": object{}})), privileged("index"), copied(2, 1), hits(`{"_id":"x","_source":{}}`), noTemplates)
	findings, err := f.store().Check(t.Context())
	if err != nil || len(findings) < 15 {
		t.Fatalf("got findings %q, %v, want 15 or more", codesOf(findings), err)
	}
	order := esstore.CheckCodes()
	if !slices.IsSortedFunc(findings, func(a, b esstore.Finding) int {
		return slices.Index(order, a.Code) - slices.Index(order, b.Code)
	}) {
		t.Errorf("got the order %s, want that of %q", codesOf(findings), order)
	}
}

// What can't be checked is a finding, and the rest is checked.
func TestCheckSeesInPart(t *testing.T) {
	shown := respond(http.StatusOK, marshal(object{"users-000001": healthy(t)}))
	metadata := failed(http.StatusForbidden, "cluster_block_exception")
	for _, test := range []struct {
		name   string
		script []step
		want   string
		last   string // in the Problem of the last finding
	}{
		{"no metadata", []step{denied, privileged("view_index_metadata"), copied(2, 1), hits(ownHit), noTemplates}, "privileges replica-missing not-checked", "Aliases, mapping and settings could not be checked: status 403, security_exception"},
		{"metadata blocked", []step{metadata, privileged(), noTemplates}, "blocked", "index.blocks.metadata"},
		{"no stats", []step{shown, privileged("monitor"), denied, hits(ownHit), conflict, noTemplates}, "privileges not-checked", "The number of copies of the index could not be checked: status 403, security_exception"},
		{"no documents", []step{shown, privileged("read"), copied(2, 2), denied, conflict, noTemplates}, "privileges not-checked", "Documents could not be checked: status 403, security_exception"},
		{"no writes", []step{shown, privileged("delete"), copied(2, 2), hits(ownHit), denied, noTemplates}, "privileges not-checked", "Writes could not be checked: status 403, security_exception"},
		{"nothing", []step{denied, denied, denied, denied, denied}, "not-checked not-checked not-checked not-checked", "403"},
		{"documents are 503", []step{shown, privileged(), copied(2, 2), down, conflict, noTemplates}, "not-checked", "503"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t, test.script...)
			findings, err := f.store().Check(t.Context())
			if err != nil || codesOf(findings) != test.want {
				t.Fatalf("got findings %q, %v, want %q", codesOf(findings), err, test.want)
			}
			wantTexts(t, findings)
			if last := findings[len(findings)-1]; !strings.Contains(last.Problem, test.last) {
				t.Errorf("got the last finding %+v, want %q in its Problem", last, test.last)
			}
		})
	}
}

// A response that isn't Elasticsearch's is not believed.
func TestCheckOddResponses(t *testing.T) {
	shown := respond(http.StatusOK, marshal(object{"users-000001": healthy(t)}))
	whole := []step{shown, privileged(), copied(2, 2), hits(ownHit), conflict, noTemplates}
	odd := []namedStep{
		{"HTML", page(http.StatusOK)},
		{"HTML, 404", page(http.StatusNotFound)},
		{"null", respond(http.StatusOK, "null")},
		{"nothing", respond(http.StatusOK, "")},
		{"a list", respond(http.StatusOK, `["hashqx"]`)},
		{"another's", respond(http.StatusOK, `{"index":{"users":{}},"hits":{},"_shards":{"total":"hashqx"}}`)},
		{"truncated", truncated(http.StatusOK, `{}`)},
		{"endless", endless(http.StatusBadGateway)},
		{"an error that is an object", failed(http.StatusBadRequest, "parse_exception")},
	}
	for n, part := range []string{"indices", "privileges", "copies", "documents", "writes", "templates"} {
		for _, o := range odd {
			if part == "documents" && o.name == "endless" || part == "indices" && o.name == "another's" {
				continue // which takes 64 MiB, or may be an index
			}
			if part == "documents" && o.name == "an error that is an object" {
				continue // Check then reads the settings of the cluster
			}
			if part == "writes" && !slices.Contains([]string{"truncated", "an error that is an object"}, o.name) ||
				part == "templates" && slices.Contains([]string{"null", "another's", "HTML, 404"}, o.name) {
				continue // the body has nothing that Check reads
			}
			t.Run(part+", "+o.name, func(t *testing.T) {
				script := slices.Clone(whole)
				script[n] = o.step
				if part == "indices" {
					script = script[:1]
				}
				f := newFake(t, script...)
				findings, err := f.store().Check(t.Context())
				wantNoSecret(t, err, "because") // of a request that has no user's data
				wantTexts(t, findings)
				if part == "indices" {
					if err == nil || findings != nil || !strings.HasPrefix(err.Error(), "esstore: check: ") {
						t.Errorf("got findings %q, %v, want an error of Check", codesOf(findings), err)
					}
				} else if err != nil || codesOf(findings) != "not-checked" {
					t.Errorf("got findings %q, %v, want not-checked", codesOf(findings), err)
				}
			})
		}
	}
}

func TestCheckFails(t *testing.T) {
	shown := respond(http.StatusOK, marshal(object{"users-000001": healthy(t)}))
	for _, script := range [][]step{
		{failed(http.StatusUnauthorized, "security_exception")},
		{down},
		{hangUp},
		{shown, hangUp},
		{shown, privileged(), hangUp, hangUp}, // net/http sends a GET again
		{shown, privileged(), copied(2, 2), hangUp},
		{shown, privileged(), copied(2, 2), hits(ownHit), hangUp},
	} {
		f := newFake(t, script...)
		findings, err := f.store().Check(t.Context())
		if err == nil || findings != nil || !strings.HasPrefix(err.Error(), "esstore: check: ") {
			t.Errorf("after %d responses: got findings %q, %v, want an error of Check", len(script)-1, codesOf(findings), err)
		}
	}
	f := newFake(t)
	if _, err := esstore.New(f, &esstore.Options{Alias: "Users"}).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "invalid alias") {
		t.Errorf("with an invalid Alias: got %v, want an error that names it", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.store().Check(done); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: got %v, want context.Canceled", err)
	}
}
